import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pod } from '@surety/contract'
import { failing, heating, real } from '../../../tests/thermostats/pod.ts'
import { installed } from './pods.ts'
import { clinic } from './testing/clinic.ts'
import { startWorld } from './testing/start-world.ts'

/** Both questions hang on one alert, where one event raises both. */
const together = pod({
  ...heating,
  questions: [{ ...failing, hangs: { ...failing.hangs!, family: () => 'heat' }, askFrom: 0 }, real],
})
/** Two questions of one event with words of their own, and one in common. */
const words = { came: 1, stayed: 0, paid: 1, refused: 0, gone: 0 } as const
const ward = pod({
  ...clinic,
  name: 'ward',
  kinds: {
    'ward.asked': clinic.kinds['visit.referred']!,
    'ward.told': {
      ...clinic.kinds['case.ended']!,
      read(data) {
        const { id, word } = data as { id: string; word: keyof typeof words }
        const outcome = { outcome: word, label: words[word], source: 'reported' } as const
        return { ok: true, event: { caseId: id, payload: {}, outcome, ignored: [] } }
      },
    },
  },
  questions: [
    { ...clinic.questions[0], name: 'comes', words: ['came', 'stayed', 'gone'] as const, does: 'call' },
    { ...clinic.questions[1]!, name: 'pays_up', words: ['paid', 'refused', 'gone'] as const, does: 'bill' },
  ].map(({ words: [positive, ...negative], does, actions: { act }, ...question }) => ({
    ...question,
    on: ['ward.asked'],
    actions: { act: { ...act!, name: does } },
    outcomes: {
      words: { [positive]: 1, ...Object.fromEntries(negative.map(word => [word, 0 as const])) },
      positive,
      negative: negative[0]!,
    },
  })),
  report: (id, word) => ({ kind: 'ward.told', data: { id, word } }),
})
let clock = new Date('2027-03-01T12:00:00Z')
const world = await startWorld({ pods: [...installed.pods, together, clinic, ward], now: () => clock })
test.after(() => world[Symbol.asyncDispose]())

const minute = 60_000
let made = 0
const event = (type: string, data: object, ago = 0) => ({
  event_id: `e${made++}`,
  type,
  occurred_at: new Date(clock.getTime() - ago * minute).toISOString(),
  data,
})
const send = async (body: unknown) => {
  const answer = await world.call('/v1/events', { body })
  assert.ok(answer.status < 300, answer.text)
  return answer.data
}
const reading = (code: string, celsius: number, ago: number) => event('thermostat.reading', { code, celsius }, ago)
const alert = async (id: string) => (await world.call(`/v1/alerts/${id}`)).data

/** In hand, whichever case is handed out first. */
async function lease(ofPod: string, caseId: string): Promise<string> {
  const except: string[] = []
  for (;;) {
    const { data } = await world.call('/v1/inbox/next', { body: { pod: ofPod, except } })
    if (data.case === null) assert.fail(`nobody is handed ${caseId}`)
    if (data.case.case_id === caseId) return data.lease_token
    except.push(data.case.case_id)
    await world.call(`/v1/inbox/${data.case.case_id}/release`, { body: { lease_token: data.lease_token } })
  }
}
const finals = async (decisions: readonly { id: string }[]) =>
  Promise.all(
    decisions.map(async ({ id }) => {
      const { final } = (await world.call(`/v1/decisions/${id}/explain`)).data
      return `${final.state} ${final.reason}`
    }),
  )

/** An alert on which two questions wait. */
async function alertOfTwo(code: string) {
  const value = { code, room: 'hall', target: 20, tags: [], fitted: null }
  const body = { value, effective_from: '2027-01-01T00:00:00Z' }
  assert.equal((await world.call('/v1/entities/thermostat?pod=heating', { body })).status, 200)
  await send([reading(code, 20, 60), reading(code, 20, 50)])
  const { decisions } = await send(reading(code, 26, 40))
  const [both, ...others] = new Set(decisions.map((one: { case_id: string }) => one.case_id))
  assert.deepEqual([decisions.length, others.length], [2, 0])
  return { id: both as string, decisions }
}

test.before(async () => {
  // Without the draws that withhold what was decided.
  const key = await world.key('admin')
  for (const [of, question] of [
    ['heating', 'failing'],
    ['heating', 'real'],
    ['clinic', 'shows'],
    ['clinic', 'pays'],
  ]) {
    const path = `/ops/settings/autonomy?pod=${of}&question=${question}&apply=true`
    assert.equal((await world.call(path, { key, method: 'PUT', body: { hidden_share: 0 } })).status, 200)
  }
})

test('an alert stays open until every question on it has its outcome; what was told is asked no more', async () => {
  const { id } = await alertOfTwo('A')
  await send(event('heating.visited', { case: id, word: 'fine', of: 'real' }))
  assert.equal((await alert(id)).state, 'open')
  const { decisions } = await send(reading('A', 27, 30))
  assert.deepEqual(
    decisions.map((one: { [field: string]: string }) => [
      one['question'],
      one['case_id'] === id,
      one['state'],
      one['reason'],
    ]),
    [
      ['failing', true, 'suppressed', 'duplicate'],
      ['real', true, 'suppressed', 'outcome_known'],
    ],
  )
  clock = new Date(clock.getTime() + minute)
  await send(event('heating.visited', { case: id, word: 'broken', of: 'failing' }))
  const closed = await alert(id)
  assert.deepEqual([closed.state, closed.closed_at], ['closed', clock.toISOString()])
  assert.deepEqual(
    closed.timeline
      .filter(({ what }: { what: string }) => what === 'outcome')
      .map(({ question, state }: { question: string; state: string }) => [question, state]),
    [
      ['real', 'fine'],
      ['failing', 'broken'],
    ],
  )
})

test('a question that nobody asks is refused by the names there are', async () => {
  const { case_id } = await send(event('visit.referred', { days: 1 }))
  const refused = await world.call('/v1/events', {
    body: event('case.ended', { id: case_id, word: 'yes', of: 'lasts' }),
  })
  assert.equal(refused.status, 422, refused.text)
  assert.match(refused.text, /no question of clinic is called \\"lasts\\"; there are shows, pays/)
})

test('an answer holds a word for each question, and closes the alert with them', async () => {
  const { id, decisions } = await alertOfTwo('B')
  const token = await lease('heating', id)
  const answer = (body: object) =>
    world.call(`/v1/inbox/${id}/answer`, { body: { answer: 'decline', lease_token: token, ...body } })
  for (const [outcomes, path] of [
    [{ lasts: 'fine' }, 'outcomes.lasts'],
    [{ real: 'gone' }, 'outcomes.real'],
  ] as const) {
    const wrong = await answer({ outcomes })
    assert.deepEqual([wrong.status, wrong.body.errors?.[0].path], [422, path], wrong.text)
  }
  assert.equal((await alert(id)).state, 'open')
  const answered = await answer({ outcomes: { real: 'broken' }, outcome: 'fine', answers: { real: 'approve' } })
  assert.equal(answered.status, 200, answered.text)
  assert.deepEqual(
    answered.data.decisions.map((one: { [field: string]: string }) => [one['question'], one['outcome'], one['state']]),
    [
      ['failing', 'fine', 'logged'],
      ['real', 'broken', 'acted'],
    ],
  )
  assert.equal((await alert(id)).state, 'closed')
  const { rows } = await world.app.db.read(['acme'], db =>
    db.query(
      `select d.question, o.outcome from decisions d, latest_outcome('acme', 'heating', d.case_id, d.recorded_at, d.question) o
        where d.tenant_id = 'acme' and d.decision_id = any ($1::uuid[]) order by 1`,
      [decisions.map((one: { id: string }) => one.id)],
    ),
  )
  assert.deepEqual(rows, [
    { question: 'failing', outcome: 'fine' },
    { question: 'real', outcome: 'broken' },
  ])
})

test('what waits leaves the inbox when all of it is told: one by one, or together', async () => {
  const waits = async (id: string) =>
    (await world.call('/v1/inbox?pod=clinic')).data.items.some((one: { case_id: string }) => one.case_id === id)
  const one = await send(event('visit.referred', { days: 2 }))
  await send(event('case.ended', { id: one.case_id, word: 'yes', of: 'pays' }))
  assert.equal(await waits(one.case_id), true)
  await send(event('case.ended', { id: one.case_id, word: 'no', of: 'shows' }))
  assert.equal(await waits(one.case_id), false)
  assert.deepEqual(await finals(one.decisions), ['suppressed outcome_known', 'suppressed outcome_known'])
  const two = await send(event('visit.referred', { days: 2 }))
  await send(event('case.ended', { id: two.case_id, word: 'no' }))
  assert.equal(await waits(two.case_id), false)
})

test('of what waits in one place, what was told before the answer is not done, and before its time is over not missed', async () => {
  const one = await send(event('visit.referred', { days: 3 }))
  await send(event('case.ended', { id: one.case_id, word: 'no', of: 'shows' }))
  const token = await lease('clinic', one.case_id)
  const answered = await world.call(`/v1/inbox/${one.case_id}/answer`, {
    body: { answer: 'approve', lease_token: token },
  })
  assert.equal(answered.status, 200, answered.text)
  assert.deepEqual(await finals(one.decisions), ['suppressed outcome_known', 'acted approved_by_human'])

  const two = await send(event('visit.referred', { days: 3 }))
  await send(event('case.ended', { id: two.case_id, word: 'yes', of: 'pays' }))
  clock = new Date(clock.getTime() + 60 * 86_400_000)
  await world.call('/v1/inbox?pod=clinic')
  assert.deepEqual(await finals(two.decisions), ['expired queue_ttl', 'suppressed outcome_known'])
})

test('a word tells of the questions that know it: what waits of others waits on', async () => {
  const place = async (id: string) =>
    (await world.call('/v1/inbox?pod=ward')).data.items.find((one: { case_id: string }) => one.case_id === id)
  const told = async (id: string) =>
    (
      await world.app.db.read(['acme'], db =>
        db.query(
          `select question, outcome, label from outcomes where tenant_id = 'acme' and case_id = $1 order by seq, question`,
          [id],
        ),
      )
    ).rows
  const one = await send(event('ward.asked', { days: 1 }))
  await send(event('ward.told', { id: one.case_id, word: 'came' }))
  assert.deepEqual(await told(one.case_id), [{ question: 'comes', outcome: 'came', label: 1 }])
  assert.notEqual(await place(one.case_id), undefined)
  await send(event('ward.told', { id: one.case_id, word: 'refused' }))
  assert.equal(await place(one.case_id), undefined)
  const two = await send(event('ward.asked', { days: 1 }))
  await send(event('ward.told', { id: two.case_id, word: 'gone' }))
  assert.deepEqual(await told(two.case_id), [{ question: null, outcome: 'gone', label: 0 }])
  assert.equal(await place(two.case_id), undefined)
  const three = await send(event('ward.asked', { days: 1 }))
  const token = await lease('ward', three.case_id)
  const wrong = await world.call(`/v1/inbox/${three.case_id}/answer`, {
    body: { answer: 'decline', lease_token: token, outcomes: { pays_up: 'came' } },
  })
  assert.match(wrong.text, /must be one of paid, refused, gone/)
})
