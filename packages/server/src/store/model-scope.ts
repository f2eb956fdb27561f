import type { Question, QuestionKey } from '@surety/contract'

/** What of a question finds its rows and the models they belong to. */
export type QuestionPlace = Pick<Question, 'pod' | 'name' | 'modelScope'>

export interface ModelPlace extends QuestionKey {
  readonly tenant: string
  readonly digest: string
}

/** Whose models serve a tenant: its own, or those of all. */
export const scopeOf = (tenant: string, { modelScope }: QuestionPlace): string => (modelScope === 'all' ? '*' : tenant)

/** The models whose rows are kept: the newest five accepted ones of the scope, and whatever serves. `$2` pod, `$3` question, `$4` scope. */
export const keptModels = `select digest from active_models where tenant_id = $4 and pod = $2 and question = $3
  union all (select digest from models where tenant_id = $4 and pod = $2 and question = $3 and accepted
    order by coalesce(accepted_at, created_at) desc, version desc limit 5)`
