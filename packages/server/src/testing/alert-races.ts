import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { heating } from '../../../../tests/thermostats/pod.ts'
import type { Core } from '../app/core.ts'
import { installed, podsFrom } from '../pods.ts'
import { touchCase } from '../store/fences.ts'
import type { TestDatabase } from '../store/test-database.ts'
import { openActingCore } from './acting-core.ts'
import { fitThermostats } from './fit-thermostats.ts'

const at = new Date('2027-03-01T12:00:00Z')
const tenant = 'acme'
const pods = podsFrom([...installed.pods, heating])

/** One event with two questions and findings, of which one joins an open alert while a person answers it in another process. */
export async function raceAlerts(database: TestDatabase, rounds: number): Promise<{ joined: number; opened: number }> {
  const serving = () => ({
    version: 1,
    digest: 'd',
    score: () => ({ probability: 0.95, notes: [], cannot: null }),
  })
  const open = () => openActingCore(database, () => at, { pods, serving })
  await using machine = await open()
  await using desk = await open()
  await letAct(database)
  let n = 0
  const raw = (kind: string, data: { [name: string]: string | number }, minute: number) => ({
    raw: { tenant, eventId: `e${n++}`, kind, occurredAt: new Date(at.getTime() - minute * 60_000), data },
    at,
    startedMs: 0,
  })
  const read = (core: Core, code: string, celsius: number, minute: number) =>
    core.run([raw('thermostat.reading', { code, celsius }, minute)]).then(([result]) => {
      assert.ok(result?.status === 'recorded', JSON.stringify(result))
      return result
    })
  let [joined, opened] = [0, 0]
  for (let round = 0; round < rounds; round++) {
    const code = `T${round}`
    await fitThermostats(database.db, tenant, [code], round)
    const past = [20, 20, 31, 31].map((celsius, index) => raw('thermostat.reading', { code, celsius }, 50 - index))
    const warm = (await machine.run(past)).flatMap(result => (result.status === 'recorded' ? result.decisions : []))
    const alert = warm.find(({ questionSubject }) => questionSubject === 'TOO_WARM')!.caseId
    // Two questions, and findings of two families.
    const finds = async () => {
      await wait(2 + (round % 13))
      return await read(machine, code, 60, 46)
    }
    const answers = async () => {
      await wait(round % 5)
      if (round % 3 === 0) await database.db.transaction([tenant], db => touchCase(db, tenant, alert, 'claim', at))
      else {
        const [told] = await desk.run([raw('heating.visited', { case: alert, word: 'broken' }, 0)])
        assert.equal(told?.status, 'recorded', JSON.stringify(told))
      }
    }
    const [found] = await Promise.all([finds(), answers()])
    const again = found.decisions.find(({ questionSubject }) => questionSubject === 'TOO_WARM')!
    if (again.caseId === alert) joined++
    else opened++
    assert.equal(again.hung, again.caseId === alert ? 'joined' : 'opened')
  }
  await assertWhole(database)
  return { joined, opened }
}

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
