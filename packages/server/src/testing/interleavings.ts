import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Core } from '../app/core.ts'
import type { OpenActs } from '../manage/acts/open-acts.ts'
import { live } from '../runtime/manner.ts'
import { openDatabase } from '../store/db.ts'
import { touchCase } from '../store/fences.ts'
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts'
import {
  approve,
  leadOf,
  letAct,
  messageOf,
  openActingCore,
  openWorker,
  operatorOf,
  outcomeOf,
  record,
  setMode,
  takeOvers,
} from './acting-core.ts'

export interface Interleaved {
  readonly cases: number
  readonly done: number
  readonly cancelled: number
  readonly sentences: readonly string[]
}

/** In `west` a person approves what the machine then does; elsewhere it decides by itself. */
const tenants = ['north', 'south', 'west'] as const
const asking = 'west'
const touches = ['message', 'outcome', 'cancel', 'review', 'claim', 'none'] as const
const workers = 3
const abreast = 24

/**
 * Cases that are to be acted on, each touched by a person at some moment around the act, with several workers that race for
 * it and are slow now and then. Throws where an act was done after the answer to a touch, twice, or without account.
 */
export async function interleave(rounds: number, seed: number): Promise<Interleaved> {
  await using database = await openTestDatabase({ poolSize: 8 })
  const random = mulberry(seed)
  const now = () => new Date()
  await prepare(database)
  await using core = await openActingCore(database, now, { manner: () => ({ ...live, syncedCommits: false }) })
  await using stack = new AsyncDisposableStack()
  const crew = Array.from({ length: workers }, () => {
    const db = stack.use(openDatabase(database.address, database.role, 4))
    return stack.use(openWorker(db, now, { sweepMs: 40 }))
  })
  /** At which place of the order of writing each case was known, to whoever touched it, to be in a person's hands. */
  const answered = new Map<string, number>()
  let next = 0
  await Promise.all(
    Array.from({ length: abreast }, async () => {
      while (next < rounds) {
        const n = next++
        await oneCase(`case-${n}`, { database, core, crew, random, now, answered })
      }
    }),
  )
  await settle(database, crew)
  return verdict(database, rounds, answered)
}

interface Stage {
  readonly database: TestDatabase
  readonly core: Core
  readonly crew: readonly OpenActs[]
  readonly random: () => number
  readonly now: () => Date
  readonly answered: Map<string, number>
}

async function prepare({ db }: TestDatabase): Promise<void> {
  for (const tenant of tenants) {
    await letAct(db, tenant)
    await db.transaction([tenant], handle => handle.query('insert into tenant_directory values ($1)', [tenant]))
  }
  await db.transaction([asking], handle => setMode(handle, asking, 'asking'))
  // The order of writing, by no clock; and workers that are slow where it hurts most.
  await db.transaction([], async handle => {
    await handle.query('create sequence places')
    await handle.query('alter table outbox add column place bigint')
    await handle.query(`create function dawdle() returns trigger language plpgsql as $$ begin
      if random() < 0.1 then perform pg_sleep(random() * 0.004); end if;
      new.place := nextval('places');
      return new; end $$`)
    await handle.query('create trigger dawdle before insert on outbox for each row execute function dawdle()')
  })
}

async function oneCase(caseId: string, stage: Stage): Promise<void> {
  const { core, crew, random, now } = stage
  const tenant = pick(tenants, random)
  const worker = random() < 0.8 ? pick(crew, random) : null
  const opening = [leadOf(tenant, caseId)]
  const [wakeAfter, touchAfter, secondAfter] = [random() * 4, random() * 6, random() * 6]
  const [first, second] = [pick(touches, random), random() < 0.3 ? pick(touches, random) : 'none']
  await record(core, now(), ...opening)
  if (tenant === asking) await approve(stage.database.db, tenant, caseId, now())
  await Promise.all([
    pause(wakeAfter).then(() => worker?.wake([tenant])),
    pause(touchAfter).then(() => touch(first, tenant, caseId, stage)),
    pause(secondAfter).then(() => touch(second, tenant, caseId, stage)),
  ])
}

async function touch(kind: (typeof touches)[number], tenant: string, caseId: string, stage: Stage): Promise<void> {
  const { core, database, now, answered } = stage
  const hands = takeOvers(database.db, now)
  const actor = operatorOf(tenant)
  if (kind === 'none') return
  if (kind === 'message') await record(core, now(), messageOf(tenant, caseId))
  else if (kind === 'outcome') await record(core, now(), outcomeOf(tenant, caseId))
  else if (kind === 'cancel') await hands.cancel(actor, caseId, 'mine', 'r')
  else if (kind === 'review') await hands.requestReview(actor, caseId, 'please', 'r')
  else await database.db.transaction([tenant], db => touchCase(db, tenant, caseId, 'claimed', now()))
  const { rows } = await database.db.transaction([], db =>
    db.query<{ place: number }>(`select nextval('places') as place`),
  )
  answered.set(caseId, Math.min(rows[0]!.place, answered.get(caseId) ?? Number.POSITIVE_INFINITY))
}

async function settle({ db }: TestDatabase, crew: readonly OpenActs[]): Promise<void> {
  for (let look = 0; look < 500; look++) {
    await Promise.all(crew.map(worker => worker.sweep()))
    const left = await db.transaction([...tenants], handle =>
      handle.query<{ n: number }>(`select count(*) as n from acts where state = 'pending'`),
    )
    if (left.rows[0]!.n === 0) return
    await sleep(20)
  }
  assert.fail('acts stayed pending')
}

interface Ended {
  case_id: string
  state: string
  act: string
  acts: number
  sent: number
  place: number | null
  moves: readonly string[] | null
  inbox: string | null
}

async function verdict(
  { db }: TestDatabase,
  rounds: number,
  answered: ReadonlyMap<string, number>,
): Promise<Interleaved> {
  const { rows } = await db.transaction([...tenants], handle =>
    handle.query<Ended>(`select d.case_id, d.state, min(a.state) as act, count(distinct a.decision_id)::int as acts,
        (select count(*)::int from outbox o where o.tenant_id = d.tenant_id and o.case_id = d.case_id) as sent,
        (select o.place from outbox o where o.tenant_id = d.tenant_id and o.case_id = d.case_id) as place,
        (select array_agg(t.from_state || '>' || t.to_state || ':' || t.reason order by t.recorded_at) from transitions t
          where t.tenant_id = d.tenant_id and t.case_id = d.case_id) as moves,
        (select i.state from inbox i where i.tenant_id = d.tenant_id and i.case_id = d.case_id) as inbox
      from decisions d join acts a on a.tenant_id = d.tenant_id and a.decision_id = d.decision_id
      group by d.tenant_id, d.case_id, d.state`),
  )
  assert.equal(rows.length, rounds, 'one decision and one act a case')
  let [done, touched] = [0, 0]
  for (const row of rows) {
    const taken = answered.get(row.case_id)
    const what = JSON.stringify(row)
    assert.equal(row.acts, 1, what)
    assert.ok(row.state === 'acted' || row.state === 'queued', what)
    assert.equal(row.sent, row.act === 'done' ? 1 : 0, `sent once when done, never when cancelled: ${what}`)
    const moves = row.moves ?? []
    let at = row.state
    for (const move of moves) {
      assert.ok(move.startsWith(`${at}>`), `a chain of states: ${what}`)
      at = move.slice(move.indexOf('>') + 1, move.indexOf(':'))
    }
    assert.equal(at === 'queued', row.inbox === 'open', `queued is in the inbox: ${what}`)
    if (row.act === 'done') {
      done++
      assert.ok(at === 'acted' || moves.at(-1)?.endsWith(':review_requested'), what)
      if (taken === undefined) continue
      touched++
      assert.ok(row.place! < taken, `done after a person was told it is theirs: ${what}`)
    } else {
      assert.ok(taken !== undefined, `only a touch cancels: ${what}`)
      assert.notEqual(at, 'acted', `what was cancelled does not stand as done: ${what}`)
    }
  }
  const cancelled = rows.length - done
  return {
    cases: rows.length,
    done,
    cancelled,
    sentences: [
      `${rows.length} interleavings: ${done} acts done, ${cancelled} cancelled by a touch, none after its answer`,
      `${touched} of the acts that were done came before an answer`,
    ],
  }
}

const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)]!

/** Below a millisecond a timer is too coarse: some turns of the loop instead. */
async function pause(ms: number): Promise<void> {
  if (ms < 1) for (let turn = 0; turn < ms * 5; turn++) await new Promise(resolve => setImmediate(resolve))
  else await sleep(ms)
}

/** Mulberry32: a seeded stream in [0, 1). */
function mulberry(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
