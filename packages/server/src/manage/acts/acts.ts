import { type OutboxItem, type Page, type Principal, type Question, reviewDue, urgencyLevel } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import { type ActEnd, endActs, lockPending } from '../../store/acts.ts'
import { type DecisionState, decisionStates } from '../../store/case-state.ts'
import type { ExactTime } from '../../store/exact-time.ts'
import { type HeldCase, touchCase } from '../../store/fences.ts'
import { askPerson } from '../../store/inbox.ts'
import { pageOfOutbox } from '../../store/outbox.ts'
import { addTransitions, type Move } from '../../store/transitions.ts'

/** What the two ways take of other slices and of the line. */
export interface TakeOverNeeds {
  queueDays(tenant: string, question: Question): Promise<number>
  /** Opaque places in a list, tied to the tenant. `read` throws `validation_failed` on a foreign one. */
  readonly cursor: {
    write(tenant: string, list: string, place: { recordedAt: ExactTime; caseId: string }): string
    read(tenant: string, list: string, cursor: string): { recordedAt: ExactTime; caseId: string }
  }
}

type ActsDeps = Pick<Context, 'db' | 'now' | 'audit' | 'events' | 'leads'> & TakeOverNeeds

/** With the number of its order: a cursor of before messages belonged to decisions is one of another list. */
const list = 'outbox/2'

/** What the machine sent, and the two ways for a person to take a case out of its hands. */
export function acts(deps: ActsDeps) {
  const { db } = deps
  return {
    async outbox(tenant: string, options: { limit: number; cursor?: string }): Promise<Page<OutboxItem>> {
      const after = options.cursor === undefined ? null : readPlace(deps, tenant, options.cursor)
      const found = await db.read([tenant], reader => pageOfOutbox(reader, tenant, options.limit + 1, after))
      const shown = found.slice(0, options.limit)
      const last = shown.at(-1)
      const place = last && { recordedAt: last.exactly, caseId: [last.step, last.decisionId, last.caseId].join('\n') }
      return {
        items: shown.map(one => ({
          lead_id: one.caseId,
          pod: one.pod,
          step: one.step,
          channel: one.channel,
          text: one.text,
          decision_id: one.decisionId,
          recorded_at: one.recordedAt.toISOString(),
        })),
        next: found.length > shown.length && place !== undefined ? deps.cursor.write(tenant, list, place) : null,
      }
    },

    /** Voids every act of the case that has not been performed. */
    async cancel(actor: Principal, id: string, reason: string, requestId: string): Promise<{ cancelled: number }> {
      return takeOver(deps, actor, id, { word: 'cancelled', audit: 'followups.cancelled', reason, requestId })
    },

    /** The right to human review: whatever was decided, a person sees it now. */
    async requestReview(
      actor: Principal,
      id: string,
      reason: string,
      requestId: string,
    ): Promise<{ cancelled: number }> {
      return takeOver(deps, actor, id, { word: 'review_requested', audit: 'review.requested', reason, requestId })
    },
  }
}

function readPlace(deps: ActsDeps, tenant: string, cursor: string) {
  const { recordedAt, caseId } = deps.cursor.read(tenant, list, cursor)
  const [step = '', decisionId = '', ...rest] = caseId.split('\n')
  return { recordedAt, step, decisionId, caseId: rest.join('\n') }
}

interface TakeOver {
  readonly word: 'cancelled' | 'review_requested'
  readonly audit: string
  readonly reason: string
  readonly requestId: string
}

async function takeOver(
  deps: ActsDeps,
  principal: Principal,
  id: string,
  how: TakeOver,
): Promise<{ cancelled: number }> {
  const { db, leads: pod } = deps
  const { tenant } = principal
  const actor = `key:${principal.keyId}`
  const at = deps.now()
  const [question] = pod.questions
  const days = await deps.queueDays(tenant, question)
  const done = await db.transaction([tenant], async handle => {
    const find = async (): Promise<DecisionState> => {
      const [found] = await decisionStates(handle, tenant, [{ pod: pod.name, caseId: id, decisionId: null }])
      if (found === undefined) throw new Problem('lead_not_found')
      return found
    }
    await find()
    const held = await touchCase(handle, tenant, id, how.word, at)
    const pending = await lockPending(handle, tenant, [held], null)
    // Read again under the fence: what was being done while we waited for it is done.
    const found = await find()
    const moves = movesOf(held, found, pending.length, how, actor)
    await addTransitions(handle, tenant, at, moves)
    if (how.word === 'review_requested') {
      const due = reviewDue(question, found.enrichment, at, days)
      const urgency = urgencyLevel(due.urgency)
      await askPerson(handle, tenant, [{ ...found, held, ...due, urgency, reason: how.word }])
    }
    const ends = pending.map((act): ActEnd => ({ act, state: 'cancelled', reason: how.word }))
    await endActs(handle, tenant, at, ends)
    await deps.audit(handle, {
      tenant,
      at,
      actor,
      action: how.audit,
      reason: how.reason,
      requestId: how.requestId,
      detail: { lead_id: id, cancelled: pending.length },
    })
    return { moves, cancelled: pending.length }
  })
  const moves = done.moves.map(move => ({
    pod: pod.name,
    action: move.case.action,
    from: move.case.state,
    to: move.to,
    reason: move.reason,
  }))
  void deps.events.publish('cases.moved', moves)
  return { cancelled: done.cancelled }
}

function movesOf(held: HeldCase, found: DecisionState, pending: number, how: TakeOver, actor: string): readonly Move[] {
  if (how.word === 'review_requested') return [{ held, case: found, to: 'queued', reason: 'review_requested', actor }]
  return pending === 0 ? [] : [{ held, case: found, to: 'suppressed', reason: 'human_took_over', actor }]
}
