import type { JsonObject } from '@surety/contract'
import { clockSlack, type Db } from './db.ts'

/** One case as it stands now: its decision, and the state that the newest transition left it in. */
export interface CaseState {
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
  /** True: it has left the state that it was decided into. */
  readonly moved: boolean
  /** True: the outcome that counts has a label. */
  readonly labelled: boolean
}

interface Row {
  pod: string
  case_id: string
  decision_id: string
  decided_at: Date
  action: string
  gate: string
  probability: number | null
  enrichment: JsonObject
  payload: JsonObject
  state: string
  moved: boolean
  labelled: boolean
}

/**
 * Look-ups by key, each planned for itself (that is what `limit 1` is for) and in the partitions from the decision on;
 * cases that are not there are left out.
 */
export async function caseStates(
  db: Db,
  tenant: string,
  cases: readonly { readonly pod: string; readonly caseId: string }[],
): Promise<readonly CaseState[]> {
  if (cases.length === 0) return []
  const { rows } = await db.query<Row>({
    name: 'case_states',
    text: `select d.pod, k.case_id, k.decision_id, k.recorded_at as decided_at, d.action, d.gate, d.probability, d.enrichment,
        coalesce(e.payload, '{}') as payload, coalesce(last.to_state, d.state) as state, last.to_state is not null as moved,
        coalesce(newest.label is not null, false) as labelled
      from unnest($2::text[], $3::text[]) as given(pod, case_id)
      join lateral (select k.case_id, k.event_id, k.decision_id, k.recorded_at from event_keys k
        where k.tenant_id = $1 and k.case_id = given.case_id and k.decision_id is not null limit 1) k on true
      join lateral (select * from decisions d where d.tenant_id = $1 and d.pod = given.pod
        and d.recorded_at = k.recorded_at and d.case_id = k.case_id and d.decision_id = k.decision_id limit 1) d on true
      left join lateral (select payload from events e where e.tenant_id = $1 and e.pod = given.pod
        and e.recorded_at = k.recorded_at and e.case_id = k.case_id and e.event_id = k.event_id limit 1) e on true
      left join lateral (select t.to_state from transitions t where t.tenant_id = $1 and t.case_id = k.case_id
        and t.recorded_at >= k.recorded_at - ${clockSlack} order by t.recorded_at desc limit 1) last on true
      left join lateral latest_outcome($1, d.pod, k.case_id, k.recorded_at) newest on true`,
    values: [tenant, cases.map(one => one.pod), cases.map(one => one.caseId)],
  })
  return rows.map(row => ({
    pod: row.pod,
    caseId: row.case_id,
    decisionId: row.decision_id,
    decidedAt: row.decided_at,
    action: row.action,
    gate: row.gate,
    probability: row.probability,
    enrichment: row.enrichment,
    payload: row.payload,
    state: row.state,
    moved: row.moved,
    labelled: row.labelled,
  }))
}

/** What became of a case: from the state it was in to another one, or the same one for another reason. */
export interface Move {
  readonly case: Pick<CaseState, 'pod' | 'caseId' | 'decisionId' | 'decidedAt' | 'action' | 'state'>
  readonly to: string
  readonly reason: string
  readonly actor: string
}

/**
 * Adds transitions, each later than the ones its case has already, so that the newest is the last whatever the clocks
 * say. The fence of each case must be held, so that `from` is still true.
 */
export async function addTransitions(db: Db, tenant: string, at: Date, moves: readonly Move[]): Promise<void> {
  if (moves.length === 0) return
  await db.query({
    name: 'add_transitions',
    text: `insert into transitions (tenant_id, pod, case_id, decision_id, recorded_at, action, from_state, to_state, reason, actor)
      select $1, given.pod, given.case_id, given.decision_id,
        greatest($2::timestamptz, given.decided_at, last.recorded_at + interval '1 microsecond'),
        given.action, given.from_state, given.to_state, given.reason, given.actor
      from unnest($3::text[], $4::text[], $5::uuid[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
        as given(pod, case_id, decision_id, decided_at, action, from_state, to_state, reason, actor)
      left join lateral (select t.recorded_at from transitions t where t.tenant_id = $1 and t.case_id = given.case_id
        and t.recorded_at >= given.decided_at - ${clockSlack} order by t.recorded_at desc limit 1) last on true`,
    values: [
      tenant,
      at,
      moves.map(move => move.case.pod),
      moves.map(move => move.case.caseId),
      moves.map(move => move.case.decisionId),
      moves.map(move => move.case.decidedAt),
      moves.map(move => move.case.action),
      moves.map(move => move.case.state),
      moves.map(move => move.to),
      moves.map(move => move.reason),
      moves.map(move => move.actor),
    ],
  })
}

/**
 * A human touch outside the line: holds the fence of the case until the commit and counts it up, so that every act
 * decided before is void. Take it before anything else of the case is locked.
 * @returns the new token
 */
export async function touchCase(db: Db, tenant: string, caseId: string, reason: string, at: Date): Promise<number> {
  const { rows } = await db.query<{ token: number }>({
    name: 'touch_case',
    text: `insert into fences (tenant_id, case_id, token, reason, at) values ($1, $2, 1, $3, $4)
      on conflict (tenant_id, case_id) do update set token = fences.token + 1, reason = excluded.reason, at = excluded.at
      returning token`,
    values: [tenant, caseId, reason, at],
  })
  return rows[0]!.token
}
