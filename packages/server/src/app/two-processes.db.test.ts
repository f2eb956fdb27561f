import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { openTestDatabase } from '../store/test-database.ts'
import { crossing } from '../testing/guards/crossing.ts'
import { openGuards, work } from '../testing/guards/processes.ts'
import { isRefused, seeded, shareOf, shift } from '../testing/guards/shift.ts'
import { assertOneByOne } from '../testing/guards/stored.ts'
import { openSuperuser, type Superuser } from '../testing/superuser.ts'

/** Ends a connection of the line within some batches, wherever it is; counted by batches, so that most of them come to an end. */
function ending(superuser: Superuser, random: () => number) {
  const ends: Promise<unknown>[] = []
  return {
    begin(): void {
      if (random() > 0.1) return
      const end = wait(random() * 10).then(() =>
        superuser.query(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and query ~ 'held|given_keys|commit' order by random() limit 1`),
      )
      ends.push(end)
    },
    all: () => Promise.all(ends),
  }
}

/**
 * Ends a batch that waits for what it has to hold: all groups are held until one does, and it was ended.
 */
async function endOne(superuser: Superuser): Promise<void> {
  await superuser.query('begin; lock table groups in exclusive mode')
  for (let ended = 0; ended === 0; ) {
    await superuser.query('select pg_stat_clear_snapshot()')
    const ends = await superuser.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and backend_type = 'client backend' and cardinality(pg_blocking_pids(pid)) > 0 limit 1`,
    )
    ended = ends.length
  }
  // A commit would be taken for one of the line.
  await superuser.query('rollback')
}

test('two processes, any cuts into batches, connections that are ended: what one process finds, asks and folds that is fed one by one in the order of the stored versions', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, address } = stack.use(await openTestDatabase({ poolSize: 4 }))
  const superuser = stack.use(await openSuperuser(address))
  const events = shift(600, seeded(20270301))
  const ended = ending(superuser, seeded(8))
  const cores = [stack.use(await openGuards(db)), stack.use(await openGuards(db))] as const
  const working = cores.map((core, who) => work(core, shareOf(events, who), seeded(who), ended.begin))
  // Whatever becomes of the others, these meet a batch.
  await using holder = await openSuperuser(address)
  for (let n = 0; n < 3; n++) await endOne(holder)
  const worked = await Promise.all(working)
  await ended.all()
  const lost = worked.reduce((sum, one) => sum + one.lost, 0)
  assert.ok(lost >= 3, `${lost} batches lost their connection`)
  assert.equal(await superuser.deadlocks(), 0)

  const expected = new Map((await assertOneByOne(db, cores[0], events)).map(one => [one.id, one]))
  for (const event of events) {
    const id = event.raw.eventId!
    const answers = worked.flatMap(one => one.answers.get(id) ?? [])
    assert.ok(answers.length > 0, `${id} was answered`)
    const recorded = answers.filter(({ status }) => status === 'recorded')
    // Where the answer was lost with the connection, the same id again finds what was recorded.
    assert.ok(recorded.length < 2, `${id} was recorded twice`)
    for (const answer of answers) {
      if (isRefused(event)) assert.deepEqual([answer.status === 'rejected' && answer.code], ['internal'])
      if (answer.status === 'rejected') continue
      const { evaluations, vectors } = expected.get(id)!
      assert.deepEqual(
        answer.findings,
        evaluations.filter(({ fired }) => fired),
      )
      assert.deepEqual(Object.fromEntries(answer.decisions.map(one => [one.question, one.features])), vectors)
    }
    assert.equal(isRefused(event), answers[0]!.status === 'rejected', id)
  }
})

test('two processes whose batches hold the same groups, named in either order, never wait for each other in a circle', async () => {
  const { deadlocks, recorded, events } = await crossing(200)
  assert.deepEqual([deadlocks, recorded], [0, events])
})
