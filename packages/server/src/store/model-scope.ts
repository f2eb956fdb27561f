import type { Pod } from '@surety/contract'

/** What of a pod finds its rows and the models they belong to. */
export type PodPlace = Pick<Pod, 'name' | 'modelScope'>

export interface ModelPlace {
  readonly tenant: string
  readonly pod: string
  readonly digest: string
}

/** Whose models serve a tenant: its own, or those of all. */
export const scopeOf = (tenant: string, pod: PodPlace): string => (pod.modelScope === 'all' ? '*' : tenant)

/** The models whose rows are kept: the newest five accepted ones of the scope, and whatever serves. `$2` pod, `$3` scope. */
export const keptModels = `select digest from active_models where tenant_id = $3 and pod = $2
  union all (select digest from models where tenant_id = $3 and pod = $2 and accepted
    order by coalesce(accepted_at, created_at) desc, version desc limit 5)`
