import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startWorld, type World } from './testing/start-world.ts'

const clock = { now: new Date('2026-03-10T09:00:00Z') }
const later = (seconds: number) => {
  clock.now = new Date(clock.now.getTime() + seconds * 1000)
}
let world: World
test.before(async () => {
  world = await startWorld({ now: () => clock.now })
})
test.after(() => world[Symbol.asyncDispose]())

const query = (sql: string, values: unknown[] = [], tenant = 'acme') =>
  world.app.db.transaction([tenant], db => db.query<{ [column: string]: unknown }>(sql, values))

async function lead(details = 'metal roof', options: { key?: string } = {}): Promise<string> {
  const { data } = await world.call('/v1/lead', {
    body: { name: 'Jane Doe', phone: '612-555-1212', details },
    ...options,
  })
  return data.lead_id
}
const shown = (id: string) => query('update inbox set blinded = false where case_id = $1', [id])
const next = (body: object = {}, key?: string) =>
  world.call('/v1/inbox/next', { body, ...(key === undefined ? {} : { key }) })

test('an empty inbox hands out nothing and says so', async () => {
  const bare = await world.call('/v1/inbox/next', { method: 'POST' })
  assert.deepEqual([bare.status, bare.data.case], [200, null], 'a body is not needed')
  const answer = await next()
  assert.deepEqual([answer.status, answer.data.case, answer.data.lease_token], [200, null, null])
  assert.deepEqual(answer.data.counts, { open: 0, leased: 0, overdue: 0, expiring_today: 0, oldest: null })
  assert.equal(answer.data.as_of, clock.now.toISOString())
})

test('a queued lead is handed out, approved with its outcome, shown as acted, and put back by undo', async () => {
  const id = await lead('URGENT: need an estimate today, call 612-555-1212')
  await shown(id)
  const { data: waiting } = await world.call('/v1/inbox')
  assert.deepEqual([waiting.counts.open, waiting.items.length, waiting.items[0].case_id], [1, 1, id])
  assert.deepEqual(
    [waiting.items[0].reason, waiting.items[0].urgency, waiting.items[0].due_at],
    ['no_model', 'high', new Date(clock.now.getTime() + 15 * 60_000).toISOString()],
  )
  assert.match(waiting.items[0].summary, /call \[PHONE:[0-9a-f]{10}\]$/)

  const { data: leased } = await next({ order: 'unlock' })
  assert.equal(leased.case.case_id, id)
  later(20)
  const body = { answer: 'approve', lease_token: leased.lease_token, notes: 'said 612-555-1212 is right' }
  const headers = { 'idempotency-key': 'answer-1' }
  const answered = await world.call(`/v1/inbox/${id}/answer`, { body, headers })
  assert.deepEqual([answered.status, answered.data.state, answered.data.seconds], [200, 'acted', 20])
  const again = await world.call(`/v1/inbox/${id}/answer`, { body, headers })
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  assert.deepEqual(again.data, answered.data)
  const { rows } = await query('select notes from inbox where case_id = $1', [id])
  assert.match(String(rows[0]?.['notes']), /\[PHONE:/)

  const { data: detail } = await world.call(`/v1/lead/${id}`)
  assert.deepEqual([detail.decision.state, detail.decision.reason], ['acted', 'approved_by_human'])
  assert.deepEqual(
    detail.followups.map((one: { action: string; state: string }) => [one.action, one.state]),
    [['start_followup', 'pending']],
  )
  later(10)
  const undone = await world.call(`/v1/inbox/${id}/undo`, { body: { reason: 'wrong one' } })
  assert.deepEqual([undone.status, undone.data.state], [200, 'queued'])
  assert.equal((await world.call(`/v1/lead/${id}`)).data.decision.state, 'queued')
  const second = await world.call(`/v1/inbox/${id}/answer`, {
    body: { answer: 'decline', lease_token: undone.data.lease_token, outcome: 'unqualified' },
  })
  assert.deepEqual([second.status, second.data.state, second.data.outcome], [200, 'suppressed', 'unqualified'])
  const outcomes = await query('select outcome, label, source, quality from outcomes where case_id = $1', [id])
  assert.deepEqual(outcomes.rows, [{ outcome: 'unqualified', label: 0, source: 'reported', quality: 'human' }])
  assert.deepEqual((await next()).data.case, null)
})

test('the quality of a label is never read from a body', async () => {
  const id = await lead()
  const body = { outcome: 'booked', quality: 'audit' }
  assert.equal((await world.call(`/v1/lead/${id}/outcome`, { body })).status, 200)
  const { rows } = await query('select quality from outcomes where case_id = $1', [id])
  assert.deepEqual(rows, [{ quality: 'human' }])
  assert.equal((await next()).data.case, null, 'and its case is handed to nobody')
  // It is closed by whoever is first, the door or what follows a batch: the other one leaves it to them.
  const reason = async () => (await world.call(`/v1/lead/${id}`)).data.decision.reason
  for (let n = 0; n < 500 && (await reason()) !== 'outcome_known'; n++) await wait(10)
  assert.equal(await reason(), 'outcome_known')
})

test('a row of the table is asked and answered like a lead', async () => {
  const settings = { columns: [{ name: 'amount', kind: 'numeric' }] }
  await query(
    `insert into settings (tenant_id, pod, name, version, value, recorded_at, actor) values ('acme', 'table', 'policy', 1, $1, $2, 'test')`,
    [JSON.stringify(settings), clock.now],
  )
  const sent = await world.call('/v1/events', {
    body: [
      {
        event_id: 'r1',
        type: 'row.recorded',
        occurred_at: clock.now.toISOString(),
        data: { row_id: '7', columns: {} },
      },
    ],
  })
  assert.equal(sent.status, 200)
  assert.equal(sent.data.items?.[0]?.status, 'recorded', sent.text)
  const leased = await next({ pod: 'table' })
  assert.deepEqual([leased.data.case.case_id, leased.data.case.pod], ['7', 'table'])
  const body = { answer: 'approve', lease_token: leased.data.lease_token, outcome: 'positive' }
  assert.equal((await world.call('/v1/inbox/7/answer', { body })).status, 200)
  const { rows } = await query(`select outcome, label from outcomes where case_id = '7'`)
  assert.deepEqual(rows, [{ outcome: 'positive', label: 1 }])
})

test('what is wrong with a request is said by field; roles, other tenants and unknown cases are kept apart', async () => {
  const id = await lead()
  const uuid = '0b8a5f0e-0c3c-4f0e-9a57-3c7b3c1f2d10'
  const good = { answer: 'approve', lease_token: uuid }
  const bulk = { pod: 'customer-ops', query: {}, answer: 'decline', reason: 'test' }
  const table: readonly [string, unknown, number, string][] = [
    [`/v1/inbox/${id}/answer`, { ...good, answer: 'maybe' }, 422, 'validation_failed'],
    [`/v1/inbox/${id}/answer`, { ...good, notes: 'x'.repeat(501) }, 422, 'validation_failed'],
    [`/v1/inbox/${id}/answer`, { ...good, lease_token: 'x' }, 422, 'validation_failed'],
    [`/v1/inbox/${id}/answer`, { answer: 'approve' }, 422, 'validation_failed'],
    [`/v1/inbox/${id}/answer`, { ...good, quality: 'audit' }, 422, 'validation_failed'],
    [`/v1/inbox/${id}/answer`, good, 409, 'lease_lost'],
    [`/v1/inbox/${id}/extend`, { lease_token: uuid }, 409, 'lease_lost'],
    [`/v1/inbox/${id}/release`, { lease_token: uuid }, 409, 'lease_lost'],
    [`/v1/inbox/${id}/undo`, {}, 409, 'not_answered'],
    ['/v1/inbox/L0000000000000-000000/answer', good, 404, 'case_not_found'],
    ['/v1/inbox/%00/undo', {}, 404, 'case_not_found'],
    ['/v1/inbox/next', { order: 'newest' }, 422, 'validation_failed'],
    ['/v1/inbox/next', { pod: 'nothing' }, 422, 'validation_failed'],
    ['/v1/inbox/next', { except: 'x' }, 422, 'validation_failed'],
    ['/v1/inbox/next', { except: ['a\0b'] }, 422, 'validation_failed'],
    [`/v1/inbox/${id}/undo`, { reason: 'a\0b' }, 422, 'validation_failed'],
    [`/v1/inbox/${id}/answer`, { ...good, notes: 'a\0b' }, 422, 'validation_failed'],
    ['/v1/inbox/bulk', { ...bulk, reason: '  ' }, 422, 'reason_required'],
    ['/v1/inbox/bulk', { ...bulk, query: { probability_from: 2 } }, 422, 'validation_failed'],
    ['/v1/inbox/bulk', { ...bulk, query: { older_than: 'yesterday' } }, 422, 'validation_failed'],
    ['/v1/inbox/bulk', { ...bulk, query: { reason: 'a\0b' } }, 422, 'validation_failed'],
    ['/v1/inbox/bulk', { ...bulk, outcome: 'lost' }, 422, 'invalid_outcome'],
    ['/v1/inbox/bulk', { ...bulk, preview_token: 'x' }, 422, 'preview_invalid'],
  ]
  for (const [path, body, status, code] of table) {
    const answer = await world.call(path, { body })
    assert.deepEqual([answer.status, answer.body.code], [status, code], `${path} ${JSON.stringify(body)}`)
  }
  for (const path of ['/v1/inbox?limit=0', '/v1/inbox?limit=201', '/v1/inbox?order=x', '/v1/inbox?cursor=x'])
    assert.equal((await world.call(path)).body.code, 'validation_failed', path)
  const viewer = await world.key('viewer')
  const counted = await world.call('/v1/inbox', { key: viewer })
  assert.deepEqual([counted.data.items, counted.data.counts.open], [[], 1])
  assert.equal((await next({}, viewer)).status, 403)

  const stranger = await world.key('operator', 'globex')
  const unknown = await world.call(`/v1/inbox/${id}/answer`, { body: good, key: stranger })
  const nowhere = await world.call('/v1/inbox/L0000000000000-000000/answer', { body: good, key: stranger })
  assert.deepEqual([unknown.status, unknown.body.detail], [nowhere.status, nowhere.body.detail])
  assert.equal((await world.call('/v1/inbox', { key: stranger })).data.counts.open, 0)
  assert.equal((await next({}, stranger)).data.case, null)
})

test('a withheld case tells nothing over HTTP until it is answered', async () => {
  const id = await lead('hidden roof')
  await query('update inbox set blinded = true, audit = true where case_id = $1', [id])
  const leased = await next()
  const taken = leased.data.case.case_id === id ? leased : await next({ except: [leased.data.case.case_id] })
  const { data: list } = await world.call('/v1/inbox')
  const item = list.items.find((one: { case_id: string }) => one.case_id === id)
  assert.deepEqual([item.opinion, item.reason, item.unlocks], ['withheld', 'withheld', null])
  const admin = await world.key('admin')
  const { data: detail } = await world.call(`/v1/lead/${id}`, { key: admin })
  assert.deepEqual(
    [detail.decision.opinion, detail.decision.reason, detail.decision.propensity, detail.decision.interval],
    ['withheld', 'withheld', null, null],
  )
  assert.ok(taken.status === 200)
})

test('the metrics count what waits and what was answered, by few labels', async () => {
  later(10)
  const text = (await world.call('/metrics', { key: null })).text
  assert.match(text, /^inbox_open\{pod="customer-ops",question="main"\} \d+$/m)
  assert.match(text, /^inbox_overdue\{pod="customer-ops",question="main"\} \d+$/m)
  assert.match(text, /^inbox_leased\{pod="customer-ops",question="main"\} \d+$/m)
  const sum = (pattern: RegExp) => [...text.matchAll(pattern)].reduce((total, found) => total + Number(found[1]), 0)
  assert.equal(sum(/^inbox_answers_total\{pod="[\w-]+",question="main",answer="approve",quality="human"\} (\d+)$/gm), 2)
  assert.equal(sum(/^inbox_answer_seconds_count\{pod="[\w-]+",question="main"\} (\d+)$/gm), 3)
})
