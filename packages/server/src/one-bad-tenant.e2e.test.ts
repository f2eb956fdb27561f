// A tenant whose rows cannot be read, in a real database: whatever recurs goes on with the others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { openReceipts } from './manage/receipts/open-receipts.ts'
import { makeSigningKey } from './model/signature.ts'
import { wallClock } from './runtime/clock.ts'
import { openLoops } from './runtime/loops.ts'
import type { EachTenant } from './runtime/task.ts'
import { startWorld, type World } from './testing/start-world.ts'
import { openSuperuser } from './testing/superuser.ts'
import { tenantTables } from './testing/walk/tables.ts'

const tenants = ['acme', 'broken', 'main'] as const
const signingKey = makeSigningKey().text
let world: World
test.before(async () => {
  world = await startWorld({ env: { MODEL_SIGNING_KEY: signingKey } })
  for (const tenant of tenants) {
    const key = await world.key('admin', tenant)
    const { data } = await world.call('/v1/lead', { key, body: { name: 'Jane Doe', email: 'jane@example.com' } })
    await world.call(`/v1/lead/${data.lead_id}/outcome`, { key, body: { outcome: 'booked' } })
  }
  const tables = await world.app.db.transaction([], tenantTables)
  await using superuser = await openSuperuser(world.database.address)
  // Whatever the service itself has signed by now.
  await superuser.query('truncate receipt_heads')
  // Asked last of a row, so that it is only asked of those that a query would get.
  await superuser.query(`create function readable(tenant text) returns boolean language plpgsql cost 1000000 as
    $$ begin if tenant = 'broken' then raise exception 'unreadable'; end if; return true; end $$`)
  for (const table of tables)
    await superuser.query(`create policy readable on ${table} as restrictive for select using (readable(tenant_id))`)
})
test.after(() => world[Symbol.asyncDispose]())

test('every task visits all tenants, also those behind one that fails, and fails for that one alone', async () => {
  const at = new Date(Date.now() + 60_000)
  const ends: { readonly [task: string]: Record<string, string> } = Object.fromEntries(
    world.app.recurs.map(({ name }) => [name, {}]),
  )
  for (const task of world.app.recurs) {
    const eachTenant: EachTenant = async (work, also) => {
      for (const tenant of [...(also === undefined ? [] : [also]), ...tenants])
        ends[task.name]![tenant] = await work(tenant).then(
          () => 'ok',
          (error: Error) => `failed: ${[error, ...(error instanceof AggregateError ? error.errors : [])].join()}`,
        )
      return false
    }
    await task.run(at, new AbortController().signal, eachTenant, true)
  }
  for (const [task, { acme, broken, main }] of Object.entries(ends)) {
    assert.deepEqual([acme, main], ['ok', 'ok'], `${task}: ${acme}; ${main}`)
    assert.match(broken ?? '', /unreadable/, `${task} does not read the rows of a tenant: it proves nothing here`)
  }
  assert.ok(Object.keys(ends).length > 5, Object.keys(ends).join())
})

test('receipts of the tenants behind one that fails are signed', async () => {
  const { db, now } = world.app
  const failures: unknown[] = []
  const onError = (error: unknown) => failures.push(error)
  const clock = wallClock(now)
  {
    const loops = openLoops({ clock, metrics: new Registry(), signal: new AbortController().signal, onError })
    await using _ = openReceipts(
      { db, now, every: loops.every, onError, secrets: { modelSigningKey: signingKey } },
      { chains: { takeGrown: () => new Map() } },
    )
  }
  assert.ok(failures.length > 0)
  const { rows } = await db.read(['acme', 'main'], reader =>
    reader.query<{ tenant_id: string }>('select distinct tenant_id from receipt_heads order by tenant_id'),
  )
  assert.deepEqual(
    rows.map(row => row.tenant_id),
    ['acme', 'main'],
  )
})
