import { test } from 'node:test'
import { openTestDatabase } from '../store/test-database.ts'
import { raceAlerts } from '../testing/alert-races.ts'

test('a reading joins an alert or opens the next one while a person answers it, whoever is first: nothing twice, nothing lost, no deadlock', async t => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { joined, opened } = await raceAlerts(database, 40)
  t.diagnostic(`of the races ${joined} joined, ${opened} opened another`)
})
