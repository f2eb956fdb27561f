import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { ensurePartitions } from '../../packages/server/src/store/partitions.ts'
import { openTestDatabase, type TestDatabase } from '../../packages/server/src/store/test-database.ts'
import { seeded, shift } from '../../packages/server/src/store/testing/guards.ts'
import { assertOneByOne } from '../../packages/server/src/store/testing/state-work.ts'

/**
 * State is exact: two processes, each killed -9 again and again, cut their events into batches as it comes, and find and fold
 * what one process would that is fed one by one in the order of the stored versions. Full: 10,000 events; quick: 2,000.
 */
const quick = process.env['SURETY_TEST_QUICK'] === '1'
const count = quick ? 2_000 : 10_000
const program = fileURLToPath(new URL('../../packages/server/src/store/testing/state-process.ts', import.meta.url))

test(`two processes that are killed -9 fold ${count} events as one would, and never wait for each other in a circle`, async context => {
  await using database = await openTestDatabase()
  const at = new Date('2027-03-01T12:00:00Z')
  await database.db.transaction([], db => ensurePartitions(db, at, at))
  await hurry(database)
  const kills = await Promise.all([finish(database, 0), finish(database, 1)])
  context.diagnostic(`${kills.join(' and ')} kills`)
  assert.ok(
    kills.every(times => times > 0),
    'a process that is never killed shows little',
  )
  await assertOneByOne(database.db, shift(count, seeded(count)))
  assert.equal(await deadlocksOf(database), 0)
})

/** Starts the process of that share until it has nothing left to do; each time but the last it is killed. @returns how often */
async function finish({ address, role }: TestDatabase, who: number): Promise<number> {
  const random = seeded(who)
  for (let kills = 0; ; kills++) {
    const wanted = JSON.stringify({ address, role, count, who, seed: kills })
    const child = spawn(process.execPath, [program, wanted], { stdio: ['ignore', 'ignore', 'inherit'] })
    const ended = once(child, 'exit')
    // Each time it lives longer, so that it comes to an end.
    await Promise.race([ended, wait(600 + random() * 300 * (kills + 1), undefined, { ref: false })])
    if (isOver(child)) {
      assert.equal(child.exitCode, 0)
      return kills
    }
    child.kill('SIGKILL')
    await ended
  }
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** A deadlock is found before anybody loses patience. */
async function hurry(database: TestDatabase): Promise<void> {
  await asSuperuser(
    database,
    `do $$ begin execute format('alter database %I set deadlock_timeout = ''50ms''', current_database()); end $$`,
  )
}

async function deadlocksOf(database: TestDatabase): Promise<number> {
  const [row] = await asSuperuser(
    database,
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  )
  return row!['deadlocks']!
}

async function asSuperuser(
  { address }: TestDatabase,
  text: string,
): Promise<readonly { readonly [column: string]: number }[]> {
  const client = new pg.Client(address.url === undefined ? { ...address } : { connectionString: address.url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
