import type { Database } from './db.ts'

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
const yearOne = new Date('0001-01-01T00:00:00Z')

/** Every decision of a tenant and pod in order of time, with the label of the newest outcome of its case. */
export async function* readDecided(db: Database, tenant: string, pod: string): AsyncGenerator<readonly DecidedRow[]> {
  const labels = new Map<string, 0 | 1 | null>()
  for await (const page of outcomePages(db, tenant, pod)) for (const row of page) labels.set(row.case_id, row.label)
  let after: readonly [Date, string] = [yearOne, '']
  while (true) {
    const rows = await db.transaction([tenant], async handle => {
      const found = await handle.query<DecisionRow>({
        name: 'replay_decisions',
        text: `select event_id, case_id, recorded_at, probability, model_version, reason, state, action, automatic, latency_us
          from decisions
          where tenant_id = $1 and pod = $2 and (recorded_at, case_id) > ($3, $4) order by recorded_at, case_id limit $5`,
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
      label: labels.get(row.case_id) ?? null,
      latencyUs: row.latency_us,
    }))
    after = [last.recorded_at, last.case_id]
  }
}

interface DecisionRow {
  readonly event_id: string
  readonly case_id: string
  readonly recorded_at: Date
  readonly probability: number | null
  readonly model_version: number | null
  readonly reason: string
  readonly state: string
  readonly action: string
  readonly automatic: boolean
  readonly latency_us: number
}

interface OutcomeRow {
  readonly event_id: string
  readonly case_id: string
  readonly recorded_at: Date
  readonly label: 0 | 1 | null
}

async function* outcomePages(db: Database, tenant: string, pod: string): AsyncGenerator<readonly OutcomeRow[]> {
  let after: readonly [Date, string] = [yearOne, '']
  while (true) {
    const rows = await db.transaction([tenant], async handle => {
      const found = await handle.query<OutcomeRow>({
        name: 'replay_outcomes',
        text: `select event_id, case_id, recorded_at, label from outcomes
          where tenant_id = $1 and pod = $2 and (recorded_at, event_id) > ($3, $4) order by recorded_at, event_id limit $5`,
        values: [tenant, pod, after[0], after[1], pageRows],
      })
      return found.rows
    })
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    after = [last.recorded_at, last.event_id]
  }
}
