import type { JsonObject } from '@surety/contract'
import type { Reader } from './db.ts'
import { decisionTime } from './decision-time.ts'
import { decisions } from './decisions.ts'
import type { RowOf } from './table.ts'

/** One decision as it stands now, with its case: the state that its newest transition left it in. */
export interface DecisionState {
  readonly pod: string
  readonly caseId: string
  readonly decisionId: string
  readonly decidedAt: Date
  readonly action: string
  readonly gate: string
  readonly probability: number | null
  readonly enrichment: JsonObject
  /** What the opening event brought, redacted. */
  readonly payload: JsonObject
  readonly state: string
  /** Why it stands there. */
  readonly reason: string
  /** True: it has left the state that it was decided into. */
  readonly moved: boolean
  /** True: the outcome that counts for its question has a label. */
  readonly labelled: boolean
}

const decided = decisions.pick('pod', 'caseId', 'action', 'gate', 'score.probability', 'enrichment')
type Row = RowOf<typeof decided> & Omit<DecisionState, keyof RowOf<typeof decided> | 'probability'>

/** A decision on a case; null: the one that opened it. */
export interface DecisionOfCase {
  readonly pod: string
  readonly caseId: string
  readonly decisionId: string | null
}

/**
 * Look-ups by key, each planned for itself (that is what `limit 1` is for) and in the partitions from the decision on;
 * decisions that are not there are left out.
 */
export async function decisionStates(
  db: Reader,
  tenant: string,
  of: readonly DecisionOfCase[],
): Promise<readonly DecisionState[]> {
  if (of.length === 0) return []
  const { rows } = await db.query<Row>({
    name: 'decision_states',
    text: `select ${decided.columns('d')}, d.decision_id as "decisionId", d.recorded_at as "decidedAt",
        coalesce(e.payload, h.payload, '{}') as payload, coalesce(last.state, d.state) as state, coalesce(last.reason, d.reason) as reason, last.state is not null as moved,
        coalesce(newest.label is not null, false) as labelled
      from unnest($2::text[], $3::text[], $4::uuid[], $5::timestamptz[]) as given(pod, case_id, decision_id, decided_at)
      join lateral (select k.case_id, k.event_id, k.decision_id, k.recorded_at from event_keys k
        where k.tenant_id = $1 and k.case_id = given.case_id and k.decision_id is not null limit 1) k on true
      join lateral (select * from decisions d where d.tenant_id = $1 and d.pod = given.pod
        and d.recorded_at in (k.recorded_at, given.decided_at) and d.case_id = k.case_id
        and d.decision_id = coalesce(given.decision_id, k.decision_id) limit 1) d on true
      left join lateral (select payload from events e where e.tenant_id = $1 and e.pod = given.pod and d.hung is null
        and e.recorded_at = k.recorded_at and e.case_id = k.case_id and e.event_id = k.event_id limit 1) e on true
      left join lateral (select payload from events e where e.tenant_id = $1 and e.pod = given.pod and d.hung is not null
        and e.recorded_at = d.recorded_at and e.case_id is null and e.event_id = d.event_id limit 1) h on true
      left join lateral decision_state($1, k.case_id, d.decision_id, d.recorded_at) last on true
      left join lateral latest_outcome($1, d.pod, k.case_id, k.recorded_at, d.question) newest on true`,
    values: [
      tenant,
      of.map(one => one.pod),
      of.map(one => one.caseId),
      of.map(one => one.decisionId),
      // Of a case that several events hang on, the decision is not of the moment in which it was opened.
      of.map(({ decisionId }) => (decisionId === null ? null : decisionTime(decisionId))),
    ],
  })
  return rows.map(({ 'score.probability': probability, ...row }) => ({ ...row, probability }))
}
