import { test } from 'node:test'
import { openTestDatabase } from '../../packages/server/src/store/test-database.ts'
import { raceAlerts } from '../../packages/server/src/testing/alert-races.ts'

/**
 * One event with two questions and findings of two families reaches an open alert while a person answers it in another process,
 * in each order by locks and in races. Full: 10,000 races, a thousand a test, so that it is heard of; quick: 150.
 */
const quick = process.env['SURETY_TEST_QUICK'] === '1'
const tries = quick ? 150 : 1_000

for (let part = 1; part <= (quick ? 1 : 10); part++)
  test(`${tries} alerts are reached and answered at once: nothing twice, nothing lost, no deadlock (${part})`, async t => {
    await using database = await openTestDatabase({ poolSize: 4 })
    const { joined, opened } = await raceAlerts(database, tries)
    t.diagnostic(`of the races ${joined} joined, ${opened} opened another`)
  })
