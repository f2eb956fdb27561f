import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { touchCases } from './fences.ts'
import { lockLeased } from './inbox-bulk.ts'
import { openTestDatabase } from './test-database.ts'

const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const at = new Date('2026-03-01T09:00:00Z')
const token = '0190b2f0-0000-7000-8000-000000000001'

test('a case at which more waits than was previewed is not answered in bulk', async () => {
  const found = await database.db.transaction(['acme'], async db => {
    await db.query(
      `insert into inbox (tenant_id, pod, case_id, decision_id, recorded_at, action, urgency, due_at, expires_at, unlocks, reason, audit,
          blinded, others, lease_token, lease_holder, lease_until)
        select 'acme', 'clinic', case_id, gen_random_uuid(), $1, 'remind', 1, $1, $1, false, 'not_certified', false, blinded, others::json,
          '${token}', 'bulk', $1
        from (values ('alone', false, null), ('joined', false, '[{}]'), ('unseen', true, null)) given(case_id, blinded, others)`,
      [at],
    )
    const fences = await touchCases(db, 'acme', ['alone', 'joined', 'unseen'], 'inbox_bulk', at)
    return lockLeased(db, 'acme', 'clinic', fences, token)
  })
  assert.deepEqual(
    found.map(({ caseId }) => caseId),
    ['alone'],
  )
})
