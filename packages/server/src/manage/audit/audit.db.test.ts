import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import pg from 'pg'
import { appendAudit } from '../../store/audit.ts'
import { clientConfig } from '../../store/db.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { type AuditHead, verifyAudit } from './verify-audit.ts'

const database = await openTestDatabase({ poolSize: 4 })
const { db } = database
// The intruder is a superuser: row-level security leaves our own role no way to change an entry.
const intruder = new pg.Client(clientConfig(database.address, null))
await intruder.connect()
after(async () => {
  await intruder.end()
  await database[Symbol.asyncDispose]()
})

const at = new Date('2026-03-01T10:00:00.123Z')
const append = (tenant: string, action: string) =>
  db.transaction([tenant], handle =>
    appendAudit(handle, {
      tenant,
      at,
      actor: 'key:k',
      action,
      reason: 'test',
      after: { n: 1 },
      detail: { b: 1, a: [2.5] },
    }),
  )
const verify = (saved?: AuditHead) => db.transaction(['acme'], handle => verifyAudit(handle, 'acme', saved))

beforeEach(async () => {
  await intruder.query(`truncate audit, audit_heads`)
  for (let n = 1; n <= 5; n++) await append('acme', `deed.${n}`)
})

test('an untouched chain verifies, and an empty one too', async () => {
  const verdict = await verify()
  assert.ok(verdict.ok)
  assert.equal(verdict.head.length, 5)
  assert.equal((await db.transaction(['nobody'], handle => verifyAudit(handle, 'nobody'))).ok, true)
})

test('entries written at the same time form one chain', async () => {
  await Promise.all(Array.from({ length: 12 }, (_, n) => append('acme', `together.${n}`)))
  const verdict = await verify()
  assert.ok(verdict.ok)
  assert.equal(verdict.head.length, 17)
})

test('a deed that is rolled back leaves no entry and no gap', async () => {
  const failing = db.transaction(['acme'], async handle => {
    await appendAudit(handle, { tenant: 'acme', at, actor: 'x', action: 'undone' })
    throw new Error('no')
  })
  await assert.rejects(failing, /no/)
  await append('acme', 'next')
  assert.ok((await verify()).ok)
})

const tampering: readonly [string, string, number][] = [
  ['an edited entry', `update audit set detail = '{"a":[2.5],"b":2}' where seq = 3`, 3],
  ['an edited time', `update audit set at = at + interval '1 ms' where seq = 2`, 2],
  ['a deletion in the middle', `delete from audit where seq = 4`, 4],
  ['a deletion at the tail', `delete from audit where seq > 3`, 4],
  ['a deletion of everything', `delete from audit`, 1],
  [
    'two entries that changed places',
    `update audit set seq = case seq when 2 then 3 when 3 then 2 else seq end + 100; update audit set seq = seq - 100`,
    2,
  ],
  ['a stored head that was moved', `update audit_heads set length = 4`, 5],
]
for (const [what, sql, seq] of tampering)
  test(`${what} is found at its place`, async () => {
    await intruder.query(sql)
    const verdict = await verify()
    assert.equal(verdict.ok, false)
    assert.equal(verdict.ok ? null : verdict.seq, seq)
  })

test('a log rewritten as a whole is found against a head that was saved', async () => {
  const before = await verify()
  assert.ok(before.ok)
  await intruder.query(`truncate audit, audit_heads`)
  for (let n = 1; n <= 5; n++) await append('acme', `other.${n}`)
  assert.equal((await verify()).ok, true)
  assert.equal((await verify(before.head)).ok, false)
})

test('a saved head still holds after the log has grown', async () => {
  const before = await verify()
  assert.ok(before.ok)
  await append('acme', 'later')
  assert.equal((await verify(before.head)).ok, true)
})

test('our own role can neither change nor delete an entry, nor see those of another tenant', async () => {
  const touched = await db.transaction(['acme'], async handle => {
    const changed = await handle.query(`update audit set action = 'x'`)
    const deleted = await handle.query(`delete from audit`)
    return [changed.rowCount, deleted.rowCount]
  })
  assert.deepEqual(touched, [0, 0])
  const seen = await db.transaction(['borg'], handle => handle.query(`select seq from audit`))
  assert.equal(seen.rowCount, 0)
})
