import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { JsonObject } from '@surety/contract'
import { pino } from 'pino'
import { openApp } from './app.ts'
import { makeReceipt, publicKeyOf } from './commands/receipt-tools.ts'
import { startWorld, type World } from './testing/start-world.ts'

// The whole of "decide without a person" as its user meets it: through the door alone, from an empty installation on.
let world: World
const dayMs = 86_400_000
/** Outcomes take days, and nobody waits for them here. */
let aheadMs = 0
const now = (): Date => new Date(Date.now() + aheadMs)
let admin: string
test.before(async () => {
  world = await startWorld({ now })
  admin = await world.key('admin')
})
test.after(() => world[Symbol.asyncDispose]())

const until = async <T>(look: () => Promise<T | null | undefined | false>): Promise<T> => {
  const end = performance.now() + 20_000
  for (;;) {
    const found = await look()
    if (found) return found
    assert.ok(performance.now() < end, 'it did not come about in 20 s')
    await wait(30)
  }
}
const put = (name: string, body: JsonObject) =>
  world.call(`/ops/settings/${name}?apply=true`, { method: 'PUT', body, key: admin })
const action = async (place: 0 | 1) => (await world.call('/ops/autonomy?pod=customer-ops')).data.pods[0].actions[place]
const gauge = async (name: string) => {
  await world.app.refreshFigures()
  return (await world.call('/metrics', { key: null })).text.split('\n').find(line => line.startsWith(`${name} `))
}

let sent = 0
const leadEvent = (budget: number) => ({
  event_id: `lead-${sent++}`,
  type: 'lead.created',
  occurred_at: now().toISOString(),
  data: { name: 'Jane Doe', email: `jane${sent}@example.com`, details: 'a quote please', attributes: { budget } },
})
/** Every budget equally often, in no order. */
const budgetOf = (i: number): number => (i * 37) % 100
/** Much money books, little does not, and in between nobody knows. */
const books = (i: number): boolean => (budgetOf(i) >= 40 && budgetOf(i) < 75 ? i % 2 === 0 : budgetOf(i) >= 75)

const lead = async (budget: number) => {
  const { data } = await world.call('/v1/lead', { body: leadEvent(budget).data })
  return { ...data.decision, lead_id: data.lead_id }
}
/** Most leads are done by themselves; one in fifty is drawn for a person. */
const actedLead = () =>
  until(async () => {
    const decision = await lead(95)
    return decision.state === 'acted' ? decision : null
  })

test('without a model everything is asked; leads with their outcomes make a model and its certificate', async () => {
  assert.equal((await put('attributes', { attributes: [{ name: 'budget', kind: 'numeric' }] })).status, 200)
  assert.equal((await put('autonomy', { hidden_share: 0 })).data.version, 1)
  assert.equal((await action(0)).shortfall.code, 'no_model')
  // One key posts the leads and tells what became of them: only because an admin says so do its outcomes count as a person's.
  const crm = (await world.key('operator')).split('_')[1]
  const marked = await world.call(`/ops/keys/${crm}`, { method: 'PATCH', body: { system_of_record: true }, key: admin })
  assert.equal(marked.data.system_of_record, true)
  const reasons = async (): Promise<readonly string[]> => {
    const from = sent
    const leads = Array.from({ length: 600 }, (_, i) => leadEvent(budgetOf(i)))
    const { data } = await world.call('/v1/events', { body: leads })
    aheadMs += dayMs
    const outcomes = data.items.map((item: { case_id: string }, i: number) => ({
      event_id: `outcome-${from + i}`,
      type: 'lead.outcome',
      occurred_at: now().toISOString(),
      data: { lead_id: item.case_id, outcome: books(i) ? 'booked' : 'ghosted' },
    }))
    assert.equal((await world.call('/v1/events', { body: outcomes })).status, 200)
    // They took a day, and no lead is taken as settled before a week.
    aheadMs += 6 * dayMs
    return [...new Set<string>(data.items.map((item: { decision: { reason: string } }) => item.decision.reason))]
  }
  assert.deepEqual(await reasons(), ['no_model'])
  const trained = await world.call('/ops/retrain?reason=first', { method: 'POST', key: admin })
  assert.equal(trained.data.accepted, true, trained.data.sentence)
  // A record begins, and counts what the model decides from now on.
  await world.app.refreshAutonomy()
  assert.deepEqual([(await action(0)).record.rows, (await action(0)).shortfall.code], [0, 'too_few_labels'])
  assert.deepEqual(await reasons(), ['not_certified'])
  // The hourly look finds them grown up.
  const start = await until(async () => {
    await world.app.refreshAutonomy()
    const found = await action(0)
    return found.certificate === null ? null : found
  })
  assert.ok(start.certificate.upper <= start.budget.alpha)
  const { data: signed } = await world.call(`/ops/certificates/${start.certificate.id}`)
  assert.deepEqual([signed.verdict.ok, signed.verdict.state], [true, 'in_force'])
  assert.equal((await world.call('/v1/calibration')).data.rows.held_out, 120)
  // Its case is closed soon after the outcome was answered for; until then no door hands it out.
  await until(async () => ((await world.call('/v1/inbox')).data.counts.open === 0 ? true : null))
})

test('what is certified is done at once, explained, proven offline, and found by another process', async () => {
  const { id, lead_id, certified } = await actedLead()
  assert.equal(certified, true)
  await until(async () => {
    const { items } = (await world.call('/ops/outbox')).data
    return items.some((item: { lead_id: string }) => item.lead_id === lead_id)
  })
  const { data } = await world.call(`/v1/decisions/${id}/explain`)
  assert.deepEqual([data.why_not_automatic, data.explanation.features[0].feature], [[], 'attr.budget'])
  // Another process on the same database and keys: what a restart finds.
  {
    await using again = await openApp(world.app.config, { logger: pino({ level: 'silent' }), jobs: false, now })
    assert.equal((await again.cases.get('acme', lead_id)).decision?.state, 'acted')
  }
  const receipt = await until(async () => {
    const file = await makeReceipt(world.app.config, 'acme', id)
    return typeof file === 'string' ? null : file
  })
  const verify = async (file: JsonObject) => {
    const [path, key] = [join(world.dataDir, 'receipt.json'), join(world.dataDir, 'key.txt')]
    await writeFile(path, JSON.stringify(file))
    await writeFile(key, await publicKeyOf(world.app.config))
    const program = fileURLToPath(new URL('../../../bin/verify-receipt.mjs', import.meta.url))
    return spawnSync(process.execPath, [program, path, '--key', key], { encoding: 'utf8' })
  }
  assert.equal((await verify(receipt)).status, 0)
  const record = { ...(receipt['record'] as JsonObject), state: 'queued' }
  assert.equal((await verify({ ...receipt, record })).status, 1)
})

test('a stop holds with its answer, whoever keeps sending', async () => {
  const order = (mode: string) =>
    world.call('/ops/mode', { body: { pod: 'customer-ops', action: '*', mode, reason: 'wrong prices' }, key: admin })
  let answered = false
  const late: string[] = []
  const sending = (async () => {
    while (late.length < 5) {
      const after = answered
      const { state } = await lead(95)
      if (after) late.push(state)
    }
  })()
  assert.equal((await order('stopped')).status, 200)
  answered = true
  await sending
  assert.deepEqual([...new Set(late)], ['suppressed'])
  assert.equal((await order('acting')).status, 200)
  await actedLead()
})

test('an unsure case is asked: answered, taken back, answered with its outcome; the rest in bulk', async () => {
  const asked = await Promise.all(Array.from({ length: 6 }, () => lead(57)))
  assert.deepEqual(new Set(asked.map(one => one.state)), new Set(['queued']))
  const next = async () => (await world.call('/v1/inbox/next', { body: {} })).data
  const held = await next()
  const id = held.case.case_id
  const answer = (lease_token: string, more = {}) =>
    world.call(`/v1/inbox/${id}/answer`, { body: { answer: 'approve', lease_token, ...more } })
  assert.equal((await answer(held.lease_token)).status, 200)
  assert.equal((await answer(held.lease_token)).body.code, 'case_closed')
  const undone = await world.call(`/v1/inbox/${id}/undo`, { method: 'POST' })
  assert.deepEqual([undone.status, undone.data.state], [200, 'queued'])
  assert.equal((await answer(undone.data.lease_token, { outcome: 'ghosted' })).data.outcome, 'ghosted')
  const query = { pod: 'customer-ops', query: {}, answer: 'decline', reason: 'the fair is over' }
  const { count, preview_token } = (await world.call('/v1/inbox/bulk', { body: query })).data
  const done = (await world.call('/v1/inbox/bulk', { body: { ...query, preview_token } })).data
  assert.deepEqual([done.applied, done.count, done.changed], [true, count, 0])
  assert.equal((await world.call('/v1/inbox')).data.counts.open, 0)
})

test('predictions from elsewhere calibrate; the gauges say what holds, and nothing was lost', async () => {
  const prediction = Array.from({ length: 100 }, (_, i) => i / 100)
  const body = { prediction, actual: prediction.map(p => (p >= 0.5 ? 1 : 0)) }
  assert.equal((await world.call('/v1/calibration', { body, key: admin })).data.stored, 100)
  const certified = 'autonomy_certified{pod="customer-ops",question="main",action="start_followup"}'
  await until(async () => (await gauge(certified)) === `${certified} 1`)
  assert.equal(await gauge('lead_conservation_imbalance'), 'lead_conservation_imbalance 0')
})
