import type { Database } from './db.ts'
import { decisions } from './decisions.ts'
import { type ExactTime, exactly, exactTime } from './exact-time.ts'
import { names, type RowOf } from './table.ts'

export interface DecidedRow {
  readonly eventId: string
  readonly at: number
  readonly probability: number | null
  /** What the version that is acted on said: another than `probability` where a certificate keeps an older one acting. */
  readonly actingProbability: number | null
  readonly modelVersion: number | null
  readonly reason: string
  readonly state: string
  readonly action: string
  readonly automatic: boolean
  readonly label: 0 | 1 | null
  readonly latencyUs: number
}

const decided = decisions.pick(
  'id',
  'eventId',
  'caseId',
  'recordedAt',
  'score.probability',
  'score.modelVersion',
  'actingVersion',
  'reason',
  'state',
  'action',
  'automatic',
  'latencyUs',
)
interface ReadRow extends RowOf<typeof decided> {
  readonly place: ExactTime
  /** null: no other version than the one that served was acted on. */
  readonly other: { readonly probability: number | null } | null
  readonly label: 0 | 1 | null
}

const pageRows = 20_000
const firstId = '00000000-0000-0000-0000-000000000000'
/** Before every moment that a history may hold. */
const yearOne = exactTime(new Date('0001-01-01T00:00:00Z'))

/** Every decision of a tenant and pod in order of time, with the label that counts for its case. */
export async function* readDecided(
  db: Database,
  tenant: string,
  pod: string,
  perPage: number = pageRows,
): AsyncGenerator<readonly DecidedRow[]> {
  let after: readonly [ExactTime, string, string] = [yearOne, '', firstId]
  while (true) {
    const rows = await db.transaction([tenant], async handle => {
      const found = await handle.query<ReadRow>({
        name: 'replay_decisions',
        text: `select ${decided.columns('d')}, ${exactly('d.recorded_at')} as place, o.label, a.other
          from (select ${names(decided)}, question from decisions
            where tenant_id = $1 and pod = $2 and (recorded_at, case_id, decision_id) > ($3::timestamptz, $4, $5::uuid)
            order by recorded_at, case_id, decision_id limit $6) d
          left join lateral latest_outcome($1, $2, d.case_id, d.recorded_at, d.question) o on true
          left join lateral (select json_build_object('probability', p.probability) as other from predictions p
            where d.acting_version <> d.model_version and p.tenant_id = $1 and p.pod = $2 and p.recorded_at = d.recorded_at
              and p.decision_id = d.decision_id and p.role = 'acting' limit 1) a on true
          order by d.recorded_at, d.case_id, d.decision_id`,
        values: [tenant, pod, ...after, perPage],
      })
      return found.rows
    })
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.map(({ id: _id, caseId: _caseId, place: _place, recordedAt, actingVersion, other, ...row }) => {
      const { 'score.probability': said, 'score.modelVersion': modelVersion, ...rest } = row
      // What a rule says tells nothing of how well a model ranks.
      const probability = modelVersion === null && actingVersion !== null ? null : said
      const actingProbability = other === null ? probability : other.probability
      return { ...rest, probability, actingProbability, modelVersion, at: recordedAt.getTime() }
    })
    after = [last.place, last.caseId, last.id]
  }
}
