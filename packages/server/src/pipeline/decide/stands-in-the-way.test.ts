import assert from 'node:assert/strict'
import { test } from 'node:test'
import { customerOps } from '@surety/pod-customer-ops'
import { standsInTheWay } from './stands-in-the-way.ts'
import { boundedItem, bounds, noon, region, stateOf } from './testing/bounded-item.ts'

const action = { ...customerOps.questions[0].actions.act!, conditions: { on: 'lower_bound', narrow: false } as const }
const state = stateOf(action, { certificate: region({ threshold: 0.5 }) })
const codes = (lower: number, floor: number) =>
  standsInTheWay(state, boundedItem({ interval: bounds(lower, 0.9) }), floor, noon.getTime()).map(note => note.code)

test('a lower bound is compared with the threshold after rounding to six decimals, as it is shown', () => {
  assert.deepEqual(codes(0.7, 0.7), [])
  assert.deepEqual(codes(0.7 - 1e-9, 0.7), [], 'shown as .7 it must not cross .7')
  assert.deepEqual(codes(0.7 - 1e-6, 0.7), ['interval_crosses_threshold'])
})

test('an action that asks for a narrow interval is not done without one, whatever it measures', () => {
  const narrow = { ...action, conditions: { on: 'probability', narrow: true } as const }
  const within = (item: Parameters<typeof boundedItem>[0]) =>
    standsInTheWay({ ...state, action: narrow }, boundedItem(item), 0.7, noon.getTime()).map(note => note.code)
  assert.deepEqual(within({ p: 0.85 }), ['no_interval'])
  assert.deepEqual(within({ p: 0.85, interval: bounds(0.8, 0.9) }), [])
  assert.deepEqual(within({ p: 0.85, interval: bounds(0.7, 0.9) }), ['interval_wide'], 'two tenths are too wide')
})
