import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { runDirectly } from './run-task.ts'
import type { Task } from './task.ts'

const at = new Date('2026-01-01T00:00:00Z')

/** A task whose visits end when they are told to. */
function heldTask(atOnce: number | undefined) {
  const held = new Map<string, PromiseWithResolvers<void>>()
  const begun: string[] = []
  let left = 0
  const task: Task<boolean> = {
    name: 'held',
    schedule: null,
    run: (_, __, eachTenant) =>
      eachTenant(
        async tenant => {
          begun.push(tenant)
          const end = Promise.withResolvers<void>()
          held.set(tenant, end)
          await end.promise.finally(() => {
            left++
          })
        },
        undefined,
        atOnce,
      ),
  }
  return { task, held, begun, left: () => left }
}
const tenants = async () => ['a', 'b', 'c', 'd']

test('so many tenants are visited side by side and no more; left out: one after another', async () => {
  const two = heldTask(2)
  const done = runDirectly(two.task, at, tenants)
  await setImmediate()
  assert.deepEqual(two.begun, ['a', 'b'])
  two.held.get('b')!.resolve()
  await setImmediate()
  assert.deepEqual(two.begun, ['a', 'b', 'c'], 'whoever is ready takes the next')
  for (const next of ['c', 'd', 'a']) {
    two.held.get(next)!.resolve()
    await setImmediate()
  }
  assert.equal(await done, true)

  const one = heldTask(undefined)
  void runDirectly(one.task, at, tenants)
  await setImmediate()
  assert.deepEqual(one.begun, ['a'])
})

test('one that fails keeps none from its turn; told to stop, it ends when the others have ended', async () => {
  const failing = heldTask(2)
  const failed = runDirectly(failing.task, at, tenants)
  await setImmediate()
  failing.held.get('a')!.reject(new Error('of a'))
  for (const next of ['b', 'c', 'd']) {
    await setImmediate()
    failing.held.get(next)!.resolve()
  }
  await assert.rejects(failed, /of a/)
  assert.deepEqual(failing.begun, ['a', 'b', 'c', 'd'])

  const stop = new AbortController()
  const stopped = heldTask(2)
  const ended = assert.rejects(runDirectly(stopped.task, at, tenants, stop.signal), /enough/)
  let over = false
  void ended.then(() => {
    over = true
  })
  await setImmediate()
  stop.abort(new Error('enough'))
  stopped.held.get('a')!.resolve()
  await setImmediate()
  assert.deepEqual([stopped.begun, stopped.left(), over], [['a', 'b'], 1, false])
  stopped.held.get('b')!.resolve()
  await ended
  assert.equal(stopped.left(), 2)
})
