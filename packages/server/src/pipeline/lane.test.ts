import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fate, RawEvent } from '@surety/contract'
import { Problem } from '../errors.ts'
import type { Arrival } from './item.ts'
import { createLane } from './lane.ts'

const event = (eventId: string): RawEvent => ({ tenant: 't', kind: 'k', eventId, data: {} })
const fateOf = (arrival: Arrival): Fate => ({
  status: 'recorded',
  kind: arrival.raw.kind,
  eventId: arrival.raw.eventId ?? '',
  caseId: 'c',
  recordedAt: arrival.at,
  decision: null,
  outcome: null,
  ignored: [],
})

/** A line whose batches end when the test says so. */
function heldLine(options: { maxBatch?: number; maxQueued?: number; maxInFlight?: number } = {}) {
  const batches: { ids: string[]; end: (error?: Error) => void }[] = []
  const lane = createLane({
    now: () => new Date(0),
    monotonicMs: () => 0,
    ...options,
    run: arrivals =>
      new Promise((resolve, reject) => {
        const ids = arrivals.map(arrival => arrival.raw.eventId ?? '')
        batches.push({ ids, end: error => (error === undefined ? resolve(arrivals.map(fateOf)) : reject(error)) })
      }),
  })
  return { lane, batches }
}
const moments = () => new Promise(resolve => setTimeout(resolve, 5))

test('an idle lane hands one event over at once; what arrives meanwhile is the next batch', async () => {
  const { lane, batches } = heldLine({ maxInFlight: 1 })
  const first = lane.submit(event('a'))
  await moments()
  const rest = ['b', 'c', 'd'].map(id => lane.submit(event(id)))
  await moments()
  assert.deepEqual(
    batches.map(batch => batch.ids),
    [['a']],
  )
  batches[0]!.end()
  assert.equal((await first).status, 'recorded')
  await moments()
  assert.deepEqual(batches[1]?.ids, ['b', 'c', 'd'])
  batches[1]!.end()
  assert.equal((await Promise.all(rest)).length, 3)
  assert.equal(lane.pending, 0)
})

test('a full queue answers overloaded with Retry-After and keeps what it had taken', async () => {
  const { lane, batches } = heldLine({ maxBatch: 2, maxQueued: 4, maxInFlight: 1 })
  const taken = [lane.submit(event('1'))]
  await moments()
  for (const id of ['2', '3', '4', '5']) taken.push(lane.submit(event(id)))
  await assert.rejects(lane.submit(event('6')), (error: unknown) => {
    assert.ok(error instanceof Problem)
    assert.deepEqual([error.code, error.status, error.retryAfterSeconds], ['overloaded', 503, 1])
    return true
  })
  await assert.rejects(lane.submitMany([event('7')]), { code: 'overloaded' })
  for (let i = 0; lane.pending > 0; i++) {
    assert.ok(i < 10)
    batches[i]?.end()
    await moments()
  }
  const fates = await Promise.all(taken)
  assert.deepEqual(
    fates.map(fate => fate.status),
    Array(5).fill('recorded'),
  )
  assert.deepEqual(
    batches.flatMap(batch => batch.ids),
    ['1', '2', '3', '4', '5'],
  )
})

test('a batch that fails refuses its own events and no other', async () => {
  const { lane, batches } = heldLine({ maxInFlight: 1 })
  const lost = lane.submit(event('a'))
  await moments()
  const kept = lane.submit(event('b'))
  batches[0]!.end(new Problem('storage_unavailable'))
  await assert.rejects(lost, { code: 'storage_unavailable' })
  await moments()
  batches[1]!.end()
  assert.equal((await kept).status, 'recorded')
})

test('a draining lane takes nothing more and answers everything it has', async () => {
  const { lane, batches } = heldLine()
  const last = lane.submit(event('a'))
  await moments()
  const drained = lane.drain()
  await assert.rejects(lane.submit(event('b')), { code: 'overloaded' })
  batches[0]!.end()
  await drained
  assert.equal((await last).status, 'recorded')
})
