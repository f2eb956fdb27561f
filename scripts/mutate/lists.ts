import { accessMutations } from './access-mutations.ts'
import { decidingMutations } from './deciding-mutations.ts'
import { limitMutations } from './limit-mutations.ts'
import { modelMutations } from './model-mutations.ts'
import { type Mutation, statsMutations } from './mutations.ts'
import { proofMutations } from './proof-mutations.ts'
import { redactorMutations } from './redactor-mutations.ts'
import { serviceMutations } from './service-mutations.ts'

/** The pages of what was tried, each with its list. */
export const lists: readonly { readonly page: string; readonly listed: readonly Mutation[] }[] = [
  { page: 'packages/stats/mutations.md', listed: [...statsMutations, ...limitMutations] },
  {
    page: 'packages/server/mutations.md',
    listed: [
      ...serviceMutations,
      ...decidingMutations,
      ...modelMutations,
      ...redactorMutations,
      ...proofMutations,
      ...accessMutations,
    ],
  },
]
