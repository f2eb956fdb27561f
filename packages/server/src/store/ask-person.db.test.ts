import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { touchCase } from './fences.ts'
import { type Asked, askPerson, eachDecision, readInboxCases } from './inbox.ts'
import { openTestDatabase } from './test-database.ts'

const database = await openTestDatabase({ poolSize: 1 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [tenant, pod] = ['acme', 'clinic']
const at = new Date('2026-03-10T09:00:00Z')

const decided = (action: string, decisionId = randomUUID()): Omit<Asked, 'held'> => ({
  pod,
  decisionId,
  decidedAt: at,
  action,
  urgency: 1,
  dueAt: at,
  expiresAt: at,
  probability: 0.4,
  reason: 'mode_asking',
})
const ask = (caseId: string, ...asked: readonly Omit<Asked, 'held'>[]) =>
  db.transaction([tenant], async handle => {
    const held = await touchCase(handle, tenant, caseId, 'test', at)
    await askPerson(
      handle,
      tenant,
      asked.map(one => ({ held, ...one })),
    )
  })
async function waiting(caseId: string) {
  const rows = await db.read([tenant], reader => readInboxCases(reader, tenant, [{ pod, caseId }]))
  assert.equal(rows.length, 1, 'a case has one place')
  return eachDecision(rows[0]!).map(row => row.decisionId)
}

test('three decisions on one case are handed over together: one place, which the first takes and the others join', async () => {
  const [first, second, third] = [decided('remind'), decided('send'), decided('call')]
  await ask('C1', first, second, third)
  assert.deepEqual(await waiting('C1'), [first.decisionId, second.decisionId, third.decisionId])
  await ask('C1', second, first)
  assert.deepEqual(
    await waiting('C1'),
    [first.decisionId, second.decisionId, third.decisionId],
    'none stands there twice',
  )
})

test('a place that was closed opens for the first of those who ask again', async () => {
  const [old, first, second] = [decided('remind'), decided('send'), decided('call')]
  await ask('C2', old)
  await db.transaction([tenant], handle =>
    handle.query(`update inbox set state = 'withdrawn' where tenant_id = $1 and case_id = 'C2'`, [tenant]),
  )
  await ask('C2', first, second)
  assert.deepEqual(await waiting('C2'), [first.decisionId, second.decisionId])
})
