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
import { runDirectly } from './runtime/run-task.ts'
import { startWorld, type World } from './testing/start-world.ts'

// The whole of "decide without a person" as its user meets it: through the door alone, from an empty installation on.
let world: World
const said: {
  readonly event: string
  readonly action?: string
  readonly why?: string
  readonly certificate?: string
}[] = []
const dayMs = 86_400_000
/** Outcomes take days, and nobody waits for them here. */
let aheadMs = 0
const now = (): Date => new Date(Date.now() + aheadMs)
let admin: string
test.before(async () => {
  world = await startWorld({ now, onLine: line => void said.push(JSON.parse(line)) })
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
const patch = (name: string, body: JsonObject) =>
  world.call(`/ops/settings/${name}?apply=true`, { method: 'PATCH', body, key: admin })
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
/** Most leads are done by themselves; one in a thousand is drawn for a person. */
const actedLead = () =>
  until(async () => {
    const decision = await lead(95)
    return decision.state === 'acted' ? decision : null
  })

/** Leads of these budgets come in, and of those that book a day later that is told, and of nobody else anything. */
async function leadsCome(budgets: readonly number[], booked: (i: number) => boolean = books) {
  const { data } = await world.call('/v1/events', { body: budgets.map(leadEvent) })
  const items: { readonly case_id: string; readonly decision: JsonObject }[] = data.items
  aheadMs += dayMs
  const outcomes = items.flatMap(({ case_id: lead_id }, i) =>
    booked(i)
      ? [
          {
            event_id: `booked-${lead_id}`,
            type: 'lead.outcome',
            occurred_at: now().toISOString(),
            data: { lead_id, outcome: 'booked' },
          },
        ]
      : [],
  )
  if (outcomes.length > 0) assert.equal((await world.call('/v1/events', { body: outcomes })).status, 200)
  return items.map(({ case_id, decision }) => ({ case_id, ...(decision as { state: string; reason: string }) }))
}
const tenants = async () => ['acme']
/** Three days of silence speak, and after seven no lead is too young to count. */
async function silence(): Promise<void> {
  aheadMs += 3 * dayMs
  await runDirectly(world.app.silence.tasks[0], now(), tenants)
  aheadMs += 3 * dayMs
}
const spread = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => budgetOf(i))
const outcomesOf = async (id: string) =>
  (await world.call(`/v1/lead/${id}`)).data.outcomes.map((one: { outcome: string }) => one.outcome)
/** What became of the action; the other side of the question is certified when its own cases are enough. */
const auditLog = async (): Promise<readonly string[]> => {
  const { rows } = await world.app.db.transaction(['acme'], db =>
    db.query<{ action: string }>(
      `select action from audit where action like 'autonomy.%' and detail->>'action' = 'start_followup' order by seq`,
    ),
  )
  return rows.map(row => row.action)
}
const program = fileURLToPath(new URL('../../../bin/verify-receipt.mjs', import.meta.url))
async function verify(file: JsonObject): Promise<number | null> {
  const [path, key] = [join(world.dataDir, 'proof.json'), join(world.dataDir, 'key.txt')]
  await writeFile(path, JSON.stringify(file))
  await writeFile(key, await publicKeyOf(world.app.config))
  return spawnSync(process.execPath, [program, path, '--key', key], { encoding: 'utf8' }).status
}

test('the life of an action: lead door, silence, night, certificate, acts, audit, monitor, suspension, armed again', async () => {
  assert.equal((await patch('attributes', { attributes: [{ name: 'budget', kind: 'numeric' }] })).status, 200)
  assert.equal((await patch('autonomy', { hidden_share: 0 })).data.version, 1)
  // Nothing is drawn for people but where the story says so.
  assert.equal((await patch('autonomy', { actions: { start_followup: { audit_rate: 0.001 } } })).data.version, 2)
  assert.equal((await patch('policy', { silence_days: 3 })).data.version, 1)
  assert.equal((await action(0)).shortfall.code, 'no_model')
  // One key posts the leads and tells what became of them: only because an admin says so do its outcomes count as a person's.
  const crm = (await world.key('operator')).split('_')[1]
  const marked = await world.call(`/ops/keys/${crm}`, { method: 'PATCH', body: { system_of_record: true }, key: admin })
  assert.equal(marked.data.system_of_record, true)

  // The lead door: without a model all is asked.
  const first = await leadsCome(spread(600))
  assert.deepEqual([...new Set(first.map(one => `${one.state} ${one.reason}`))], ['queued no_model'])

  // Silence: only bookings were reported, and after three days it says of the others that they will not.
  const [poor, rich] = [first[0]!.case_id, first[5]!.case_id]
  assert.deepEqual(await outcomesOf(poor), [])
  await silence()
  assert.deepEqual(await outcomesOf(poor), ['ghosted'])
  assert.deepEqual(await outcomesOf(rich), ['booked'])

  // Night: a model is learned of both, and a record begins that counts what it decides from now on.
  const [night] = await runDirectly(world.app.nightly, now(), tenants)
  assert.equal(night?.verdict['accepted'], true, JSON.stringify(night))
  await world.app.refreshAutonomy()
  assert.deepEqual([(await action(0)).record.rows, (await action(0)).shortfall.code], [0, 'too_few_labels'])
  const scored = await leadsCome(spread(600))
  assert.deepEqual([...new Set(scored.map(one => one.reason))], ['not_certified'])

  // Certificate: the hourly look finds them grown up.
  await silence()
  const start = await until(async () => {
    await world.app.refreshAutonomy()
    const found = await action(0)
    return found.certificate === null ? null : found
  })
  assert.ok(start.certificate.upper <= start.budget.alpha)
  const certificate = async () => (await world.call(`/ops/certificates/${start.certificate.id}`)).data
  const { verdict, ...signed } = await certificate()
  assert.deepEqual([verdict.ok, verdict.state], [true, 'in_force'])
  assert.deepEqual(signed.document.labelled_by.map((one: { who: string }) => one.who).sort(), [`key:${crm}`, 'silence'])
  assert.equal(await verify(signed), 0)
  assert.equal((await world.call('/v1/calibration')).data.rows.held_out, 120)

  // Acts: done at once, explained, proven offline, and found by another process.
  const acted = await actedLead()
  assert.equal(acted.certified, true)
  await until(async () => {
    const { items } = (await world.call('/ops/outbox')).data
    return items.some((item: { lead_id: string }) => item.lead_id === acted.lead_id)
  })
  const { data: why } = await world.call(`/v1/decisions/${acted.id}/explain`)
  assert.deepEqual([why.why_not_automatic, why.explanation.features[0].feature], [[], 'attr.budget'])
  // What a restart finds.
  {
    await using again = await openApp(world.app.config, { logger: pino({ level: 'silent' }), jobs: false, now })
    assert.equal((await again.cases.get('acme', acted.lead_id)).decision?.state, 'acted')
  }
  const receipt = await until(async () => {
    const file = await makeReceipt(world.app.config, 'acme', acted.id)
    return typeof file === 'string' ? null : file
  })
  assert.equal(await verify(receipt), 0)
  assert.equal(await verify({ ...receipt, record: { ...(receipt['record'] as JsonObject), state: 'queued' } }), 1)

  // Audit: of what is certified a part is drawn for people, who are not told which.
  await until(async () => ((await world.call('/v1/inbox')).data.counts.open === 0 ? true : null))
  assert.equal((await patch('autonomy', { actions: { start_followup: { audit_rate: 0.5 } } })).status, 200)
  const sure = Array.from({ length: 40 }, () => 95)
  const done = await leadsCome(sure, () => false)
  const drawn = done.filter(one => one.state === 'queued')
  assert.ok(drawn.length > 5 && drawn.length < 35, `${drawn.length} of 40 were drawn`)
  const held = (await world.call('/v1/inbox/next', { body: {} })).data
  const audit = held.case.case_id
  assert.ok(drawn.some(one => one.case_id === audit))
  const { id: decision } = (await world.call(`/v1/lead/${audit}`)).data.decision ?? {}
  const asked = await world.call(`/v1/decisions/${decision}/explain`)
  assert.deepEqual([asked.status, asked.body.code], [409, 'withheld_until_answered'])
  const answer = { answer: 'approve', lease_token: held.lease_token, outcome: 'booked' }
  assert.equal((await world.call(`/v1/inbox/${audit}/answer`, { body: answer })).data.outcome, 'booked')
  assert.equal((await world.call(`/v1/decisions/${decision}/explain`)).data.why_not_automatic[0].code, 'blind_audit')

  // Monitor: nothing of it is old enough to speak yet; then what nobody booked speaks against the action, and it is suspended.
  await world.app.refreshAutonomy()
  assert.deepEqual([(await action(0)).suspended, (await action(0)).tripwire.audited], [null, 0])
  await silence()
  await world.app.refreshAutonomy()
  const { suspended, tripwire, certificate: none } = await action(0)
  assert.match(suspended.why, /of the last \d+ .*acts were wrong, .*; the budget allows 30 %/)
  assert.ok(tripwire.evidence >= tripwire.limit && none === null)
  const revoked = (await certificate()).verdict
  assert.deepEqual([revoked.state, revoked.revoked_reason], ['revoked', suspended.why])
  const stopped = await lead(95)
  assert.deepEqual([stopped.state, stopped.reason], ['queued', 'suspended_by_tripwire'])

  // Armed again: only with a certificate on what was decided since, whoever asks.
  const order = { action: 'start_followup', reason: 'the fair is over' }
  const rearm = (key?: string) => world.call('/ops/autonomy/rearm', { body: order, ...(key && { key }) })
  assert.deepEqual([(await rearm()).status, (await rearm(admin)).body.code], [403, 'needs_certificate'])
  assert.equal((await patch('autonomy', { actions: { start_followup: { audit_rate: 0.001 } } })).status, 200)
  const since = await leadsCome(spread(600))
  assert.ok(since.every(one => one.state !== 'acted'))
  await silence()
  await world.app.refreshAutonomy()
  const { data: armed, text } = await rearm(admin)
  assert.equal(armed?.suspended, false, text)
  assert.equal((await actedLead()).certified, true)
  const after = await action(0)
  assert.deepEqual([after.suspended, after.record.delta, after.certificate.id], [null, 0.025, armed.certificate.id])
  assert.equal(after.tripwire.limit, 2 * tripwire.limit)
  const lines = said.filter(
    line => /^(certificate_issued|action_suspended)$/.test(line.event) && line.action === 'start_followup',
  )
  assert.deepEqual(
    lines.map(({ event, action, why, certificate: id }) => [event, action, why ?? id]),
    [
      ['certificate_issued', 'start_followup', start.certificate.id],
      ['action_suspended', 'start_followup', suspended.why],
    ],
    'what the looks found is in the log; what an admin took, in the answer and the audit log',
  )
  const told = ['autonomy.certified', 'autonomy.suspended', 'autonomy.certified', 'autonomy.rearmed']
  assert.deepEqual(await auditLog(), told, 'an admin who arms it takes a certificate of that moment')
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
