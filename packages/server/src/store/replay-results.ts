import type { Database } from './db.ts'
import { type ExactTime, exactly, exactTime } from './exact-time.ts'

export interface DecidedRow {
  readonly eventId: string
  readonly at: number
  readonly probability: number | null
  readonly modelVersion: number | null
  readonly reason: string
  readonly state: string
  readonly action: string
  readonly automatic: boolean
  readonly label: 0 | 1 | null
  readonly latencyUs: number
}

const pageRows = 20_000
/** Before every moment that a history may hold. */
const yearOne = exactTime(new Date('0001-01-01T00:00:00Z'))

/** Every decision of a tenant and pod in order of time, with the label that counts for its case. */
export async function* readDecided(db: Database, tenant: string, pod: string): AsyncGenerator<readonly DecidedRow[]> {
  let after: readonly [ExactTime, string] = [yearOne, '']
  while (true) {
    const rows = await db.transaction([tenant], async handle => {
      const found = await handle.query<DecisionRow>({
        name: 'replay_decisions',
        text: `select d.event_id, d.case_id, d.recorded_at, ${exactly('d.recorded_at')} as place, d.probability, d.model_version,
            d.reason, d.state, d.action, d.automatic, d.latency_us, o.label
          from (select event_id, case_id, recorded_at, probability, model_version, reason, state, action, automatic, latency_us
            from decisions where tenant_id = $1 and pod = $2 and (recorded_at, case_id) > ($3::timestamptz, $4)
            order by recorded_at, case_id limit $5) d
          left join lateral latest_outcome($1, $2, d.case_id, d.recorded_at) o on true
          order by d.recorded_at, d.case_id`,
        values: [tenant, pod, after[0], after[1], pageRows],
      })
      return found.rows
    })
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.map(row => ({
      eventId: row.event_id,
      at: row.recorded_at.getTime(),
      probability: row.probability,
      modelVersion: row.model_version,
      reason: row.reason,
      state: row.state,
      action: row.action,
      automatic: row.automatic,
      label: row.label,
      latencyUs: row.latency_us,
    }))
    after = [last.place, last.case_id]
  }
}

interface DecisionRow {
  readonly event_id: string
  readonly case_id: string
  readonly recorded_at: Date
  readonly place: ExactTime
  readonly probability: number | null
  readonly model_version: number | null
  readonly reason: string
  readonly state: string
  readonly action: string
  readonly automatic: boolean
  readonly latency_us: number
  readonly label: 0 | 1 | null
}
