import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { installed } from './pods.ts'
import { clinic } from './testing/clinic.ts'
import { startWorld } from './testing/start-world.ts'

const world = await startWorld({ pods: [...installed.pods, clinic] })
after(() => world[Symbol.asyncDispose]())
const admin = await world.key('admin')

let events = 0
const send = async (type: string, data: object, event_id = `e-${++events}`) => {
  const body = { type, event_id, occurred_at: new Date().toISOString(), data }
  const { status, data: answer } = await world.call('/v1/events', { body })
  assert.ok(status === 201 || status === 200, JSON.stringify(answer))
  return answer
}
const ends = (answer: { decisions: { question: string; state: string; reason: string }[] }) =>
  answer.decisions.map(({ question, state, reason }) => `${question}: ${state} ${reason}`)
const put = (name: string, query: string, body: object) =>
  world.call(`/ops/settings/${name}?pod=clinic${query}&apply=true`, { key: admin, method: 'PUT', body })
const setMode = (body: object) => world.call('/ops/mode', { key: admin, body: { reason: 'test', ...body } })

test('each event asks its own question; what asks nothing is recorded and belongs to no case', async () => {
  const visit = await send('visit.booked', { days: 3 })
  const claim = await send('claim.filed', { days: 30 })
  assert.deepEqual(ends(visit), ['shows: queued no_model'])
  assert.deepEqual(ends(claim), ['pays: queued no_model'])
  assert.deepEqual([visit.decision, claim.decision], [null, null], 'decision is that of the question main')
  const note = await send('note.kept', { days: 1 })
  assert.deepEqual([note.status, note.case_id, note.decisions], ['recorded', null, []])
  const again = await send('visit.booked', { days: 3 }, visit.event_id)
  assert.deepEqual([again.duplicate, again.case_id, again.decisions], [true, visit.case_id, visit.decisions])
  assert.deepEqual((await send('note.kept', { days: 1 }, note.event_id)).case_id, null)
  const ended = await send('case.ended', { id: visit.case_id, word: 'yes' })
  assert.deepEqual([ended.outcome, ended.decisions], [{ outcome: 'yes', label: 1 }, []])
})

test('the first pod keeps its decision where it was, and names it among the decisions', async () => {
  const lead = await send('lead.created', { name: 'Jane Doe', email: 'jane@example.com' })
  const [{ question, ...decision }] = lead.decisions
  assert.equal(question, 'main')
  assert.deepEqual(decision, lead.decision)
})

test('modes, thresholds and budgets are kept for each question, and unknown names are told the known ones', async () => {
  const { data: stopped } = await setMode({ pod: 'clinic', question: 'pays', action: '*', mode: 'stopped' })
  assert.deepEqual(
    stopped.items.map((item: { question: string; action: string }) => `${item.question} ${item.action}`),
    ['pays send', 'pays hold'],
  )
  assert.deepEqual(ends(await send('claim.filed', {})), ['pays: logged stopped'])
  assert.deepEqual(ends(await send('visit.booked', {})), ['shows: queued no_model'])

  assert.equal((await put('policy', '&question=pays', { threshold: 0.9 })).status, 200)
  const budget = { actions: { send: { alpha: 0.03 } } }
  assert.equal((await put('autonomy', '&question=pays', budget)).status, 200)
  assert.equal((await put('autonomy', '', budget)).status, 422, 'send is no action of the first question')
  const get = async (query: string) => (await world.call(`/ops/settings/policy?pod=clinic${query}`)).data
  assert.deepEqual(await get('&question=pays'), { version: 1, value: { threshold: 0.9 } })
  assert.deepEqual(await get(''), { version: 0, value: { threshold: 0.5 } })
  assert.equal((await send('claim.filed', {})).decisions[0].threshold, 0.9)
  assert.equal((await send('visit.booked', {})).decisions[0].threshold, 0.5)

  for (const [{ status, body }, names] of [
    [await put('policy', '&question=lasts', { threshold: 0.9 }), 'shows, pays'],
    [await setMode({ pod: 'clinic', question: 'lasts', action: '*', mode: 'stopped' }), 'shows, pays'],
    [await world.call('/ops/autonomy?question=lasts'), 'main, shows, pays'],
  ] as const) {
    assert.equal(status, 422)
    assert.ok(body.errors[0].path === 'question' && body.errors[0].message.endsWith(names), JSON.stringify(body))
  }
})

test('the overview and the gauges name every question', async () => {
  const { data } = await world.call('/ops/autonomy?pod=clinic')
  assert.deepEqual(
    data.pods.map(
      (one: { question: string; floor: number; actions: { action: string; budget: { alpha: number } }[] }) => [
        one.question,
        one.floor,
        ...one.actions.map(({ action, budget }) => `${action} ${budget.alpha}`),
      ],
    ),
    [
      ['shows', 0.5, 'remind 0.1', 'leave 0.1'],
      ['pays', 0.9, 'send 0.03', 'hold 0.1'],
    ],
  )
  const { text } = await world.call('/metrics')
  for (const action of ['question="shows",action="remind"', 'question="pays",action="send"'])
    assert.ok(text.includes(`autonomy_certified{pod="clinic",${action}} 0`), action)
})

test('what is recorded names its question', async () => {
  const { rows } = await world.app.db.read(['acme'], reader =>
    reader.query<{ pod: string; question: string; n: number }>(
      'select pod, question, count(*)::int as n from decisions group by pod, question order by pod collate "C", question collate "C"',
    ),
  )
  assert.deepEqual(
    rows.map(({ pod, question, n }) => `${pod} ${question} ${n}`),
    ['clinic pays 3', 'clinic shows 3', 'customer-ops main 1'],
  )
})
