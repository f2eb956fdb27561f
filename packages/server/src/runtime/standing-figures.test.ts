import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { standingFigures } from './standing-figures.ts'

const fail = (error: unknown) => assert.fail(String(error))

test('what is read at every third turn is not lost when that turn falls into a long reading', async () => {
  mock.timers.enable({ apis: ['setInterval'] })
  try {
    const waits: (() => void)[] = []
    let seldom = 0
    const figures = standingFigures(fail)
    figures.add(() => new Promise<void>(done => void waits.push(done)))
    figures.add(async () => void seldom++, 3)
    const turn = async () => {
      mock.timers.tick(15_000)
      await setImmediate()
    }
    // The first reading lasts over the second and the third turn; the next two begin after it.
    for (let n = 0; n < 3; n++) await turn()
    for (let n = 0; n < 2; n++) {
      for (const done of waits.splice(0)) done()
      await setImmediate()
      await turn()
    }
    for (const done of waits.splice(0)) done()
    await figures[Symbol.asyncDispose]()
    assert.equal(seldom, 1)
  } finally {
    mock.timers.reset()
  }
})

test('who begins waits for the first figures, and not for ever', async () => {
  const slow = Promise.withResolvers<void>()
  const figures = standingFigures(fail)
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
