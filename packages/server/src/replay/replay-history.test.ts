import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextMoment } from '../runtime/cron.ts'
import { atTheStart, type Checkpoint } from './checkpoint.ts'
import { replayHistory } from './replay-history.ts'
import type { HistoryItem, NightVerdict, World } from './world.ts'

const hourMs = 3_600_000
const start = Date.parse('2024-03-01T09:00:00Z')

/** One case an hour, answered 30 hours later; every seventh has no outcome. */
const items: readonly HistoryItem[] = Array.from({ length: 200 }, (_, at) => ({
  at: start + at * hourMs,
  answerAt: start + (at + 30) * hourMs,
  row: at + 1,
  ask: { tenant: 't', kind: 'ask', eventId: `a${at}`, data: {} },
  answer: at % 7 === 0 ? null : { tenant: 't', kind: 'answer', eventId: `b${at}`, data: {} },
}))

async function* source(list = items) {
  for (let from = 0; from < list.length; from += 33)
    yield { items: list.slice(from, from + 33), share: from / list.length }
}

const momentAfter = (cron: string, after: number): number =>
  nextMoment({ cron, timeZone: 'UTC' }, new Date(after))!.getTime()

/** The first :27 of an hour not before this moment. */
const sweepFrom = (at: number): number => Math.ceil((at - 27 * 60_000) / hourMs) * hourMs + 27 * 60_000

interface Seen {
  readonly eventId: string
  readonly at: number
  readonly ordinal: number
}

/** Keeps what it is given instead of deciding; takes a moment for each batch, the first ones longer than the next. */
function recordingWorld(stopAfter = Number.POSITIVE_INFINITY, silentAfter = Number.POSITIVE_INFINITY) {
  const seen: Seen[] = []
  const looks: number[] = []
  /** What silence had said of cases by each sweep. */
  const sweeps: number[] = []
  const nights: { at: number; labels: number }[] = []
  const stop = new AbortController()
  let saved: Checkpoint | null = null
  let batches = 0
  let learned = 0
  const world: World = {
    outcomesWorthALook: () => 50,
    inOrder: false,
    setClock() {},
    mayAct: () => false,
    async perform() {},
    outcomesWorthANight: () => Math.max(1, Math.ceil(learned / 50)),
    nextNight: after => momentAfter('17 3 * * *', after),
    silencesAfter(at, answerAt) {
      const slot =
        silentAfter === Number.POSITIVE_INFINITY ? silentAfter : momentAfter('27 * * * *', at + silentAfter - 1)
      return slot < answerAt ? [slot] : []
    },
    async sweep(at) {
      sweeps.push(at.getTime())
    },
    nextLook: after => momentAfter('20 * * * *', after),
    nextTicks: () => null,
    async ticks() {},
    async look(at) {
      looks.push(at.getTime())
    },
    autonomy: async () => ({ actions: [], suspensions: [] }),
    async run(arrivals) {
      const own = batches++
      await new Promise(resolve => setTimeout(resolve, own % 2 === 0 ? 3 : 0))
      for (const { raw, at, ordinal } of arrivals) seen.push({ eventId: raw.eventId ?? '', at: at.getTime(), ordinal })
      if (seen.length >= stopAfter) stop.abort()
      return arrivals.map(({ raw, at }) => ({
        status: 'recorded' as const,
        kind: raw.kind,
        eventId: raw.eventId ?? '',
        caseId: '',
        recordedAt: at,
        decision: null,
        decisions: [],
        outcome: null,
        ignored: [],
        phoneValid: null,
      }))
    },
    async learn(at): Promise<NightVerdict> {
      learned = seen.filter(({ eventId }) => eventId.startsWith('b')).length
      nights.push({ at: at.getTime(), labels: seen.filter(({ eventId }) => eventId.startsWith('b')).length })
      const none = { version: 1, n_train: 0, n_test: 0, auc: null, auc_ci: null, digest: null }
      return { at: at.toISOString(), ...none, accepted: false, sentence: '', checks: [] }
    },
    serving: () => null,
    async saveCheckpoint(text) {
      saved = JSON.parse(text) as Checkpoint
    },
    async *results() {},
  }
  return { world, seen, nights, looks, sweeps, signal: stop.signal, saved: () => saved }
}

const options = { monotonicMs: () => 0, startedMs: 0, batchSize: 20 }
const inOrder = (seen: readonly Seen[]) => [...seen].sort((a, b) => a.ordinal - b.ordinal)

test('questions and answers come in the order of time, an answer never before its moment', async () => {
  const { world, seen } = recordingWorld()
  const { finished, state } = await replayHistory(source(), world, { ...options, from: atTheStart('f') })
  assert.ok(finished)
  const ordered = inOrder(seen)
  assert.equal(ordered.length, 200 + 171)
  assert.deepEqual([state.events, state.decisions, state.outcomes], [371, 200, 171])
  for (let i = 1; i < ordered.length; i++) assert.ok(ordered[i]!.at >= ordered[i - 1]!.at)
  for (const { eventId, at } of ordered) {
    const item = items[Number(eventId.slice(1))]!
    assert.equal(at, eventId.startsWith('a') ? item.at : item.answerAt)
  }
})

test('a night knows exactly the labels that came before its hour, and everything before it is recorded', async () => {
  const { world, nights } = recordingWorld()
  const { state } = await replayHistory(source(), world, { ...options, from: atTheStart('f') })
  assert.ok(nights.length >= 5)
  for (const { at, labels } of nights) {
    assert.match(new Date(at).toISOString(), /T03:17:00/)
    assert.equal(labels, items.filter(item => item.answer !== null && item.answerAt < at).length)
  }
  assert.equal(
    state.nightsRun + state.nightsSkipped,
    Math.floor((items.at(-1)!.answerAt - momentAfter('17 3 * * *', start)) / 86_400_000) + 1,
  )
})

test('interrupted anywhere and gone on with, the same batches and nights come out', async () => {
  const whole = recordingWorld()
  const { state: wanted } = await replayHistory(source(), whole.world, { ...options, from: atTheStart('f') })
  for (const stopAfter of [1, 90, 200, 350]) {
    const cut = recordingWorld(stopAfter)
    const { finished } = await replayHistory(source(), cut.world, {
      ...options,
      from: atTheStart('f'),
      signal: cut.signal,
    })
    assert.equal(finished, false)
    const from = cut.saved()
    assert.ok(from !== null)
    const rest = recordingWorld()
    const { state } = await replayHistory(source(), rest.world, { ...options, from })
    assert.deepEqual(inOrder([...cut.seen, ...rest.seen]), inOrder(whole.seen), `after ${stopAfter}`)
    assert.deepEqual(state, wanted)
    assert.deepEqual(
      [...cut.nights, ...rest.nights].map(({ at }) => at),
      whole.nights.map(({ at }) => at),
    )
  }
})

test('what silence says is told before anybody looks and before an answer that comes after it, and is not lost by a stop', async () => {
  for (const [hours, said] of [
    [30, 25],
    [10, 200],
  ] as const) {
    const silentAfter = hours * hourMs
    const whole = recordingWorld(Number.POSITIVE_INFINITY, silentAfter)
    const told: { readonly moment: number; readonly sweptTo: number }[] = []
    const tell = (moment: number): void => void told.push({ moment, sweptTo: whole.sweeps.at(-1) ?? 0 })
    const { look, run } = whole.world
    const world: World = {
      ...whole.world,
      async look(at) {
        tell(at.getTime())
        await look(at)
      },
      async run(arrivals) {
        for (const { raw, at } of arrivals) if (hours === 10 && raw.kind === 'answer') tell(at.getTime())
        return run(arrivals)
      },
    }
    const { state: wanted } = await replayHistory(source(), world, { ...options, from: atTheStart('f') })
    const last = inOrder(whole.seen).at(-1)!.at
    const slots = items
      .filter(({ answer }) => hours === 10 || answer === null)
      .map(({ at }) => sweepFrom(at + silentAfter))
    const passed = slots.filter(slot => slot <= last)
    assert.ok(passed.length > said - 10 && wanted.outcomes === 171 + passed.length)
    assert.equal(whole.sweeps.at(-1), passed.at(-1), 'what was passed at the end is told')
    for (const { moment, sweptTo } of told) {
      const before = passed.filter(slot => slot < moment)
      assert.ok(sweptTo >= (before.at(-1) ?? 0), `at ${new Date(moment).toISOString()}`)
    }
    assert.ok(told.length > (hours === 10 ? 171 : 3) && whole.sweeps.length < passed.length)
    for (const stopAfter of [1, 90, 200, 350]) {
      const cut = recordingWorld(stopAfter, silentAfter)
      await replayHistory(source(), cut.world, { ...options, from: atTheStart('f'), signal: cut.signal })
      const rest = recordingWorld(Number.POSITIVE_INFINITY, silentAfter)
      const { state } = await replayHistory(source(), rest.world, { ...options, from: cut.saved()! })
      assert.deepEqual(state, wanted)
      assert.deepEqual([...cut.sweeps, ...rest.sweeps], whole.sweeps, `after ${stopAfter}`)
      assert.deepEqual([...cut.looks, ...rest.looks], whole.looks)
    }
  }
})

test('a refused row ends the replay with its number, after what is under way has ended', async () => {
  const { world } = recordingWorld()
  const run = world.run
  const refusing: World = {
    ...world,
    run: async arrivals => {
      const eventResults = await run(arrivals)
      return eventResults.map((eventResult, at) =>
        arrivals[at]!.raw.eventId === 'a70'
          ? { status: 'rejected', code: 'validation_failed', detail: 'no' }
          : eventResult,
      )
    },
  }
  await assert.rejects(replayHistory(source(), refusing, { ...options, from: atTheStart('f') }), {
    code: 'row_refused',
    row: 71,
  })
})
