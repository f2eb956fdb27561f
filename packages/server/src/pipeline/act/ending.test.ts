import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Mode } from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import type { DecisionState } from '../../store/case-state.ts'
import { endingOf } from './ending.ts'

type Act = Parameters<typeof endingOf>[0]
type Row = NonNullable<Parameters<typeof endingOf>[3]>
const question = { ...customerOps.questions[0], defaultMode: 'asking' as Mode }
const act = { token: 3, automatic: true, begun: false } as Act
const found = { state: 'acted', reason: 'threshold_mode', moved: false, labelled: false } as DecisionState
const acting = { mode: 'acting', suspended: false } as Row

interface Change {
  readonly act?: Partial<Act>
  readonly token?: number
  readonly found?: Partial<DecisionState>
  readonly row?: Partial<Row> | null
}

/** What becomes of it, and where its case goes: `done`, or `state reason` and `ask` where a person should see it. */
function ended(change: Change = {}): string {
  const fence = { token: change.token ?? 3, reason: 'inbox_claim' }
  const row = change.row === null ? undefined : { ...acting, ...change.row }
  const ending = endingOf({ ...act, ...change.act }, fence, { ...found, ...change.found }, row, question)
  if (ending.state === 'done') return 'done'
  return `${ending.to === null ? 'stays' : `${ending.to.state} ${ending.to.reason}`}${ending.ask ? ', ask' : ''}`
}

test('what nothing has happened to since is done; a touch since then voids it, one before does not', () => {
  assert.equal(ended(), 'done')
  assert.equal(ended({ token: 4 }), 'suppressed human_took_over')
  assert.equal(ended({ token: 2 }), 'done')
})

test('an outcome that is known calls everything off, and comes before the touch that told it', () => {
  assert.equal(ended({ found: { labelled: true }, token: 9 }), 'suppressed outcome_known')
  assert.equal(ended({ found: { labelled: true }, act: { automatic: false } }), 'suppressed outcome_known')
})

test('a mode or a suspension that came meanwhile holds back what the machine decided', () => {
  assert.equal(ended({ row: { mode: 'stopped' } }), 'suppressed followups_off')
  assert.equal(ended({ row: { mode: 'dry_run' } }), 'suppressed dry_run')
  assert.equal(ended({ row: { mode: 'asking' } }), 'queued mode_asking, ask')
  assert.equal(ended({ row: { suspended: true } }), 'queued suspended_by_tripwire, ask')
  assert.equal(ended({ row: null }), 'queued mode_asking, ask', 'the mode of the question, where nobody set one')
})

test('what a person approved is held back by a stop alone, wherever its case stands', () => {
  const approved = (change: Change = {}) => ended({ ...change, act: { automatic: false } })
  for (const row of [{ mode: 'asking' }, { mode: 'dry_run' }, { suspended: true }])
    assert.equal(approved({ row }), 'done', JSON.stringify(row))
  assert.equal(approved({ found: { state: 'queued' } }), 'done')
  assert.equal(approved({ row: { mode: 'stopped' } }), 'suppressed followups_off')
})

test('whoever has moved the case has said where it goes; what was begun takes nothing back', () => {
  assert.equal(ended({ found: { state: 'suppressed', moved: true } }), 'stays')
  assert.equal(ended({ found: { state: 'acted', moved: true }, token: 4 }), 'stays')
  assert.equal(ended({ act: { begun: true }, row: { mode: 'asking' } }), 'stays')
})
