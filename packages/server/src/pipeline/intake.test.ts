import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventResult, RawEvent } from '@surety/contract'
import { Problem } from '../errors.ts'
import { createIntake, type IntakeOptions } from './intake.ts'
import type { Arrival } from './item.ts'

const event = (eventId: string): RawEvent => ({ tenant: 't', kind: 'k', eventId, data: {} })
const eventResultOf = (arrival: Arrival): EventResult => ({
  status: 'recorded',
  kind: arrival.raw.kind,
  eventId: arrival.raw.eventId ?? '',
  caseId: 'c',
  recordedAt: arrival.at,
  decision: null,
  decisions: [],
  outcome: null,
  ignored: [],
})

/** A line whose batches end when the test says so. */
function heldLine(options: Partial<IntakeOptions> = {}) {
  const batches: { ids: string[]; end: (error?: Error) => void }[] = []
  const intake = createIntake({
    now: () => new Date(0),
    monotonicMs: () => 0,
    ...options,
    run: arrivals =>
      new Promise((resolve, reject) => {
        const ids = arrivals.map(arrival => arrival.raw.eventId ?? '')
        batches.push({
          ids,
          end: error => (error === undefined ? resolve(arrivals.map(eventResultOf)) : reject(error)),
        })
      }),
  })
  return { intake, batches }
}
/** A turn of the event loop: what the intake queue had put off until the next one has happened. */
const turn = () => new Promise(resolve => setImmediate(resolve))
/** As many turns as it takes, whatever else the machine does. */
async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await turn()
}

test('an idle intake queue hands one event over at once; what arrives meanwhile is the next batch', async () => {
  const { intake, batches } = heldLine({ maxInFlight: 1 })
  const first = intake.submit(event('a'))
  await until(() => batches.length === 1)
  const rest = ['b', 'c', 'd'].map(id => intake.submit(event(id)))
  await turn()
  assert.deepEqual(
    batches.map(batch => batch.ids),
    [['a']],
  )
  batches[0]!.end()
  assert.equal((await first).status, 'recorded')
  await until(() => batches.length === 2)
  assert.deepEqual(batches[1]?.ids, ['b', 'c', 'd'])
  batches[1]!.end()
  assert.equal((await Promise.all(rest)).length, 3)
  assert.equal(intake.pending, 0)
})

test('beside a batch under way the next one starts when enough wait for it, and at once when that batch ends', async () => {
  const { intake, batches } = heldLine({ leastBeside: 3 })
  const eventResults = [intake.submit(event('a'))]
  await until(() => batches.length === 1)
  eventResults.push(intake.submit(event('b')), intake.submit(event('c')))
  await turn()
  await turn()
  assert.equal(batches.length, 1, 'two that wait are not enough')
  eventResults.push(intake.submit(event('d')))
  await until(() => batches.length === 2)
  eventResults.push(intake.submit(event('e')))
  batches[0]!.end()
  await eventResults[0]
  await turn()
  await turn()
  assert.equal(batches.length, 2, 'the second is still under way')
  batches[1]!.end()
  await until(() => batches.length === 3)
  batches[2]!.end()
  await Promise.all(eventResults)
  assert.deepEqual(
    batches.map(batch => batch.ids),
    [['a'], ['b', 'c', 'd'], ['e']],
  )
})

test('a full queue answers overloaded with Retry-After and keeps what it had taken', async () => {
  const { intake, batches } = heldLine({ maxBatch: 2, maxQueued: 4, maxInFlight: 1 })
  const taken = [intake.submit(event('1'))]
  await until(() => batches.length === 1)
  for (const id of ['2', '3', '4', '5']) taken.push(intake.submit(event(id)))
  await assert.rejects(intake.submit(event('6')), (error: unknown) => {
    assert.ok(error instanceof Problem)
    assert.deepEqual([error.code, error.status, error.retryAfterSeconds], ['overloaded', 503, 1])
    return true
  })
  await assert.rejects(intake.submitMany([event('7')]), { code: 'overloaded' })
  for (let i = 0; i < 3; i++) {
    await until(() => batches.length === i + 1)
    batches[i]!.end()
  }
  const eventResults = await Promise.all(taken)
  assert.deepEqual(
    eventResults.map(eventResult => eventResult.status),
    Array(5).fill('recorded'),
  )
  assert.deepEqual(
    batches.flatMap(batch => batch.ids),
    ['1', '2', '3', '4', '5'],
  )
})

test('a batch that fails refuses its own events and no other', async () => {
  const { intake, batches } = heldLine({ maxInFlight: 1 })
  const lost = intake.submit(event('a'))
  await until(() => batches.length === 1)
  const kept = intake.submit(event('b'))
  batches[0]!.end(new Problem('storage_unavailable'))
  await assert.rejects(lost, { code: 'storage_unavailable' })
  await until(() => batches.length === 2)
  batches[1]!.end()
  assert.equal((await kept).status, 'recorded')
})

test('a draining intake queue takes nothing more and answers everything it has', async () => {
  const { intake, batches } = heldLine()
  const last = intake.submit(event('a'))
  await until(() => batches.length === 1)
  const drained = intake.drain()
  await assert.rejects(intake.submit(event('b')), { code: 'overloaded' })
  batches[0]!.end()
  await drained
  assert.equal((await last).status, 'recorded')
})

test('who waits when it gives up is told, and what is on its way still comes to its end', async () => {
  const { intake, batches } = heldLine({ maxInFlight: 1 })
  const under = assert.rejects(intake.submit(event('a')), { code: 'storage_unavailable' })
  await until(() => batches.length === 1)
  const queued = assert.rejects(intake.submit(event('b')), { code: 'overloaded' })
  intake.giveUp()
  await Promise.all([under, queued, assert.rejects(intake.submit(event('c')), { code: 'overloaded' })])
  assert.equal(intake.pending, 1)
  const drained = intake.drain()
  batches[0]!.end()
  await drained
  assert.deepEqual(
    batches.flatMap(batch => batch.ids),
    ['a'],
  )
})

test('ticks go when nothing else waits and no lot is under way: twenty of a lot, one lot after another', async () => {
  const lotOf = ({ tenant, kind }: RawEvent) => (kind === 'k' ? null : tenant)
  const { intake, batches } = heldLine({ lotOf, leastBeside: 2 })
  const of = (kind: string, tenant: string, ids: readonly string[]): RawEvent[] =>
    ids.map(eventId => ({ tenant, kind, eventId, data: {}, ...(kind === 'tick' && { tick: true }) }))
  const names = (letter: string, count: number) => Array.from({ length: count }, (_, n) => `${letter}${n}`)
  const answers: Promise<unknown>[] = []
  const send = (...events: RawEvent[]) => answers.push(intake.submitMany(events))
  send(...of('tick', 'a', names('t', 25)), ...of('tick', 'b', ['u0']))
  send(...of('state', 'a', ['s0']))
  await until(() => batches.length === 1)
  send(...of('state', 'b', ['s1']))
  batches[0]!.end()
  await until(() => batches.length === 2)
  batches[1]!.end()
  await until(() => batches.length === 3)
  // While ticks are under way whatever comes is next, also of the other kind of queue.
  send(...of('state', 'a', ['s2']))
  send(...of('k', 'a', ['e0', 'e1']))
  await until(() => batches.length === 4)
  batches[2]!.end()
  await until(() => batches.length === 5)
  // Two beside each other are the most: what waits for its turn goes before ticks, what waits for company does not.
  send(...of('k', 'a', ['e2', 'e3']))
  await until(() => batches.length === 6)
  send(...of('k', 'a', ['e4', 'e5']))
  batches[4]!.end()
  await turn()
  await turn()
  assert.equal(batches.length, 6)
  for (let n = 3; n < 9; n++) {
    if (n === 4) continue
    await until(() => batches.length > n)
    batches[n]!.end()
  }
  await Promise.all(answers)
  assert.deepEqual(
    batches.map(({ ids }) => ids),
    [
      ['s0'],
      ['s1'],
      names('t', 20),
      ['e0', 'e1'],
      ['s2'],
      ['e2', 'e3'],
      ['e4', 'e5'],
      names('t', 25).slice(20),
      ['u0'],
    ],
  )
  assert.equal(intake.pending, 0)
})

test('whoever is told before the batch has ended waits no longer; the others are answered with it, and all count until then', async () => {
  let tell: (place: number, result: EventResult) => void = () => undefined
  let end: (results: readonly EventResult[]) => void = () => undefined
  let batch: readonly Arrival[] = []
  const intake = createIntake({
    now: () => new Date(0),
    monotonicMs: () => 0,
    run(arrivals, _earlier, told) {
      batch = arrivals
      tell = told
      return new Promise(resolve => (end = resolve))
    },
  })
  const heard: string[] = []
  const [a, b] = ['a', 'b'].map(async id => {
    const result = await intake.submit(event(id))
    heard.push(id)
    return result
  })
  await until(() => batch.length === 2)
  tell(1, eventResultOf(batch[1]!))
  await b
  assert.deepEqual(heard, ['b'])
  assert.equal(intake.pending, 2)
  end(batch.map(eventResultOf))
  await a
  await turn()
  assert.equal(intake.pending, 0)
})
