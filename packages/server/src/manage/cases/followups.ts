import type { JsonObject } from '@surety/contract'
import { actsOfCase } from '../../store/acts.ts'
import type { CaseHead } from '../../store/case-heads.ts'
import type { Reader } from '../../store/db.ts'
import { sentAbout } from '../../store/outbox.ts'

/** What was or is to be done about a case, oldest first, each with the messages it put out, redacted. */
export async function followupsOf(db: Reader, tenant: string, head: CaseHead): Promise<readonly JsonObject[]> {
  const acts = await actsOfCase(db, tenant, head.caseId, head.recordedAt)
  if (acts.length === 0) return []
  const sent = await sentAbout(db, tenant, head.caseId)
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
        ? sent.map(({ step, channel, text, recordedAt }) => ({
            step,
            channel,
            text,
            recorded_at: recordedAt.toISOString(),
          }))
        : [],
  }))
}
