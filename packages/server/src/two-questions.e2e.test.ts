import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { installed } from './pods.ts'
import { countStates } from './store/conservation.ts'
import { clinic } from './testing/clinic.ts'
import { startWorld } from './testing/start-world.ts'

const world = await startWorld({ pods: [...installed.pods, clinic] })
after(() => world[Symbol.asyncDispose]())
const admin = await world.key('admin')

let events = 0
const sent = new Set<string>()
const send = async (type: string, data: object, event_id = `e-${++events}`) => {
  const body = { type, event_id, occurred_at: new Date().toISOString(), data }
  // Whoever answers the inbox is not told again what is to be judged unseen.
  const key = await world.key(sent.has(event_id) ? 'ingest' : 'operator')
  sent.add(event_id)
  const { status, data: answer } = await world.call('/v1/events', { body, key })
  assert.ok(status === 201 || status === 200, JSON.stringify(answer))
  return answer
}
const ends = (answer: { decisions: { question: string; state: string; reason: string }[] }) =>
  answer.decisions.map(({ question, state, reason }) => `${question}: ${state} ${reason}`)
const put = (name: string, query: string, body: object) =>
  world.call(`/ops/settings/${name}?pod=clinic${query}&apply=true`, { key: admin, method: 'PUT', body })
const setMode = (body: object) => world.call('/ops/mode', { key: admin, body: { reason: 'test', ...body } })

/** In hand, whichever case is handed out first. */
async function leaseOf(caseId: string): Promise<string> {
  const except: string[] = []
  for (;;) {
    const { data } = await world.call('/v1/inbox/next', { body: { pod: 'clinic', except } })
    if (data.case === null) assert.fail(`nobody is handed ${caseId}`)
    if (data.case.case_id === caseId) return data.lease_token
    except.push(data.case.case_id)
    await world.call(`/v1/inbox/${data.case.case_id}/release`, { body: { lease_token: data.lease_token } })
  }
}

/** Decisions of the pod that the tables cannot account for. */
async function lost(expected: number): Promise<void> {
  const day = 86_400_000
  const states = await world.app.db.transaction(['acme'], handle =>
    countStates(handle, 'acme', 'clinic', new Date(Date.now() - day), new Date(Date.now() + day)),
  )
  assert.equal(
    states.reduce((sum, state) => sum + state.lost, 0),
    expected,
  )
}

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

test('one event asks two questions: two decisions on one case, one place in the inbox, one answer with a word for each', async () => {
  const referred = await send('visit.referred', { days: 5 })
  assert.deepEqual(ends(referred), ['shows: queued no_model', 'pays: queued no_model'])
  const [shows, pays] = referred.decisions
  const again = await send('visit.referred', { days: 5 }, referred.event_id)
  assert.deepEqual(again.decisions, referred.decisions)

  const waiting = async () =>
    (await world.call('/v1/inbox?pod=clinic')).data.items.filter(
      (one: { case_id: string }) => one.case_id === referred.case_id,
    )
  const [item, ...more] = await waiting()
  assert.equal(more.length, 0)
  assert.deepEqual(
    item.decisions.map(({ id, question, asks, action }: { [field: string]: string }) => [id, question, asks, action]),
    [
      [shows.id, 'shows', 'Will the patient come?', 'remind'],
      [pays.id, 'pays', 'Will the insurer pay?', 'send'],
    ],
  )
  const leased = await leaseOf(referred.case_id)
  const answer = (body: object) =>
    world.call(`/v1/inbox/${referred.case_id}/answer`, { body: { answer: 'decline', lease_token: leased, ...body } })
  const wrong = await answer({ answers: { lasts: 'approve' } })
  assert.deepEqual([wrong.status, wrong.body.errors[0].path], [422, 'answers.lasts'])
  const { status, data } = await answer({ answers: { shows: 'approve' } })
  assert.equal(status, 200, JSON.stringify(data))
  assert.deepEqual(
    data.decisions.map((one: { [field: string]: string }) => [
      one['question'],
      one['answer'],
      one['state'],
      one['act'],
    ]),
    [
      ['shows', 'approve', 'acted', 'remind'],
      ['pays', 'decline', 'logged', null],
    ],
  )
  assert.equal((await waiting()).length, 0)
  const finals = await Promise.all([shows, pays].map(({ id }) => world.call(`/v1/decisions/${id}/explain`)))
  assert.deepEqual(
    finals.map(({ data: found }) => found.final.state),
    ['acted', 'logged'],
  )
  const undone = await world.call(`/v1/inbox/${referred.case_id}/undo`, { method: 'POST', body: {} })
  assert.equal(undone.status, 200, JSON.stringify(undone.body))
  assert.deepEqual(undone.data.case.decisions.length, 2)
  const back = await Promise.all([shows, pays].map(({ id }) => world.call(`/v1/decisions/${id}/explain`)))
  assert.deepEqual(
    back.map(({ data: found }) => found.final.state),
    ['queued', 'queued'],
  )
  await send('case.ended', { id: referred.case_id, word: 'no' })
  await lost(0)
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
  assert.deepEqual(await get('&question=pays'), { version: 1, value: { threshold: 0.9, maturity_floor_days: 0 } })
  assert.deepEqual(await get(''), { version: 0, value: { threshold: 0.5, maturity_floor_days: 0 } })
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
    ['clinic pays 4', 'clinic shows 4', 'customer-ops main 1'],
  )
})

test('what is counted of a question carries its name; what speaks of the pod as a whole says so', async () => {
  const { text } = await world.call('/metrics')
  for (const series of [
    'inbox_answers_total{pod="clinic",question="shows",answer="decline",quality="human"}',
    'decision_transition_total{pod="clinic",question="pays",from="queued",to="logged",reason="declined_by_human"} 1',
    'inbox_open{pod="clinic",question="*"}',
    'inbox_open{pod="table",question="main"}',
  ])
    assert.ok(text.includes(series), series)
  assert.doesNotMatch(text, /pod="clinic",question="main"/)
})
