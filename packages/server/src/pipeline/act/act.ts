import {
  type ActStep,
  eachSide,
  type Pod,
  type Question,
  questionOfAction,
  type Reason,
  reviewDue,
  urgencyLevel,
} from '@surety/contract'
import { EventFailed } from '../../errors.ts'
import { holdAutonomy, modesOf } from '../../store/action-states.ts'
import { type ActEnd, dueActs, endActs, type LockedAct, lockPending } from '../../store/acts.ts'
import { type DecisionState, decisionStates } from '../../store/case-state.ts'
import { askAgain, type LetGo } from '../../store/cases-asked.ts'
import type { Tx } from '../../store/db.ts'
import { holdFences } from '../../store/fences.ts'
import { type Asked, askPerson } from '../../store/inbox.ts'
import { takeBackOnce } from '../../store/once-acts.ts'
import { type OutboxRow, sendToOutbox } from '../../store/outbox.ts'
import { addTransitions, type Move } from '../../store/transitions.ts'
import { calledOffBy, type Ending, endingOf } from './ending.ts'

export interface ActDeps {
  podNamed(name: string): Pod
  /** Days that a case of this tenant and question may wait in the inbox. */
  queueDays(tenant: string, question: Question): Promise<number>
  /** false: what is called off asks nobody; left out: it does. */
  readonly keepsInbox?: boolean
  /** Told of an act on which its pod failed: a person is asked instead, and the other acts are performed. */
  failed?(error: unknown): void
}

/** What one transaction did, to be counted after the commit. */
export interface Performed {
  readonly acts: readonly { readonly pod: string; readonly action: string; readonly state: 'done' | 'cancelled' }[]
  readonly moves: readonly {
    readonly pod: string
    readonly action: string
    readonly from: string
    readonly to: string
    readonly reason: string
  }[]
  /** True: there may be more that is due. */
  readonly more: boolean
}

const nothing: Performed = { acts: [], moves: [], more: false }

/** What has been found of one act, and what becomes of it. */
interface Judged {
  readonly act: LockedAct
  readonly found: DecisionState
  readonly question: Question
  readonly ending: Ending
  /** What is sent, when it is done; null: nothing is. */
  readonly message: ActStep | null
}

/**
 * The stage `act`: performs acts of one tenant that are due, or cancels them, in the caller's transaction. Locks are taken
 * in one order by everybody: groups, the autonomy, then fences by case, then acts.
 */
export async function act(db: Tx, tenant: string, at: Date, deps: ActDeps, limit = 100): Promise<Performed> {
  const due = await dueActs(db, tenant, at, limit)
  if (due.length === 0) return nothing
  const cases = [...new Set(due.map(one => one.caseId))]
  const pods = [...new Set(due.map(one => one.pod))].sort()
  const fences = await holdFences(db, tenant, cases, at, () => holdAutonomy(db, tenant, pods))
  const pending = await lockPending(db, tenant, [...fences.values()], at)
  if (pending.length === 0) return nothing
  const judged = await judge(db, tenant, pending, deps)
  const lost = pending.filter(one => !judged.some(({ act: known }) => known === one))

  const moves = judged.flatMap(moveOf)
  await addTransitions(db, tenant, at, moves)
  if (deps.keepsInbox !== false) await askPerson(db, tenant, await asked(tenant, at, judged, deps))
  await askAgain(db, tenant, judged.flatMap(calledOff))
  await takeBackOnce(
    db,
    tenant,
    judged.filter(isHeldBack).map(({ act: one }) => one.decisionId),
  )
  await sendToOutbox(db, tenant, at, judged.flatMap(messageOf))
  await endActs(db, tenant, at, [...judged.map(endOf), ...lost.map(forgotten)])
  return {
    acts: judged.map(one => ({ pod: one.act.pod, action: one.act.action, state: one.ending.state })),
    moves: moves.map(({ case: { pod, action, state }, to, reason }) => ({ pod, action, from: state, to, reason })),
    more: due.length === limit,
  }
}

async function judge(db: Tx, tenant: string, pending: readonly LockedAct[], deps: ActDeps): Promise<readonly Judged[]> {
  const modes = await modesOf(db, tenant)
  const states = new Map((await decisionStates(db, tenant, pending)).map(one => [one.decisionId, one]))
  const judged: Judged[] = []
  for (const one of pending) {
    const found = states.get(one.decisionId)
    if (found === undefined) continue
    const now = unlessFailed(tenant, one, deps, () => {
      const question = questionOfAction(deps.podNamed(one.pod), one.action)
      const ending = endingOf(one, one.held, found, modes.get(`${one.pod}\n${one.action}`), question)
      return sent({ act: one, found, question, ending }, tenant, deps)
    })
    // Nobody can say what it was to be.
    if (now === null) continue
    judged.push(now)
    // A second act of the same decision begins where the first one ended.
    const [move] = moveOf(now)
    if (move !== undefined) states.set(one.decisionId, { ...found, state: move.to, reason: move.reason, moved: true })
  }
  return judged
}

/** With what it sends; where its pod cannot say that, a person is asked. */
function sent(judged: Omit<Judged, 'message'>, tenant: string, deps: ActDeps): Judged {
  const { act: one, found, question, ending } = judged
  if (ending.state === 'cancelled') return { ...judged, message: null }
  const steps = unlessFailed(tenant, one, deps, () => question.steps(one.action, found))
  if (steps === null) return { ...judged, ending: calledOffBy('error', one, found), message: null }
  return { ...judged, message: steps[one.step] ?? null }
}

/** null: its pod failed on it, of which somebody is told. */
function unlessFailed<Done>(tenant: string, one: LockedAct, { failed }: ActDeps, work: () => Done): Done | null {
  try {
    return work()
  } catch (error) {
    failed?.(new EventFailed('act', { tenant, kind: one.action }, error))
    return null
  }
}

/** An approval leads to `acted` when it is performed, wherever the case stood. */
const approved: { readonly state: 'acted'; readonly reason: Reason } = { state: 'acted', reason: 'approved_by_human' }

function moveOf({ act: one, found, ending }: Judged): readonly Move[] {
  const end = ending.state === 'cancelled' ? ending.to : found.state === 'acted' ? null : approved
  if (end === null) return []
  const actor = one.automatic ? 'system' : 'system:approved'
  return [{ held: one.held, case: found, to: end.state, reason: end.reason, actor }]
}

function messageOf({ act: one, message }: Judged): readonly OutboxRow[] {
  if (message === null) return []
  const { step, channel, text } = message
  return [{ pod: one.pod, caseId: one.caseId, decisionId: one.decisionId, step, channel, text }]
}

/** A mode held it back: once it is done again, what is found again is no duplicate of what never was. */
function calledOff({ act: one, found, question: { endings }, ending }: Judged): readonly LetGo[] {
  if (ending.state === 'done' || (ending.to !== endings.stopped && ending.to !== endings.dryRun)) return []
  return [{ held: one.held, pod: one.pod, decisionId: one.decisionId, decidedAt: found.decidedAt }]
}

/** What limits the machine held it back before it was done once: it was never done. What a person took over was dealt with. */
const isHeldBack = ({ act: one, question, ending }: Judged): boolean =>
  ending.state === 'cancelled' &&
  ending.to !== null &&
  ending.to.reason !== 'human_took_over' &&
  ending.to.reason !== 'outcome_known' &&
  eachSide(question.actions).some(({ name, once }) => name === one.action && once !== undefined)

const endOf = ({ act: one, ending }: Judged): ActEnd => ({
  act: one,
  state: ending.state,
  reason: ending.state === 'cancelled' ? ending.why : null,
})

/** Its decision is not there any more: nobody can say what it was to be. */
const forgotten = (one: LockedAct): ActEnd => ({ act: one, state: 'cancelled', reason: 'error' })

async function asked(tenant: string, at: Date, judged: readonly Judged[], deps: ActDeps): Promise<readonly Asked[]> {
  const rows: Asked[] = []
  for (const { act: one, found, question, ending } of judged) {
    if (ending.state === 'done' || !ending.ask || ending.to === null) continue
    const due = reviewDue(question, found.enrichment, at, await deps.queueDays(tenant, question))
    rows.push({ ...found, held: one.held, ...due, urgency: urgencyLevel(due.urgency), reason: ending.to.reason })
  }
  return rows
}
