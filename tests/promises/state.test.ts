import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openTestDatabase, type TestDatabase } from '../../packages/server/src/store/test-database.ts'
import { crossing } from '../../packages/server/src/testing/guards/crossing.ts'
import { openGuards } from '../../packages/server/src/testing/guards/processes.ts'
import { seeded, shift } from '../../packages/server/src/testing/guards/shift.ts'
import { assertOneByOne } from '../../packages/server/src/testing/guards/stored.ts'
import { openSuperuser } from '../../packages/server/src/testing/superuser.ts'

/**
 * State is exact: two processes, each killed -9 again and again, cut their events into batches as it comes, and find, ask and
 * fold what one process would that is fed one by one in the order of the stored versions. Full: 10,000 events; quick: 2,000.
 */
const quick = process.env['SURETY_TEST_QUICK'] === '1'
const count = quick ? 2_000 : 10_000
const times = quick ? 100 : 10_000
const program = fileURLToPath(new URL('../../packages/server/src/testing/guards/process.ts', import.meta.url))

test(`two processes that are killed -9 judge ${count} events as one would, and never wait for each other in a circle`, async context => {
  await using database = await openTestDatabase()
  await using superuser = await openSuperuser(database.address)
  const kills = await Promise.all([finish(database, 0), finish(database, 1)])
  context.diagnostic(`${kills.join(' and ')} kills`)
  assert.ok(
    kills.every(times => times > 0),
    'a process that is never killed shows little',
  )
  await using core = await openGuards(database.db)
  await assertOneByOne(database.db, core, shift(count, seeded(count)))
  assert.equal(await superuser.deadlocks(), 0)
})

test(`two processes whose batches hold the same groups, ${times} times, never wait for each other in a circle`, async () => {
  const { deadlocks, recorded, events } = await crossing(times)
  assert.deepEqual([deadlocks, recorded], [0, events])
})

/** Starts the process of that share until it has nothing left to do; each time but the last it is killed. @returns how often */
async function finish({ address, role }: TestDatabase, who: number): Promise<number> {
  const random = seeded(who)
  for (let kills = 0; ; kills++) {
    const wanted = JSON.stringify({ address, role, count, who, seed: kills })
    const child = spawn(process.execPath, [program, wanted], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    // Counted in batches, of which a share has hundreds; each time it lives longer, so that it comes to an end.
    const lives = 20 + Math.floor(random() * 40 * (kills + 1))
    let begun = 0
    const old = new Promise<void>(resolve => {
      child.stdout.on('data', (dots: Buffer) => {
        begun += dots.length
        if (begun >= lives) resolve()
      })
    })
    await Promise.race([ended, old])
    // Wherever it is in that batch.
    await Promise.race([ended, wait(random() * 10, undefined, { ref: false })])
    if (isOver(child)) {
      assert.equal(child.exitCode, 0)
      return kills
    }
    child.kill('SIGKILL')
    await ended
  }
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null
