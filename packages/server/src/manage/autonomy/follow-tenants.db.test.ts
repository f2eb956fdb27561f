import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { wallClock } from '../../runtime/clock.ts'
import { openListen } from '../../runtime/listen.ts'
import { announce, bumpEpoch } from '../../store/autonomy-epochs.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { followTenants } from './follow-tenants.ts'
import { refreshSchedule } from './refresh-schedule.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const until = async (holds: () => boolean, ms = 10_000): Promise<void> => {
  const end = performance.now() + ms
  while (!holds()) {
    assert.ok(performance.now() < end, 'it did not come about')
    await wait(10)
  }
}
async function watching(known: readonly string[]) {
  const seen: string[] = []
  const swaps: string[] = []
  await using stack = new AsyncDisposableStack()
  const onError = (error: unknown) => assert.fail(String(error))
  const listen = stack.use(await openListen({ db, clock: wallClock(), onError }))
  const following = followTenants({
    known: () => known,
    refresh: async tenant => void seen.push(tenant),
    onSwap: scope => void swaps.push(scope),
    onError,
  })
  stack.use(following)
  await listen.add(following)
  return { seen, swaps, watch: stack.move() }
}

test('a change is heard of at its commit, for tenants that are known here; one that is rolled back is not', async () => {
  const { seen, watch } = await watching(['acme'])
  await using _ = watch
  await db.transaction(['borg'], handle => bumpEpoch(handle, 'borg', 'table'))
  const undone = db.transaction(['acme'], async handle => {
    await bumpEpoch(handle, 'acme', 'table')
    throw new Error('undone')
  })
  await assert.rejects(undone, /undone/)
  await db.transaction(['acme'], handle => bumpEpoch(handle, 'acme', 'table'))
  await until(() => seen.length > 0)
  assert.deepEqual(seen, ['acme'])
  const { rows } = await db.transaction(['acme'], handle =>
    handle.query<{ epoch: number }>(`select epoch from autonomy_epochs where tenant_id = 'acme'`),
  )
  assert.equal(rows[0]?.epoch, 1)
})

test('a swapped model of all is read again for every known tenant, one of a tenant for that one', async () => {
  const { seen, swaps, watch } = await watching(['acme', 'borg'])
  await using _ = watch
  await db.transaction([], handle => handle.query(`select pg_notify('surety_models', '*')`))
  await until(() => swaps.length === 1 && seen.length === 2)
  await db.transaction([], handle => handle.query(`select pg_notify('surety_models', 'borg')`))
  await until(() => swaps.length === 2 && seen.length === 3)
  assert.deepEqual(
    [seen, swaps],
    [
      ['acme', 'borg', 'borg'],
      ['*', 'borg'],
    ],
  )
})

test('settings that another process saved are read at once; one of before that does not name the tenant means all', async () => {
  const { seen, watch } = await watching(['acme', 'borg'])
  await using _ = watch
  await db.transaction([], handle => handle.query(`select pg_notify('surety_settings', 'borg')`))
  await until(() => seen.length === 1)
  await db.transaction([], handle => handle.query('notify surety_settings'))
  await until(() => seen.length === 3)
  assert.deepEqual(seen, ['borg', 'acme', 'borg'])
})

test('after a broken connection every known tenant is read again, and news arrive as before', async () => {
  const { seen, watch } = await watching(['acme'])
  await using _ = watch
  const admin = await db.connect()
  await admin.query(`set role none; select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and (query like 'listen "surety_%' or query = 'select 1') and pid <> pg_backend_pid()`)
  await admin.end()
  await until(() => seen.length > 0)
  await db.transaction(['acme'], handle => announce(handle, 'acme'))
  await until(() => seen.length > 1)
})

test('fifty labels are worth a look, and labels that come meanwhile are part of the same one', async () => {
  const looked: string[] = []
  await using schedule = refreshSchedule({
    look: async tenant => void looked.push(tenant),
    onError: error => assert.fail(String(error)),
    waitMs: 20,
  })
  for (let i = 0; i < 49; i++) schedule.labelled('few')
  for (let i = 0; i < 120; i++) schedule.labelled('many')
  schedule.soon('swapped')
  await until(() => looked.length === 2)
  assert.deepEqual(looked, ['swapped', 'many'])
  schedule.labelled('few')
  await until(() => looked.length === 3)
})
