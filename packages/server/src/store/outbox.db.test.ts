import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { type OutboxPlace, pageOfOutbox, sendToOutbox } from './outbox.ts'
import { openTestDatabase } from './test-database.ts'

const database = await openTestDatabase({ poolSize: 1 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const tenant = 'acme'
const at = new Date('2026-03-10T09:00:00Z')

test('two decisions on one case that send a step of the same name are both listed, wherever a page ends', async () => {
  const ids = Array.from({ length: 5 }, () => randomUUID())
  const sent = ids.map(decisionId => {
    return { pod: 'clinic', caseId: 'C1', decisionId, step: 'call', channel: 'phone', text: 'Your visit is near.' }
  })
  await db.transaction([tenant], handle => sendToOutbox(handle, tenant, at, sent))
  for (const limit of [1, 2, 3]) {
    const found: string[] = []
    let after: OutboxPlace | null = null
    for (;;) {
      const page = await db.read([tenant], reader => pageOfOutbox(reader, tenant, limit, after))
      found.push(...page.map(one => one.decisionId))
      const last = page.at(-1)
      if (last === undefined) break
      after = { ...last, recordedAt: last.exactly }
    }
    assert.deepEqual(found.toSorted(), ids.toSorted(), `pages of ${limit}`)
    assert.equal(found.length, ids.length)
  }
})
