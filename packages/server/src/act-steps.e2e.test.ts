import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { act } from './pipeline/act/act.ts'
import { installed, podsFrom } from './pods.ts'
import { countStates } from './store/conservation.ts'
import { openActingCore, record } from './testing/acting-core.ts'
import { clinic } from './testing/clinic.ts'
import { startWorld } from './testing/start-world.ts'

/** `remind` calls at once and writes an hour later. */
const start = Date.parse('2026-03-10T09:00:00Z')
let at = start
const world = await startWorld({ pods: [...installed.pods, clinic], now: () => new Date(at) })
after(() => world[Symbol.asyncDispose]())
const hour = 3_600_000

let events = 0
const send = async (type: string, data: object) => {
  const body = { type, event_id: `e-${++events}`, occurred_at: new Date(at).toISOString(), data }
  return (await world.call('/v1/events', { body })).data
}
/** What is due by now, done: by us or by the service's own sweep, and what others held a moment ago at the next try. */
async function perform(): Promise<void> {
  for (let tries = 0; tries < 250; tries++) {
    await world.app.db.transaction(['acme'], handle =>
      act(handle, 'acme', new Date(at), { podNamed: () => clinic, queueDays: async () => 7 }),
    )
    const { rows } = await world.app.db.read(['acme'], reader =>
      reader.query(`select from acts where state = 'pending' and not_before <= $1`, [new Date(at)]),
    )
    if (rows.length === 0) return
    await wait(20)
  }
  assert.fail('something that is due is never done')
}
const outbox = async (caseId: string) => {
  const { data } = await world.call('/ops/outbox?limit=100')
  return data.items
    .filter((one: { lead_id: string }) => one.lead_id === caseId)
    .map(({ step, channel }: { step: string; channel: string }) => `${step} by ${channel}`)
}
const acts = async (caseId: string) => {
  const { rows } = await world.app.db.read(['acme'], reader =>
    reader.query<{ step: number; state: string; reason: string | null; after: number }>(
      `select step, state, reason, extract(epoch from not_before - recorded_at)::int as after from acts where case_id = $1
        order by acts.recorded_at, step`,
      [caseId],
    ),
  )
  return rows.map(({ step, state, reason, after: seconds }) => [
    step,
    seconds,
    state,
    ...(reason === null ? [] : [reason]),
  ])
}
const stateOf = async (id: string) => (await world.call(`/v1/decisions/${id}/explain`)).data.final
/** A person says yes to the machine's question. */
async function approve(caseId: string): Promise<void> {
  const { data } = await world.call('/v1/inbox/next', { body: { pod: 'clinic' } })
  assert.equal(data.case.case_id, caseId)
  const body = { answer: 'approve', lease_token: data.lease_token }
  const { status, data: answered } = await world.call(`/v1/inbox/${caseId}/answer`, { body })
  assert.equal(status, 200, JSON.stringify(answered))
}

test('each step is a row of its own, done when its time has come, and once', async () => {
  const visit = await send('visit.booked', { days: 3 })
  await approve(visit.case_id)
  assert.deepEqual(await acts(visit.case_id), [
    [0, 30, 'pending'],
    [1, 3630, 'pending'],
  ])
  at += 60_000
  await perform()
  await perform()
  assert.deepEqual(await outbox(visit.case_id), ['call by phone'])
  at += hour
  await perform()
  await perform()
  assert.deepEqual((await outbox(visit.case_id)).toSorted(), ['call by phone', 'write by letter'])
  assert.deepEqual(
    (await acts(visit.case_id)).map(([step, , state]) => [step, state]),
    [
      [0, 'done'],
      [1, 'done'],
    ],
  )
})

test('what becomes known between two steps calls the later one off, and what was done stands', async () => {
  const visit = await send('visit.booked', { days: 3 })
  await approve(visit.case_id)
  at += 60_000
  await perform()
  await send('case.ended', { id: visit.case_id, word: 'yes' })
  at += hour
  await perform()
  assert.deepEqual(await outbox(visit.case_id), ['call by phone'])
  assert.deepEqual(
    (await acts(visit.case_id)).map(([step, , ...ended]) => [step, ...ended]),
    [
      [0, 'done'],
      [1, 'cancelled', 'outcome_known'],
    ],
  )
  const { state, reason } = await stateOf(visit.decisions[0].id)
  assert.deepEqual([state, reason], ['acted', 'approved_by_human'])
})

/** A visit that the machine may remind of by the plain rule, then the mode changes. */
async function remindedUntil(mode: string): Promise<{ caseId: string; decisionId: string }> {
  const key = await world.key('admin')
  const setMode = async (change: object) => {
    const body = { pod: 'clinic', question: 'shows', action: 'remind', reason: 'test', ...change }
    assert.equal((await world.call('/ops/mode', { key, body })).status, 200)
  }
  await setMode({ mode: 'acting', gate: 'threshold' })
  // Ahead of the service's clock: its own sweep does nothing of it before the mode has changed.
  const ahead = new Date(at + 30_000)
  await using core = await openActingCore(world.database, () => ahead, { pods: podsFrom([clinic]) })
  const raw = { tenant: 'acme', kind: 'visit.booked', eventId: `e-${++events}`, data: { days: 3 } }
  const [visit] = await record(core, ahead, raw)
  assert.ok(visit?.status === 'recorded' && visit.caseId !== null)
  await setMode({ mode })
  return { caseId: visit.caseId, decisionId: visit.decisions[0]!.id }
}

test('a later step is called off for what called off the first, whether both are looked at together or an hour apart', async () => {
  const together = await remindedUntil('asking')
  at += 2 * hour
  await perform()
  const apart = await remindedUntil('dry_run')
  at += 60_000
  await perform()
  at += hour
  await perform()
  for (const [{ caseId, decisionId }, end, reason] of [
    [together, 'queued', 'mode_asking'],
    [apart, 'logged', 'dry_run'],
  ] as const) {
    assert.deepEqual(
      (await acts(caseId)).map(([step, , ...ended]) => [step, ...ended]),
      [
        [0, 'cancelled', reason],
        [1, 'cancelled', reason],
      ],
    )
    assert.deepEqual(await outbox(caseId), [])
    const final = await stateOf(decisionId)
    assert.deepEqual([final.state, final.reason], [end, reason])
  }
})

test('nothing of it is lost in the books', async () => {
  const states = await world.app.db.transaction(['acme'], handle =>
    countStates(handle, 'acme', 'clinic', new Date(start - hour), new Date(at + hour)),
  )
  assert.deepEqual(
    states.map(({ state, cases, lost }) => [state, cases, lost]),
    [
      ['acted', 2, 0],
      ['logged', 1, 0],
      ['queued', 1, 0],
    ],
  )
})
