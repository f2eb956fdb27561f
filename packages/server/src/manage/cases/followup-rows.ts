import type { JsonObject, Reason, State } from '@surety/contract'
import { actsOfCase } from '../../store/acts.ts'
import { clockSlack, type Db } from '../../store/db.ts'
import type { CaseHead } from './case-rows.ts'

/** Where a case stands now: its newest transition. null: where its decision left it. */
export async function presentState(
  db: Db,
  tenant: string,
  head: CaseHead,
): Promise<{ readonly state: State; readonly reason: Reason } | null> {
  const { rows } = await db.query<{ state: State; reason: Reason }>({
    name: 'case_present_state',
    text: `select to_state as state, reason from transitions where tenant_id = $1 and case_id = $2
      and recorded_at >= $3::timestamptz - ${clockSlack} order by recorded_at desc limit 1`,
    values: [tenant, head.caseId, head.recordedAt],
  })
  return rows[0] ?? null
}

/** What was or is to be done about a case, oldest first, each with the messages it put out, redacted. */
export async function followupsOf(db: Db, tenant: string, head: CaseHead): Promise<readonly JsonObject[]> {
  const acts = await actsOfCase(db, tenant, head.caseId, head.recordedAt)
  if (acts.length === 0) return []
  const { rows } = await db.query<{ step: string; channel: string; text: string; recordedAt: Date }>({
    name: 'case_outbox',
    text: `select step, channel, text, recorded_at as "recordedAt" from outbox
      where tenant_id = $1 and case_id = $2 order by recorded_at, step`,
    values: [tenant, head.caseId],
  })
  // A step is sent once, however often it is approved: it belongs to the first act that was done.
  const first = acts.find(act => act.state === 'done')
  return acts.map(act => ({
    action: act.action,
    automatic: act.automatic,
    state: act.state,
    not_before: act.notBefore.toISOString(),
    ended_at: act.endedAt?.toISOString() ?? null,
    reason: act.reason,
    messages:
      act === first
        ? rows.map(({ step, channel, text, recordedAt }) => ({
            step,
            channel,
            text,
            recorded_at: recordedAt.toISOString(),
          }))
        : [],
  }))
}
