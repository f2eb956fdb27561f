import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { verifyAudit } from './manage/audit/verify-audit.ts'
import { exampleModel } from './model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from './model/signature.ts'
import { openTestDatabase } from './store/test-database.ts'
import { letAct } from './testing/acting-core.ts'
import { startWorld, type World } from './testing/start-world.ts'

const { text: signingText } = makeSigningKey()
const stack = new AsyncDisposableStack()
let world: World
test.before(async () => {
  const database = stack.use(await openTestDatabase())
  // Before the service has read how they stand: it would hear of it a moment later.
  for (const tenant of ['acme', 'other']) await letAct(database.db, tenant)
  world = stack.use(
    await startWorld({ database, env: { MODEL_SIGNING_KEY: signingText, FOLLOWUP_RULE_TOP_P: '0.05' } }),
  )
  const model = signModel(
    exampleModel({ version: 1730483820, metrics: { auc: 0.8, auc_ci: [0.7, 0.9], n_train: 523 } }),
    readSigningKey(signingText),
  )
  const loaded = await world.call('/ops/reload-model', { body: model })
  assert.equal(loaded.status, 200, loaded.text)
})
test.after(() => stack.disposeAsync())

const lead = async (details: string, key?: string) =>
  (
    await world.call('/v1/lead', {
      body: { name: 'Jane Doe', email: 'jane@example.com', details },
      ...(key ? { key } : {}),
    })
  ).data

async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < 200; tries++) {
    const found = await look()
    if (found !== null) return found
    await sleep(20)
  }
  return assert.fail('it did not come')
}

const outbox = async (query = '', key?: string) =>
  (await world.call(`/ops/outbox${query}`, key ? { key } : {})).data as {
    items: { lead_id: string; text: string; step: string; channel: string }[]
    next: string | null
  }

test('a lead that is acted on is in the outbox a moment later, page by page, and nobody else sees it', async () => {
  const viewer = await world.key('viewer')
  const refused = await world.call('/ops/outbox', { key: viewer })
  assert.deepEqual([refused.status, refused.body.code], [403, 'forbidden'])
  const sent: string[] = []
  for (const details of ['need an estimate', 'a quote please', 'how much for a roof']) {
    const { lead_id, decision } = await lead(details)
    assert.deepEqual([decision.state, decision.reason], ['acted', 'threshold_mode'], JSON.stringify(decision))
    sent.push(lead_id)
  }
  const all = await until(async () => {
    const page = await outbox()
    return page.items.length === 3 ? page : null
  })
  assert.deepEqual(all.items.map(one => one.lead_id).sort(), [...sent].sort())
  assert.equal(all.next, null)
  assert.doesNotMatch(JSON.stringify(all), /jane/i)
  const seen: string[] = []
  let cursor = ''
  for (let page = 0; page < 3; page++) {
    const { items, next } = await outbox(`?limit=1${cursor}`)
    seen.push(items[0]!.lead_id)
    assert.equal(next === null, page === 2)
    cursor = `&cursor=${next}`
  }
  assert.deepEqual(
    seen,
    all.items.map(one => one.lead_id),
  )
  const stranger = await world.key('operator', 'other')
  assert.deepEqual((await outbox('', stranger)).items, [])
  const foreign = await world.call(`/ops/outbox?limit=1${(await firstCursor()).replace('?', '&')}`, { key: stranger })
  assert.deepEqual([foreign.status, foreign.body.code], [422, 'validation_failed'])

  async function firstCursor(): Promise<string> {
    return `?cursor=${(await outbox('?limit=1')).next}`
  }
})

test('a cancel before the act: counted, nothing sent, audited with the reason redacted', async () => {
  const key = await world.key('operator', 'other')
  const { lead_id } = await slowly(async () => lead('need an estimate', key))
  const answer = await world.call(`/v1/lead/${lead_id}/followups/cancel`, {
    key,
    body: { reason: 'I call 612-555-1212 myself' },
  })
  assert.deepEqual([answer.status, answer.data], [200, { lead_id, cancelled: 1 }])
  const again = await world.call(`/v1/lead/${lead_id}/followups/cancel`, { key, body: { reason: 'again' } })
  assert.equal(again.data.cancelled, 0)
  await sleep(100)
  assert.deepEqual((await outbox('', key)).items, [])
  await world.app.db.transaction(['other'], async db => {
    assert.equal((await verifyAudit(db, 'other')).ok, true)
    const { rows } = await db.query<{ action: string; reason: string; detail: unknown }>(
      `select action, reason, detail from audit where action = 'followups.cancelled' order by seq`,
    )
    assert.deepEqual(rows[0]?.detail, { cancelled: 1, lead_id })
    assert.match(rows[0]!.reason, /^I call \[PHONE:[0-9a-f]{10}\] myself$/)
  })
})

test('a requested review puts the lead before a person, whatever was done, and may come from an ingest key', async () => {
  const { lead_id } = await lead('need an estimate')
  await until(async () => ((await outbox()).items.some(one => one.lead_id === lead_id) ? true : null))
  const key = await world.key('ingest')
  const answer = await world.call(`/v1/lead/${lead_id}/review-request`, { key, body: { reason: 'they asked for it' } })
  assert.deepEqual(answer.data, { lead_id, state: 'queued', reason: 'review_requested', cancelled: 0 })
  await world.app.db.transaction(['acme'], async db => {
    const { rows } = await db.query(
      `select t.from_state, t.to_state, t.reason, i.state, i.reason as inbox from transitions t
        join inbox i using (tenant_id, case_id) where t.case_id = $1`,
      [lead_id],
    )
    assert.deepEqual(rows, [
      { from_state: 'acted', to_state: 'queued', reason: 'review_requested', state: 'open', inbox: 'review_requested' },
    ])
  })
  const { text } = await world.call('/metrics', { key: null })
  assert.match(
    text,
    /^decision_transition_total\{pod="customer-ops",question="main",from="acted",to="queued",reason="review_requested"\} 1$/m,
  )
  assert.match(text, /^act_total\{pod="customer-ops",question="main",action="start_followup",result="done"\} [1-9]/m)
})

test('what is refused: unknown leads and leads of others alike, no reason, roles too low', async () => {
  const { lead_id } = await lead('need an estimate')
  const stranger = await world.key('operator', 'other')
  const viewer = await world.key('viewer')
  for (const path of ['followups/cancel', 'review-request']) {
    const post = (id: string, body: unknown, key?: string) =>
      world.call(`/v1/lead/${id}/${path}`, { body, ...(key ? { key } : {}) })
    const unknown = await post('L1730483820123-ffffff', { reason: 'x' })
    const foreign = await post(lead_id, { reason: 'x' }, stranger)
    for (const answer of [unknown, foreign])
      assert.deepEqual([answer.status, answer.body.code], [404, 'lead_not_found'])
    assert.equal((await post(lead_id, {})).body.code, 'validation_failed')
    assert.equal((await post(lead_id, { reason: '  ' })).body.code, 'reason_required')
    assert.equal((await post(lead_id, { reason: 'x' }, viewer)).status, 403)
  }
  assert.equal(
    (
      await world.call(`/v1/lead/${lead_id}/followups/cancel`, {
        body: { reason: 'x' },
        key: await world.key('ingest'),
      })
    ).status,
    403,
  )
})

/** What is decided meanwhile is not due for an hour. */
async function slowly<T>(work: () => Promise<T>): Promise<T> {
  const client = await world.app.db.owner.connect()
  // The service looks for what is due meanwhile; it and a change of the table may each wait for the other.
  const changed = async (sql: string): Promise<unknown> =>
    client.query(sql).catch(error => {
      if (error.code === '40P01') return changed(sql)
      throw error
    })
  try {
    await client.query(`select set_config('surety.tenants', 'other', false)`)
    await client.query(`create function wait_for_it() returns trigger language plpgsql as $$ begin
      update acts set not_before = now() + interval '1 hour' where decision_id = new.decision_id; return new; end $$`)
    await changed('create trigger wait_for_it after insert on acts for each row execute function wait_for_it()')
    try {
      return await work()
    } finally {
      await changed('drop trigger wait_for_it on acts')
    }
  } finally {
    await client.end()
  }
}
