import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Question, Sides } from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import { actionAsked, effectOf, wantedOf } from './question.ts'

const [main] = customerOps.questions
const [act, clear] = [main.actions.act!, main.actions.clear!]
const of = (actions: Sides): Question => ({ ...main, actions })
/** What becomes of an answer to a place whose opinion is shown, or withheld. */
const wanted = (question: Question, action: string, blinded: boolean, answer: 'approve' | 'decline') =>
  wantedOf(question, { action, blinded }, answer)
const declined = { action: null, end: { state: 'suppressed', reason: 'declined_by_human' } }

test('of a question with one side that side is asked for, shown or withheld, and no to it does nothing', () => {
  for (const [question, only, state] of [
    [of({ act }), act, 'acted'],
    [of({ clear }), clear, 'suppressed'],
  ] as const)
    for (const blinded of [false, true]) {
      assert.equal(actionAsked(question, { action: only.name, blinded }), only)
      assert.deepEqual(wanted(question, only.name, blinded, 'approve'), {
        action: only,
        end: { state, reason: 'approved_by_human' },
      })
      assert.deepEqual(wanted(question, only.name, blinded, 'decline'), declined)
    }
})

test('with both sides no to clearing is yes to acting', () => {
  assert.equal(wanted(main, clear.name, false, 'decline').action, act)
  assert.equal(wanted(main, clear.name, true, 'approve').action, act)
})

test('what was cleared by itself stays so where there is no act to be done instead', () => {
  const question = of({ clear })
  assert.equal(effectOf(question, wanted(question, clear.name, true, 'decline'), clear), null)
  assert.equal(effectOf(question, wanted(question, clear.name, true, 'approve'), clear), null)
  assert.deepEqual(effectOf(question, wanted(question, clear.name, false, 'decline'), null), {
    end: declined.end,
    perform: null,
  })
})
