import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lagOf, newestSlot, slotToRun, type TickStand, tickDelayMs } from './tick-slots.ts'

const minute = 60_000
const every = 10 * minute
const at = (time: string): number => Date.parse(`2027-03-28T${time}Z`)
const never: TickStand = { done: null, begun: null }
const through = (slot: number): TickStand => ({ done: slot, begun: { slot, gapMs: 0 } })

test('a slot has its turn half a minute after it, and the one after it not before its own', () => {
  const stand = through(at('00:50:00'))
  assert.equal(slotToRun(stand, at('01:00:29.999'), every), null)
  assert.deepEqual(slotToRun(stand, at('01:00:30'), every), { slot: at('01:00:00'), gapMs: 0 })
  assert.equal(slotToRun(through(at('01:00:00')), at('01:10:29'), every), null)
  assert.equal(newestSlot(at('01:00:00') + tickDelayMs, every), at('01:00:00'))
})

test('slots are as far from each other on the night in which clocks are put forward', () => {
  // At 01:00 in UTC most of Europe goes from two to three.
  let stand = through(at('00:30:00'))
  const run: number[] = []
  for (let now = at('00:31:00'); now <= at('01:41:00'); now += minute) {
    const slot = slotToRun(stand, now, every)
    if (slot === null) continue
    assert.equal(slot.gapMs, 0)
    run.push(slot.slot)
    stand = { done: slot.slot, begun: slot }
  }
  const slots = ['00:40', '00:50', '01:00', '01:10', '01:20', '01:30', '01:40']
  assert.deepEqual(
    run,
    slots.map(slot => at(`${slot}:00`)),
  )
})

test('what was missed is not made up: the next carries the time since the last that was run whole', () => {
  const two = slotToRun(through(at('00:00:00')), at('02:03:00'), every)
  assert.deepEqual(two, { slot: at('02:00:00'), gapMs: 120 * minute })
  assert.deepEqual(slotToRun(through(at('01:40:00')), at('02:03:00'), every)?.gapMs, 20 * minute)
  assert.equal(slotToRun({ done: two!.slot, begun: two }, at('02:10:30'), every)?.gapMs, 0)
})

test('before the first of all nothing was listened to: its gap goes back to 1970', () => {
  assert.deepEqual(slotToRun(never, at('01:00:30'), every), { slot: at('01:00:00'), gapMs: at('01:00:00') })
})

test('one that was begun is finished with the gap it had, until the next has its turn: then it was missed', () => {
  const begun = { slot: at('02:00:00'), gapMs: 120 * minute }
  const stand = { done: at('00:00:00'), begun }
  assert.deepEqual(slotToRun(stand, at('02:10:29'), every), begun)
  assert.deepEqual(slotToRun(stand, at('02:10:30'), every), { slot: at('02:10:00'), gapMs: 130 * minute })
})

test('a clock that goes back by minutes runs nothing again; a slot that lies far ahead was run under a wrong clock', () => {
  const stand = through(at('01:00:00'))
  for (const now of ['01:00:30', '01:00:00', '00:55:00']) assert.equal(slotToRun(stand, at(now), every), null, now)
  // As if none had been run: the ids of those that were are known.
  assert.deepEqual(slotToRun(stand, at('00:45:00'), every), { slot: at('00:40:00'), gapMs: at('00:40:00') })
})

test('whatever clocks do and whoever ends early, slots that are run whole lie on the period, and gaps say what was missed', () => {
  const step = fc.record({ ms: fc.integer({ min: -4 * minute, max: 40 * minute }), whole: fc.boolean() })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.constantFrom(10_000, 300_000, 420_000, 86_400_000),
      (steps, period) => {
        let now = at('00:00:00')
        let stand: TickStand = never
        for (const { ms, whole } of steps) {
          now += ms
          const slot = slotToRun(stand, now, period)
          if (slot === null) continue
          assert.equal(slot.slot % period, 0)
          assert.ok(slot.slot + tickDelayMs <= now && now - slot.slot < period + tickDelayMs)
          const known = stand.done !== null && stand.done <= now + 5 * minute ? stand.done : null
          if (known !== null) assert.ok(slot.slot > known, 'none comes again')
          if (slot !== stand.begun)
            assert.equal(slot.gapMs, slot.slot - (known ?? 0) === period ? 0 : slot.slot - (known ?? 0))
          stand = { done: whole ? slot.slot : stand.done, begun: slot }
        }
      },
    ),
  )
})

test('the lag grows from the moment at which the next slot has its turn', () => {
  assert.equal(lagOf(null, at('01:00:00'), every), 0)
  assert.equal(lagOf(at('01:00:00'), at('01:10:30'), every), 0)
  assert.equal(lagOf(at('01:00:00'), at('01:15:30'), every), 5 * minute)
  assert.equal(lagOf(at('01:00:00'), at('00:00:00'), every), 0)
})
