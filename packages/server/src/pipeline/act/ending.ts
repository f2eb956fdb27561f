import type { End, Mode, Question, Reason } from '@surety/contract'
import type { ModeRow } from '../../store/action-states.ts'
import type { PendingAct } from '../../store/acts.ts'
import type { DecisionState } from '../../store/case-state.ts'
import type { HeldCase } from '../../store/fences.ts'

/** What becomes of an act that is due. */
export type Ending =
  | { readonly state: 'done' }
  | {
      readonly state: 'cancelled'
      /** Noted beside the act: the touch that voided it, why its decision moved before, or the reason of `to`. */
      readonly why: string
      /** Where its case goes; null: somebody has moved it already. */
      readonly to: End | null
      /** True: a person should see it now. */
      readonly ask: boolean
    }

/**
 * The last look before something is done, with the fence of the case and the autonomy of the pod held. Pure.
 * A touch voids what was decided before it. An act that a person approved is held back by a stop alone, and not by what
 * limits the machine.
 */
export function endingOf(
  act: PendingAct,
  fence: Pick<HeldCase, 'token' | 'reason'>,
  found: DecisionState,
  row: ModeRow | undefined,
  question: Pick<Question, 'defaultMode' | 'endings'>,
): Ending {
  const mode = (row?.mode ?? question.defaultMode) as Mode
  const cancelled = (end: End, why: string = end.reason): Ending => cancelledAs(act, found, end, why)
  if (found.labelled) return cancelled(suppressed('outcome_known'))
  if (fence.token > act.token) return cancelled(suppressed('human_took_over'), fence.reason)
  if (act.automatic && found.state !== 'acted') return cancelled(suppressed('human_took_over'), found.reason)
  if (mode === 'stopped') return cancelled(question.endings.stopped)
  if (!act.automatic) return { state: 'done' }
  if (mode === 'asking') return cancelled(queued('mode_asking'))
  if (mode === 'dry_run') return cancelled(question.endings.dryRun)
  if (row?.suspended === true) return cancelled(queued('suspended_by_tripwire'))
  return { state: 'done' }
}

/** It cannot be done: a person should see it now. */
export const calledOffBy = (reason: Reason, act: PendingAct, found: DecisionState): Ending =>
  cancelledAs(act, found, queued(reason), reason)

function cancelledAs(act: PendingAct, found: DecisionState, end: End, why: string): Ending {
  // Whoever has moved the case since has said where it goes.
  // What was begun was done: a later step that is called off takes nothing back.
  const moves = !act.begun && (act.automatic ? found.state === 'acted' && !found.moved : true)
  return { state: 'cancelled', why, to: moves ? end : null, ask: moves && end.state === 'queued' }
}

const suppressed = (reason: Reason): End => ({ state: 'suppressed', reason })
const queued = (reason: Reason): End => ({ state: 'queued', reason })
