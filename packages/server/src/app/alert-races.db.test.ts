import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '../store/test-database.ts'
import { raceAlerts } from '../testing/alert-races.ts'

test('a reading joins an alert or opens the next one while a person answers it: nothing twice, nothing lost, no deadlock', async t => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { joined, opened } = await raceAlerts(database, 100)
  t.diagnostic(`${joined} joined, ${opened} opened another`)
  assert.ok(joined > 0 && opened > 0)
})
