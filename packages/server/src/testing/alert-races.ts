import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import type { EventResult, Hanging } from '@surety/contract'
import { heating } from '../../../../tests/thermostats/pod.ts'
import type { Core } from '../app/core.ts'
import type { Arrival } from '../pipeline/item.ts'
import { installed, podsFrom } from '../pods.ts'
import { touchCase } from '../store/fences.ts'
import type { TestDatabase } from '../store/test-database.ts'
import { openActingCore } from './acting-core.ts'
import { fitThermostats } from './fit-thermostats.ts'
import { inTurn } from './in-turn.ts'
import { openSuperuser, type Superuser } from './superuser.ts'

const at = new Date('2027-03-01T12:00:00Z')
const tenant = 'acme'
const pods = podsFrom([...installed.pods, heating])

type Answer = 'claim' | 'told'
/** Who has the alert first; null: whoever comes first after waits drawn for the round. */
interface Round {
  readonly answer: Answer
  readonly first: 'reading' | 'person' | null
}

/** Each order once, by what has to come of it: what was told of all questions closes the alert, a claim does not. */
const inOrder: readonly (Round & { readonly hung: Hanging })[] = [
  { answer: 'told', first: 'reading', hung: 'joined' },
  { answer: 'told', first: 'person', hung: 'opened' },
  { answer: 'claim', first: 'reading', hung: 'joined' },
  { answer: 'claim', first: 'person', hung: 'joined' },
]

/**
 * One event with two questions and findings, of which one reaches for an open alert while a person answers it in another process:
 * in each order once, then `races` times as it happens. What came of the races is luck, and only counted.
 * @throws AssertionError where something is there twice, is lost, or an order came to something else than it has to
 */
export async function raceAlerts(database: TestDatabase, races: number): Promise<{ joined: number; opened: number }> {
  await using machine = await open(database)
  await using desk = await open(database)
  await using superuser = await openSuperuser(database.address)
  await letAct(database)
  const stage = { database, machine, desk, superuser }
  for (const [n, { hung, ...round }] of inOrder.entries())
    assert.equal(await meet(`O${n}`, n, round, stage), hung, JSON.stringify(round))
  const came = { joined: 0, opened: 0 }
  for (let n = 0; n < races; n++) {
    const hung = await meet(
      `T${n}`,
      inOrder.length + n,
      { answer: n % 3 === 0 ? 'claim' : 'told', first: null },
      stage,
      n,
    )
    came[hung]++
  }
  await assertWhole(database)
  assert.equal(await superuser.deadlocks(), 0)
  return came
}

const open = (database: TestDatabase): Promise<Core> =>
  openActingCore(database, () => at, {
    pods,
    serving: () => ({ version: 1, digest: 'd', score: () => ({ probability: 0.95, notes: [], cannot: null }) }),
  })

interface Stage {
  readonly database: TestDatabase
  readonly machine: Core
  readonly desk: Core
  readonly superuser: Superuser
}

/**
 * An alert of one thermostat, which a reading reaches while it is answered.
 * @param before changes of the tenant that there are
 * @param waits draws who comes first where no order is given
 * @returns how the reading hung
 */
async function meet(
  code: string,
  before: number,
  { answer, first }: Round,
  { database, machine, desk, superuser }: Stage,
  waits = 0,
): Promise<'joined' | 'opened'> {
  await fitThermostats(database.db, tenant, [code], before)
  const [cold, warm] = [
    [20, 20],
    [31, 31],
  ].map((readings, half) =>
    readings.map((celsius, n) =>
      raw(`${code}-${half}-${n}`, 'thermostat.reading', { code, celsius }, 50 - 2 * half - n),
    ),
  )
  // Each judges once before: whoever finds under the lock that it has not read this thermostat yet lets the other one by.
  recorded(await machine.run(cold!))
  const alert = tooWarmOf(await desk.run(warm!)).caseId
  // Two questions, and findings of two families.
  const finds = () => machine.run([raw(`${code}-again`, 'thermostat.reading', { code, celsius: 60 }, 46)])
  const answers = async (): Promise<void> => {
    if (answer === 'claim') await database.db.transaction([tenant], db => touchCase(db, tenant, alert, 'claim', at))
    else recorded(await desk.run([raw(`${code}-told`, 'heating.visited', { case: alert, word: 'broken' }, 0)]))
  }
  const group = `thermostat:${code}`
  const found =
    first === 'reading'
      ? (await inTurn(superuser, group, finds, answers))[0]
      : first === 'person'
        ? (await inTurn(superuser, group, answers, finds))[1]
        : (await Promise.all([wait(2 + (waits % 13)).then(finds), wait(waits % 5).then(answers)]))[0]
  const { caseId, hung } = tooWarmOf(found)
  assert.ok(hung === (caseId === alert ? 'joined' : 'opened'), `${hung} on ${caseId}, after ${alert}`)
  return hung
}

const raw = (eventId: string, kind: string, data: { [name: string]: string | number }, minute: number): Arrival => ({
  raw: { tenant, eventId, kind, occurredAt: new Date(at.getTime() - minute * 60_000), data },
  at,
  startedMs: 0,
})

const recorded = (results: readonly EventResult[]) =>
  results.flatMap(result => {
    assert.ok(result.status === 'recorded', JSON.stringify(result))
    return result.decisions
  })

const tooWarmOf = (results: readonly EventResult[]) =>
  recorded(results).find(({ questionSubject }) => questionSubject === 'TOO_WARM')!

async function letAct(database: TestDatabase): Promise<void> {
  await database.db.transaction([tenant], db =>
    db.query(
      `insert into action_states (tenant_id, pod, question, action, mode, gate, changed_at, changed_by, reason)
        values ($1, 'heating', 'failing', 'call_plumber', 'acting', 'threshold', now(), 'test', 'test')`,
      [tenant],
    ),
  )
}

/** Nothing twice, nothing lost. */
async function assertWhole(database: TestDatabase): Promise<void> {
  const none = async (what: string, text: string): Promise<void> => {
    const { rows } = await database.db.read([tenant], db => db.query(text))
    assert.deepEqual(rows, [], what)
  }
  await none(
    'each case was opened once, and counts each event that reached it once',
    `select c.case_id, c.occurrences, d.events, d.openings from cases c left join lateral (
        select count(distinct event_id) as events, count(distinct event_id) filter (where hung = 'opened') as openings
        from decisions d where d.tenant_id = c.tenant_id and d.case_id = c.case_id) d on true
      where c.tenant_id = 'acme' and (c.occurrences <> d.events or d.openings <> 1)`,
  )
  await none(
    'a case that was answered is closed',
    `select c.case_id from cases c join outcomes o on o.tenant_id = c.tenant_id and o.case_id = c.case_id
      where c.tenant_id = 'acme' and c.closed_at is null`,
  )
  await none(
    'nothing joined a case after it was answered',
    `select d.case_id, held.group_key from outcomes o
      join decisions d on d.tenant_id = o.tenant_id and d.case_id = o.case_id
      join events e on e.tenant_id = d.tenant_id and e.event_id = d.event_id
      cross join lateral jsonb_each_text(o.versions) as held(group_key, version)
      where o.tenant_id = 'acme' and (e.versions ->> held.group_key)::int > held.version::int`,
  )
  await none(
    'what waits has its place in the inbox, once',
    `select d.decision_id from decisions d left join inbox i on i.tenant_id = d.tenant_id and i.case_id = d.case_id
      where d.tenant_id = 'acme' and d.state = 'queued' and not coalesce(i.decision_id = d.decision_id
        or i.others::jsonb @> jsonb_build_array(jsonb_build_object('decisionId', d.decision_id)), false)`,
  )
  await none(
    'what was done has one act',
    `select d.decision_id, count(a.decision_id) from decisions d
      left join acts a on a.tenant_id = d.tenant_id and a.decision_id = d.decision_id
      where d.tenant_id = 'acme' and d.state = 'acted' group by 1 having count(a.decision_id) <> 1`,
  )
  await none(
    'one question and subject was asked or done once on a case, unless it was raised',
    `select case_id, question, question_subject from decisions
      where tenant_id = 'acme' and state in ('queued', 'acted') and hung <> 'raised'
      group by 1, 2, 3 having count(*) > 1`,
  )
  await none(
    'every version of a group was made once',
    `select key, value from events cross join lateral jsonb_each_text(versions)
      where tenant_id = 'acme' and kind = 'thermostat.reading' group by 1, 2 having count(*) > 1`,
  )
}
