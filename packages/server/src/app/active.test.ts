import assert from 'node:assert/strict'
import { test } from 'node:test'
import { podNamed } from '../pods.ts'
import { defaultOutcomeLimits } from '../store/tenants.ts'
import { createActive, nameOf } from './active.ts'

const [question] = podNamed('customer-ops').questions

/** A tenant whose threshold is whatever was saved last, and a clock that stands until it is moved. */
function world() {
  const place = { threshold: 0.7, nowMs: 0, loads: 0, gate: Promise.resolve() }
  const errors: unknown[] = []
  const active = createActive({
    async load() {
      place.loads++
      const { threshold } = place
      await place.gate
      return {
        country: 'US',
        outcomeLimits: defaultOutcomeLimits,
        settings: new Map([[question.pod, { time_zone: 'UTC' }]]),
        autonomy: new Map(),
        reference: new Map(),
        policies: new Map([[nameOf(question), { version: 1, threshold }]]),
      }
    },
    count: async () => [],
    privacy: () => ({
      redact: text => ({ text, pii: {} }),
      readContact: () => ({ words: [], phoneValid: null }),
      hash: text => text,
    }),
    serving: () => null,
    scorerOf: () => null,
    enrichment: true,
    monotonicMs: () => place.nowMs,
    onError: error => errors.push(error),
  })
  const threshold = () => active.snapshot().policy('acme', question).threshold
  return { place, active, threshold, errors, prepare: () => active.prepare(new Set(['acme'])) }
}

test('after a quiet hour the first batch decides with the settings of now', async () => {
  const { place, threshold, prepare } = world()
  await prepare()
  place.threshold = 0.9
  place.nowMs = 3_600_000
  await prepare()
  assert.equal(threshold(), 0.9)
})

test('under load nobody waits: what is a few seconds old is read again beside the batches', async () => {
  const { place, threshold, prepare } = world()
  await prepare()
  place.threshold = 0.9
  place.nowMs = 3_999
  assert.equal(prepare(), null)
  assert.equal(place.loads, 1)
  place.nowMs = 4_500
  assert.equal(prepare(), null)
  assert.equal(prepare(), null)
  assert.equal(place.loads, 2, 'one reading at a time')
  await new Promise(setImmediate)
  assert.equal(threshold(), 0.9)
})

test('a reading that began before a change does not undo the one that began after it', async () => {
  const { place, active, threshold, prepare } = world()
  await prepare()
  const slow = Promise.withResolvers<void>()
  place.gate = slow.promise
  place.nowMs = 4_500
  void prepare()
  place.gate = Promise.resolve()
  place.threshold = 0.9
  place.nowMs = 4_501
  await active.refresh('acme')
  slow.resolve()
  await new Promise(setImmediate)
  assert.equal(threshold(), 0.9)
})

test('a database that does not answer fails the batch that must wait, is told once, and is asked again', async () => {
  const { place, threshold, errors, prepare } = world()
  await prepare()
  place.nowMs = 10_000
  place.gate = Promise.reject(new Error('away'))
  await assert.rejects(async () => prepare(), /away/)
  assert.equal(errors.length, 1)
  place.gate = Promise.resolve()
  place.threshold = 0.9
  await prepare()
  assert.equal(threshold(), 0.9)
})
