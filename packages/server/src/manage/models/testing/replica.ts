import type { Principal, Role } from '@surety/contract'
import { leadFeatures } from '../../../model/example-model.ts'
import { type SigningKey, trust } from '../../../model/signature.ts'
import { appendAudit } from '../../../store/audit.ts'
import type { ModelsDeps } from '../deps.ts'
import { createModels } from '../models.ts'
import { createRegistry } from '../registry.ts'

interface ReplicaOptions extends Pick<ModelsDeps, 'db' | 'now' | 'floor' | 'modelPath' | 'tenants'> {
  readonly key: SigningKey
  /** Left out: nothing is learned. */
  readonly learner?: ModelsDeps['learner']
}

const question = { pod: 'customer-ops', name: 'main', modelScope: 'all', baseFeatures: leadFeatures } as const

const nothingLearned: ModelsDeps['learner'] = () => {
  throw new Error('nothing is learned here')
}

/** One process of Surety as far as the models of leads go. */
export function openReplica({ key, learner = nothingLearned, ...base }: ReplicaOptions) {
  const registry = createRegistry({ ...base, question, trusted: trust(new Map(), key) })
  const results: string[] = []
  const models = createModels({
    ...base,
    registry,
    question,
    signingKey: key,
    audit: appendAudit,
    learner,
    seed: 1,
    onReload: result => void results.push(result),
  })
  return { question, registry, models, results }
}

export const caller = (role: Role, tenant = 'acme'): Principal => ({
  kind: 'key',
  keyId: 'k1',
  tenant,
  role,
  name: 'test',
  limits: {},
})

export const code = (expected: string) => (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === expected
