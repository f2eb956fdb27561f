import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { after, test } from 'node:test'
import { keepRunning } from './keep-running.ts'

const begun: ChildProcess[] = []
after(() => {
  for (const child of begun) child.kill('SIGKILL')
})
const begin = (): number => {
  const child = spawn('sleep', ['600'])
  begun.push(child)
  return child.pid!
}
const quick = { everyMs: 5, retryMs: 1, tidy: async () => {} }

test('what ends is started again, and one that ends again and again is given up', async () => {
  const deaths: (Error | null)[] = []
  const kept = await keepRunning({
    ...quick,
    pid: begin(),
    async again() {
      const pid = begin()
      process.kill(pid, 'SIGKILL')
      return pid
    },
    onDeath: failed => void deaths.push(failed),
  })
  process.kill(kept.pid(), 'SIGKILL')
  const { message } = await kept.lost
  assert.equal(message, 'The embedded PostgreSQL has ended and did so 6 times within ten minutes.')
  assert.deepEqual(deaths, [null, null, null, null, null])
  await kept.leave()
})

test('one that cannot be started is tried five times, each told, and then given up with the reason', async () => {
  const deaths: (Error | null)[] = []
  const kept = await keepRunning({
    ...quick,
    pid: begin(),
    again: () => Promise.reject(new Error('no room on the disk')),
    onDeath: failed => void deaths.push(failed),
  })
  process.kill(kept.pid(), 'SIGKILL')
  assert.match((await kept.lost).message, /cannot be started again: no room on the disk\.$/)
  assert.equal(deaths.length, 5)
  await kept.leave()
})

test('whoever leaves it waits for a start that is under way, and starts none', async () => {
  const order: string[] = []
  const starting = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const kept = await keepRunning({
    ...quick,
    pid: begin(),
    async again() {
      starting.resolve()
      await goOn.promise
      order.push('started')
      return begin()
    },
  })
  process.kill(kept.pid(), 'SIGKILL')
  await starting.promise
  const left = kept.leave().then(() => order.push('left'))
  goOn.resolve()
  await left
  assert.deepEqual(order, ['started', 'left'])
  process.kill(kept.pid(), 'SIGKILL')
  await kept.leave()
})
