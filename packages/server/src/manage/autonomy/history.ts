import type { Pod } from '@surety/contract'
import type { Db } from '../../store/db.ts'
import { type Budgets, budgetsOf } from './budgets.ts'

/** What became of one action since the beginning: for reports. */
export interface ActionHistory {
  readonly action: string
  readonly side: 'act' | 'clear'
  readonly alpha: number
  readonly delta: number
  readonly missBudget: number | null
  /** ISO instant of the first certificate; null: there was none. */
  readonly from: string | null
  readonly certificates: number
  readonly attempts: number
  /** What is missing for a certificate; null: the last attempt passed, or no model ever served. */
  readonly refusal: string | null
}

export interface AutonomyHistory {
  readonly actions: readonly ActionHistory[]
  readonly suspensions: readonly { readonly at: string; readonly action: string; readonly sentence: string }[]
}

interface Found {
  readonly setting: Parameters<typeof budgetsOf>[1] | null
  readonly certificates: readonly { action: string; n: number; first: string }[] | null
  readonly attempts: readonly { action: string; n: number; passed: boolean }[] | null
  readonly shortfalls: readonly { action: string; sentence: string | null }[] | null
  readonly suspensions: readonly { at: string; action: string; sentence: string }[] | null
}

export async function autonomyHistory(db: Db, tenant: string, pod: Pod): Promise<AutonomyHistory> {
  const { rows } = await db.query<Found>({
    name: 'autonomy_history',
    text: `select
      (select value from settings where tenant_id = $1 and pod = $2 and name = 'autonomy' order by version desc limit 1) as setting,
      (select json_agg(c) from (select action, count(*)::int as n, min(issued_at) as first from certificates
        where tenant_id = $1 and pod = $2 group by action) c) as certificates,
      (select json_agg(a) from (select distinct on (action) action, attempt as n, certificate_id is not null as passed
        from certificate_attempts where tenant_id = $1 and pod = $2 order by action, attempt desc) a) as attempts,
      (select json_agg(s) from (select distinct on (action) action, detail ->> 'sentence' as sentence from shortfalls
        where tenant_id = $1 and pod = $2 order by action, at desc) s) as shortfalls,
      (select json_agg(s order by s.seq) from (select seq, at, detail ->> 'action' as action, reason as sentence from audit
        where tenant_id = $1 and action = 'autonomy.suspended' and detail ->> 'pod' = $2) s) as suspensions`,
    values: [tenant, pod.name],
  })
  const found = rows[0]!
  const budgets: Budgets = budgetsOf(pod, found.setting ?? undefined)
  return {
    actions: [budgets.act, budgets.clear].map(({ name, side, alpha, delta, missBudget }) => {
      const issued = found.certificates?.find(row => row.action === name)
      const last = found.attempts?.find(row => row.action === name)
      return {
        action: name,
        side,
        alpha,
        delta,
        missBudget,
        from: issued === undefined ? null : new Date(issued.first).toISOString(),
        certificates: issued?.n ?? 0,
        attempts: last?.n ?? 0,
        refusal: last?.passed ? null : (found.shortfalls?.find(row => row.action === name)?.sentence ?? null),
      }
    }),
    suspensions: (found.suspensions ?? []).map(({ at, action, sentence }) => ({
      at: new Date(at).toISOString(),
      action,
      sentence,
    })),
  }
}
