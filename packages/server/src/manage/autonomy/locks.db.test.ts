import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { podNamed } from '../../pods.ts'
import type { AuditEntry } from '../../store/audit.ts'
import { bumpEpoch, lockAutonomy } from '../../store/autonomy-epochs.ts'
import type { Tx } from '../../store/db.ts'
import { insertSetting } from '../../store/settings.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { budgetsChanged } from './budget-setting.ts'
import { changeModes } from './modes.ts'
import { certifyRecords } from './records/certify-records.ts'
import { countRows } from './records/count-rows.ts'
import { autonomyDeps, day, goodRows } from './testing/evidence.ts'
import { recordWorld } from './testing/record-world.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [table, leads] = [podNamed('table'), podNamed('customer-ops')]
const [answer] = table.questions
const by = { actor: 'key:admin', reason: 'too many wrong ones', requestId: 'r', role: null } as const
const stop = { pod: null, action: '*', mode: 'stopped' } as const
/** A log that is one row per tenant, locked until the commit, as the real one. */
const logged = async (handle: Tx, { tenant }: AuditEntry) => {
  await handle.query(
    `insert into audit_heads (tenant_id, length, hash) values ($1, 0, '') on conflict (tenant_id) do update set length = 0`,
    [tenant],
  )
}

/** Until somebody waits for a lock. */
async function waiting(n: number): Promise<void> {
  const count = () =>
    db.transaction([], async handle => {
      const { rows } = await handle.query<{ n: number }>(
        `select count(*) as n from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())`,
      )
      return rows[0]!.n
    })
  while ((await count()) < n) await new Promise(resolve => setTimeout(resolve, 5))
}

test('a stop does not wait for a look at the evidence that is under way', { timeout: 20_000 }, async () => {
  await db.transaction(['busy'], async handle => {
    await lockAutonomy(handle, 'busy', 'table')
    const stopped = await changeModes({ db, audit: logged }, 'busy', [table], stop, by, day(1))
    assert.deepEqual(
      stopped.map(({ mode, changed }) => [mode, changed]),
      [
        ['stopped', true],
        ['stopped', true],
      ],
    )
  })
})

test('a stop of everything and a certificate that is issued meanwhile do not wait for each other', async () => {
  await db
    .transaction(['both'], async handle => {
      // As a certificate of the table: its epoch first, the log at the end.
      await lockAutonomy(handle, 'both', 'table')
      await bumpEpoch(handle, 'both', 'table')
      const stopping = changeModes({ db, audit: logged }, 'both', [table, leads], stop, by, day(1))
      stopping.catch(() => undefined)
      await waiting(1)
      await logged(handle, { tenant: 'both', at: day(1), actor: 'system', action: 'autonomy.certified' })
      return { stopping }
    })
    .then(({ stopping }) => stopping)
})

test('a certificate of the old budget that is issued while the budget is made stricter does not outlive it', async () => {
  const deps = autonomyDeps(db)
  const world = recordWorld(db, answer)
  await world.promote('race')
  await world.begin('race')
  await world.settle('race', goodRows(800))
  await countRows(deps, 'race', answer, day(60))
  const stricter = { actions: { yes: { alpha: 0.001 } } }
  const changes: Promise<unknown>[] = []
  const audit = async () => {
    if (changes.length === 0)
      changes.push(
        db.transaction(['race'], async handle => {
          const place = { tenant: 'race', pod: 'table', question: 'main' }
          await insertSetting(handle, { ...place, name: 'autonomy', version: 1, value: stricter }, 'key:boss', day(60))
          const change = { name: 'autonomy', before: {}, after: stricter, at: day(60) }
          await budgetsChanged(handle, deps, 'race', answer, change)
        }),
      )
    await waiting(1)
  }
  const outcomes = await certifyRecords({ ...deps, audit }, 'race', answer, day(60))
  assert.ok(outcomes.every(({ certificate }) => certificate !== null))
  await Promise.all(changes)
  const { rows } = await db.transaction(['race'], handle =>
    handle.query<{ action: string; revoked: string | null }>(
      `select action, revoked_reason as revoked from certificates where tenant_id = 'race' order by action`,
    ),
  )
  assert.deepEqual(rows, [
    { action: 'no', revoked: null },
    { action: 'yes', revoked: 'The budget was made stricter.' },
  ])
})
