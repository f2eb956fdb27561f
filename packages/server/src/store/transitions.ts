import type { Decision, Reason, State } from '@surety/contract'
import type { DecisionState } from './case-state.ts'
import { clockSlack, type Reader, type Tx } from './db.ts'
import type { HeldCase } from './fences.ts'
import type { InboxRow } from './inbox.ts'

/** What became of a case: from the state it was in to another one, or the same one for another reason. */
export interface Move {
  readonly held: HeldCase
  readonly case: Pick<DecisionState, 'pod' | 'decisionId' | 'decidedAt' | 'action' | 'state'>
  readonly to: string
  readonly reason: string
  readonly actor: string
}

/**
 * Adds transitions, each later than the ones its case has already, so that the newest is the last whatever the clocks
 * say. The fence of each case is held, so that the state it is moved from is still true.
 */
export async function addTransitions(db: Tx, tenant: string, at: Date, moves: readonly Move[]): Promise<void> {
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
      moves.map(move => move.held.caseId),
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

/** How the answer that is to be taken back moved the case: from where, and why it stood there. null: it moved nothing. */
export async function moveSince(
  db: Reader,
  tenant: string,
  { caseId, decisionId, recordedAt }: Pick<InboxRow, 'caseId' | 'decisionId' | 'recordedAt'>,
  since: Date,
): Promise<{ readonly from: string; readonly reason: string | null } | null> {
  const { rows } = await db.query<{ from: string; reason: string | null }>({
    name: 'inbox_move_since',
    text: `select from_state as "from", before as reason from (select recorded_at, from_state, lag(reason) over (order by recorded_at) as before
        from transitions where tenant_id = $1 and case_id = $2 and decision_id = $5 and recorded_at >= $3::timestamptz - ${clockSlack}) moves
      where recorded_at >= $4 order by recorded_at limit 1`,
    values: [tenant, caseId, recordedAt, since, decisionId],
  })
  return rows[0] ?? null
}

/** Where a decision stands now: its newest transition. null: where it was decided. */
export async function presentState(
  db: Reader,
  tenant: string,
  { caseId, id, recordedAt }: Pick<Decision, 'caseId' | 'id' | 'recordedAt'>,
): Promise<{ readonly state: State; readonly reason: Reason } | null> {
  const { rows } = await db.query<{ state: State; reason: Reason }>({
    name: 'decision_present_state',
    text: 'select state, reason from decision_state($1, $2, $3, $4)',
    values: [tenant, caseId, id, recordedAt],
  })
  return rows[0] ?? null
}

export interface Transition {
  readonly at: Date
  readonly from: State
  readonly to: State
  readonly reason: Reason
  readonly actor: string
}

/** What became of all decisions on a case, the newest first. */
export async function transitionsOfCase(
  db: Reader,
  tenant: string,
  caseId: string,
  since: Date,
  limit: number,
): Promise<readonly (Omit<Transition, 'from'> & { readonly action: string })[]> {
  const { rows } = await db.query<Omit<Transition, 'from'> & { action: string }>({
    name: 'transitions_of_case',
    text: `select recorded_at as at, action, to_state as "to", reason, actor from transitions
      where tenant_id = $1 and case_id = $2 and recorded_at >= $3::timestamptz - ${clockSlack} order by recorded_at desc limit $4`,
    values: [tenant, caseId, since, limit],
  })
  return rows
}

/** What became of the decision, oldest first. */
export async function transitionsOf(db: Reader, decision: Decision): Promise<readonly Transition[]> {
  const { rows } = await db.query<Transition>({
    name: 'explain_transitions',
    text: `select recorded_at as at, from_state as "from", to_state as "to", reason, actor from transitions
      where tenant_id = $1 and case_id = $2 and decision_id = $3 and recorded_at >= $4::timestamptz - ${clockSlack}
      order by recorded_at`,
    values: [decision.tenant, decision.caseId, decision.id, decision.recordedAt],
  })
  return rows
}
