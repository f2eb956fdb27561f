import assert from 'node:assert/strict'
import { test } from 'node:test'
import { virtualClock } from './clock.ts'
import { every } from './loop.ts'
import { standingFigures } from './standing-figures.ts'

const fail = (error: unknown) => assert.fail(String(error))
const start = new Date('2026-03-01T00:00:00Z')
const onClock = (clock = virtualClock(start)) => ({
  clock,
  figures: standingFigures(loop => every({ ...loop, clock, onError: fail }), fail),
})

test('what is read at every third turn is not lost when that turn falls into a long reading', async () => {
  const { clock, figures } = onClock()
  const slow = Promise.withResolvers<void>()
  let seldom = 0
  let turns = 0
  figures.add(() => (turns++ === 0 ? slow.promise : Promise.resolve()))
  figures.add(async () => void seldom++, 3)
  const after = (turn: number) => clock.advanceTo(new Date(start.getTime() + turn * 15_000))
  // The first reading, which was asked for, lasts over three turns.
  const asked = figures.refresh()
  await after(3)
  slow.resolve()
  await asked
  assert.equal(seldom, 1)
  await after(5)
  assert.equal(seldom, 1)
  await after(6)
  assert.equal(seldom, 2)
  await figures[Symbol.asyncDispose]()
})

test('who begins waits for the first figures, and not for ever', async () => {
  const slow = Promise.withResolvers<void>()
  const { figures } = onClock()
  let read = false
  figures.add(async () => {
    read = true
  })
  await figures.begin(60_000)
  assert.ok(read)
  figures.add(() => slow.promise)
  await figures.begin(1)
  slow.resolve()
  await figures[Symbol.asyncDispose]()
})
