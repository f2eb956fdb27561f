import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { virtualClock, wallClock } from './clock.ts'
import { every } from './loop.ts'
import { openLoops } from './loops.ts'

const start = new Date('2026-03-10T00:00:00Z')
const later = (seconds: number): Date => new Date(start.getTime() + seconds * 1000)

test('on a virtual clock what falls due happens in the order of its time, each waited for, and sees its own moment', async () => {
  const clock = virtualClock(start)
  const seen: string[] = []
  const note = (name: string) => async () => {
    await Promise.resolve()
    seen.push(`${name} ${(clock.now().getTime() - start.getTime()) / 1000}`)
  }
  clock.at(later(30), note('late'))
  clock.after(10_000, note('early'))
  clock.at(later(20), async () => {
    await note('chain')()
    clock.after(5_000, note('link'))
  })
  const gone = clock.at(later(15), note('cancelled'))
  gone.cancel()
  await clock.advanceTo(later(26))
  assert.deepEqual(seen, ['early 10', 'chain 20', 'link 25'])
  await clock.advanceTo(later(60))
  assert.deepEqual(seen.at(-1), 'late 30')
  assert.deepEqual(clock.now(), later(60))
})

test('on the wall clock a moment that has passed is due at once, and a cancelled one never', async () => {
  const clock = wallClock()
  const seen: string[] = []
  clock.at(new Date(clock.now().getTime() + 5), () => seen.push('cancelled')).cancel()
  await new Promise<void>(resolve => {
    clock.at(new Date(0), () => seen.push('past'))
    const keepAlive = setTimeout(() => {}, 10_000)
    clock.after(20, () => {
      clearTimeout(keepAlive)
      resolve()
    })
  })
  assert.deepEqual(seen, ['past'])
})

test('a loop that throws is told and goes on: later each time, at once when woken, and as before when it works again', async () => {
  const clock = virtualClock(start)
  const turns: number[] = []
  const told: string[] = []
  let broken = true
  await using loop = every({
    name: 'look',
    clock,
    everyMs: 1_000,
    mostMs: 4_000,
    async work() {
      turns.push((clock.now().getTime() - start.getTime()) / 1000)
      if (broken) throw new Error('broken')
    },
    onError: (_, name) => told.push(name),
  })
  await clock.advanceTo(later(16))
  assert.deepEqual(turns, [1, 3, 7, 11, 15])
  assert.deepEqual(told, Array(5).fill('look'))
  broken = false
  loop.wake()
  await new Promise(setImmediate)
  await clock.advanceTo(later(18))
  assert.deepEqual(turns.slice(5), [16, 17, 18])
})

test('a loop never works twice at once: what wakes it meanwhile is one more turn, and closing waits for the last', async () => {
  let turns = 0
  let atOnce = 0
  let release = () => {}
  const loop = every({
    name: 'look',
    clock: wallClock(),
    everyMs: 60_000,
    async work() {
      turns++
      assert.equal(++atOnce, 1)
      await new Promise<void>(resolve => {
        release = resolve
      })
      atOnce--
    },
    onError: error => assert.fail(String(error)),
  })
  for (let i = 0; i < 3; i++) loop.wake()
  assert.equal(turns, 1)
  release()
  await new Promise(setImmediate)
  assert.equal(turns, 2)
  const closing = loop[Symbol.asyncDispose]()
  loop.wake()
  release()
  await closing
  assert.deepEqual([turns, atOnce], [2, 0])
})

test('the loops of a process end with its signal, count what failed, and a turn that hangs holds up no end', async () => {
  const clock = virtualClock(start)
  const stopping = new AbortController()
  const metrics = new Registry()
  const loops = openLoops({ clock, metrics, signal: stopping.signal, onError: () => {} })
  let turns = 0
  loops.every({
    name: 'breaks',
    everyMs: 1_000,
    mostMs: 1_000,
    async work() {
      turns++
      throw new Error('broken')
    },
  })
  loops.every({ name: 'hangs', everyMs: 1_500, work: () => new Promise(() => {}) }).wake()
  await clock.advanceTo(later(2))
  stopping.abort()
  await clock.advanceTo(later(20))
  assert.equal(turns, 2)
  assert.match(await metrics.metrics(), /loop_failures_total\{loop="breaks"\} 2\n.*loop="hangs"\} 0/)
  let ended = false
  const ending = loops[Symbol.asyncDispose]().then(() => {
    ended = true
  })
  await clock.advanceTo(later(24.9))
  assert.equal(ended, false)
  await clock.advanceTo(later(25))
  await ending
})
