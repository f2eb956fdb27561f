import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEvents } from './events.ts'

test('a handler that throws, at once or later, is told and keeps neither the publisher nor the others from going on', async () => {
  const told: (string | undefined)[] = []
  const heard: string[] = []
  const events = createEvents((error, task) => void told.push(`${task}: ${(error as Error).message}`))
  events.hear({
    'settings.changed'() {
      throw new Error('at once')
    },
  })
  events.hear({
    async 'settings.changed'() {
      await Promise.resolve()
      throw new Error('later')
    },
  })
  events.hear({ 'settings.changed': ({ tenant }) => void heard.push(tenant) })
  await events.publish('settings.changed', { tenant: 'acme', name: 'policy' })
  assert.deepEqual(heard, ['acme'])
  assert.deepEqual(told, ['settings.changed: at once', 'settings.changed: later'])
})

test('whoever publishes can wait until all have ended, and need not wait where nothing takes time', async () => {
  const events = createEvents(error => assert.fail(String(error)))
  const ended: string[] = []
  events.hear({ 'cases.moved': () => void ended.push('at once') })
  assert.equal(events.publish('cases.moved', []), null)
  events.hear({
    async 'cases.moved'() {
      await new Promise(resolve => void setImmediate(resolve))
      ended.push('later')
    },
  })
  await events.publish('cases.moved', [])
  assert.deepEqual(ended, ['at once', 'at once', 'later'])
})
