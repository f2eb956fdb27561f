import type { Action, Answer, End, Question } from '@surety/contract'
import type { InboxCase } from '../../store/inbox.ts'

/**
 * The action that `approve` says yes to: what the machine would do. Where its opinion is withheld it is always the act of
 * the question, because asking for the other one would say on which side the score lies.
 */
export function actionAsked({ actions }: Question, row: Pick<InboxCase, 'action' | 'blinded'>): Action {
  const { act, clear } = actions
  if (act === undefined) return clear
  return clear !== undefined && !row.blinded && row.action === clear.name ? clear : act
}

/** What a person wants: an action done, or (null) nothing done. */
export interface Wanted {
  readonly action: Action | null
  readonly end: End
}

/** No to clearing is yes to acting, where there is an act: something has to become of the case. */
export function wantedOf(question: Question, row: Pick<InboxCase, 'action' | 'blinded'>, answer: Answer): Wanted {
  const { act } = question.actions
  const asked = actionAsked(question, row)
  if (answer === 'decline' && (asked === act || act === undefined))
    return { action: null, end: { state: question.endings.dryRun.state, reason: 'declined_by_human' } }
  const action = answer === 'approve' ? asked : act!
  return {
    action,
    end: { state: action.side === 'act' ? 'acted' : action.certified.state, reason: 'approved_by_human' },
  }
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
