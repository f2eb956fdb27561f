import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Database } from '../store/db.ts'
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts'
import { leadOf, letAct, openActingCore, record, setMode } from '../testing/acting-core.ts'
import type { Core } from './core.ts'

const at = new Date('2026-11-21T10:20:00Z')
const inMs = (ms: number) => new Date(at.getTime() + ms)
const halfHourMs = 1_800_000

interface Processes extends AsyncDisposable {
  readonly cores: readonly Core[]
}

/** Processes on one database whose clocks stand: none reads its state again by itself, so what they know is always behind. */
async function openProcesses(database: TestDatabase, count: number): Promise<Processes> {
  await using stack = new AsyncDisposableStack()
  const secrets = { dataKeys: [randomBytes(32)], piiRoot: randomBytes(32) }
  const cores: Core[] = []
  for (let i = 0; i < count; i++)
    cores.push(stack.use(await openActingCore(database, () => at, { secrets, monotonicMs: () => 0 })))
  const open = stack.move()
  return { cores, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** Leads in batches of these sizes; each process has two under way, and takes the next when one has ended. */
async function race(
  cores: readonly Core[],
  tenant: string,
  name: string,
  sizes: readonly number[],
  clock = () => at,
): Promise<number> {
  const batches = sizes.map((size, n) => Array.from({ length: size }, (_, i) => leadOf(tenant, `${name}-${n}-${i}`)))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const work = async (core: Core): Promise<void> => {
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) await record(core, clock(), ...batch)
  }
  await Promise.all(cores.flatMap(core => [work(core), work(core)]))
  return total
}

interface Kept {
  readonly acted: number
  readonly capped: number
  readonly acts: number
  readonly asked: number
  readonly counted: number
  readonly others: number
}

async function kept(db: Database, tenant: string): Promise<Kept> {
  const { rows } = await db.read([tenant], handle =>
    handle.query<Kept>(`select count(*) filter (where state = 'acted' and reason = 'threshold_mode')::int as acted,
      count(*) filter (where state = 'queued' and reason = 'capped')::int as capped,
      count(*) filter (where reason not in ('threshold_mode', 'capped'))::int as others,
      (select count(*)::int from acts) as acts, (select count(*)::int from inbox) as asked,
      (select coalesce(sum(acts), 0)::int from act_counts) as counted from decisions`),
  )
  return rows[0]!
}

/** All were decided; so many were done, all others are asked because of the cap. */
async function assertKept(db: Database, tenant: string, leads: number, done: number): Promise<void> {
  const capped = leads - done
  assert.deepEqual(await kept(db, tenant), { acted: done, capped, acts: done, asked: capped, counted: done, others: 0 })
}

async function setCap(db: Database, cap: number): Promise<number> {
  return db.transaction(['acme'], async handle => {
    await handle.query(
      `insert into settings (tenant_id, pod, name, version, value, recorded_at, actor)
        select 'acme', 'customer-ops', 'autonomy', max(version) + 1, $1, now(), 'test' from settings`,
      [JSON.stringify({ actions: { start_followup: { cap_per_hour: cap } } })],
    )
    // Waits for the batches that are being written, and those that come wait for its commit.
    await setMode(handle, 'acme', 'acting')
    const { rows } = await handle.query<{ acts: number }>('select coalesce(sum(acts), 0)::int as acts from act_counts')
    return rows[0]!.acts
  })
}

const sizesOf = (most: number, total: number, seed: number): readonly number[] => {
  const sizes: number[] = []
  for (let sum = 0; sum < total; sum += sizes.at(-1)!)
    sizes.push(fc.sample(fc.integer({ min: 1, max: most }), { seed: seed + sizes.length, numRuns: 1 })[0]!)
  return sizes
}

for (const processes of [2, 4])
  test(`${processes} processes keep caps of 1, 3, 1000 and 1500 exactly, and all beyond them is asked`, async () => {
    await using database = await openTestDatabase({ poolSize: 4 })
    const { db } = database
    await using open = await openProcesses(database, processes)
    for (const cap of [1, 3, 1000, 1500]) {
      const tenant = `capped-${cap}`
      await letAct(db, tenant, cap)
      const most = cap > 100 ? 120 : 4
      const sizes = sizesOf(most, Math.round(1.1 * cap) + 20, processes + cap)
      const leads = await race(open.cores, tenant, 'lead', sizes)
      const { acted } = await kept(db, tenant)
      assert.ok(acted <= cap, `${acted} were done under a cap of ${cap}`)
      // A batch that others crowd out leaves its places to whoever comes next.
      const more = await race(open.cores.slice(0, 1), tenant, 'last', [most, most])
      await assertKept(db, tenant, leads + more, cap)
    }
  })

test('a cap lowered while two processes write holds from its commit on; raised again, it has room for the difference', async () => {
  await using database = await openTestDatabase({ poolSize: 6 })
  const { db } = database
  await letAct(db, 'acme', 400)
  await using open = await openProcesses(database, 2)
  const racing = race(open.cores, 'acme', 'first', sizesOf(9, 600, 1))
  while ((await kept(db, 'acme')).acted < 40) await new Promise(setImmediate)
  const done = await setCap(db, 60)
  const leads = await racing
  await assertKept(db, 'acme', leads, Math.max(done, 60))
  await setCap(db, 450)
  for (const core of open.cores) await core.active.refresh('acme')
  const more = await race(open.cores, 'acme', 'second', sizesOf(9, 500, 2))
  await assertKept(db, 'acme', leads + more, 450)
})

test('each hour has its own places, whichever of them a batch of another process ended in', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  await letAct(db, 'acme', 25)
  await using open = await openProcesses(database, 2)
  const clocks = [at, inMs(2 * halfHourMs), at, at, inMs(2 * halfHourMs)]
  let turn = 0
  const leads = await race(open.cores, 'acme', 'lead', sizesOf(5, 200, 3), () => clocks[turn++ % clocks.length]!)
  await assertKept(db, 'acme', leads, 50)
})

test('leads that come again and again, to either process, take no place', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  await letAct(db, 'acme', 12)
  await using open = await openProcesses(database, 2)
  const same = Array.from({ length: 8 }, (_, i) => leadOf('acme', `same-${i}`))
  for (let i = 0; i < 5; i++)
    await Promise.all(open.cores.flatMap(core => [record(core, at, ...same), record(core, at, ...same.slice(i))]))
  await assertKept(db, 'acme', 8, 8)
  // A batch of both: only what is new is counted.
  await record(open.cores[1]!, at, ...same.slice(0, 2), leadOf('acme', 'new-0'), leadOf('acme', 'new-1'))
  await assertKept(db, 'acme', 10, 10)
  await Promise.all(open.cores.map((core, i) => record(core, at, leadOf('acme', `${i}-a`), leadOf('acme', `${i}-b`))))
  await assertKept(db, 'acme', 14, 12)
})

test('the counts that all processes share are taken last, so that they are held for the commit alone', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  await letAct(db, 'acme', 12)
  const tables = ['event_keys', 'events', 'decisions', 'acts', 'act_counts']
  await db.transaction([], async handle => {
    await handle.query('create table steps (place serial, name text)')
    await handle.query(`create function step() returns trigger language plpgsql as
      $$ begin insert into steps (name) values (tg_argv[0]); return new; end $$`)
    for (const name of tables)
      await handle.query(`create trigger step before insert on ${name} for each row execute function step('${name}')`)
  })
  await using open = await openProcesses(database, 1)
  await record(open.cores[0]!, at, leadOf('acme', 'one'), leadOf('acme', 'two'))
  const { rows } = await db.read([], handle => handle.query<{ name: string }>('select name from steps order by place'))
  const steps = rows.map(row => row.name)
  assert.deepEqual(new Set(steps), new Set(tables))
  assert.deepEqual([steps.at(-1), steps.indexOf('act_counts')], ['act_counts', steps.length - 1])
})
