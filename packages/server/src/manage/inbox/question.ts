import type { Action, Answer, End, Question } from '@surety/contract'
import type { InboxCase } from '../../store/inbox.ts'

/**
 * The action that `approve` says yes to: what the machine would do. Where its opinion is withheld it is always the act of
 * the question, because asking for the other one would say on which side the score lies.
 */
export function actionAsked({ actions }: Question, row: Pick<InboxCase, 'action' | 'blinded'>): Action {
  return !row.blinded && row.action === actions.clear.name ? actions.clear : actions.act
}

/** What a person wants: an action done, or (null) nothing done. */
export interface Wanted {
  readonly action: Action | null
  readonly end: End
}

/** No to clearing is yes to acting: something has to become of the case. */
export function wantedOf(question: Question, row: Pick<InboxCase, 'action' | 'blinded'>, answer: Answer): Wanted {
  const { act, clear } = question.actions
  const asked = actionAsked(question, row)
  if (asked === act && answer === 'decline')
    return { action: null, end: { state: question.endings.dryRun.state, reason: 'declined_by_human' } }
  const action = asked === clear && answer === 'approve' ? clear : act
  const state = action === act ? 'acted' : clear.certified.state
  return { action, end: { state, reason: 'approved_by_human' } }
}

/** What an answer changes; null: the case stands as it was wanted, or cannot be called back. */
export interface Effect {
  readonly end: End
  /** To be performed; null: nothing is. */
  readonly perform: string | null
}

/**
 * @param done the action that the machine has done already about this case; null: none, or it was called off
 */
export function effectOf({ actions }: Question, wanted: Wanted, done: Action | null): Effect | null {
  const { action, end } = wanted
  if (done !== null) {
    if (done === action) return null
    if (action !== actions.act && (done === actions.clear || !done.reversible)) return null
  }
  return { end, perform: action !== null && end.state === 'acted' ? action.name : null }
}
