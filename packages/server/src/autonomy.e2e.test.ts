import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { JsonObject } from '@surety/contract'
import { neededRecordRows } from '@surety/stats'
import { pino } from 'pino'
import { type App, openApp } from './app.ts'
import { mode } from './commands/mode.ts'
import { setModeDirectly } from './commands/open-modes.ts'
import { exampleModel } from './model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from './model/signature.ts'
import { startWorld, type World } from './testing/start-world.ts'

const { text: signingText } = makeSigningKey()
const signingKey = readSigningKey(signingText)
let world: World
let admin: string
/** Outcomes take days, and nobody waits for them here. */
let aheadMs = 0
const now = (): Date => new Date(Date.now() + aheadMs)
const dayMs = 86_400_000
test.before(async () => {
  world = await startWorld({ env: { MODEL_SIGNING_KEY: signingText }, now })
  admin = await world.key('admin')
  // p = .85 for every lead.
  const model = signModel(exampleModel({ intercept: Math.log(0.85 / 0.15) }), signingKey)
  assert.equal((await world.call('/ops/reload-model', { body: model })).status, 200)
  // Nothing is withheld here, so that every case can be explained.
  const open = await world.call('/ops/settings/autonomy?apply=true', {
    method: 'PUT',
    body: { hidden_share: 0 },
    key: admin,
  })
  assert.equal(open.data.version, 1)
})
test.after(() => world[Symbol.asyncDispose]())

let leads = 0
const lead = async (call: World['call'] = world.call) =>
  (
    await call('/v1/lead', {
      body: { name: `Lead ${leads}`, phone: `+1415555${String(1000 + leads++)}`, details: 'A quote please' },
    })
  ).data
const setMode = (body: JsonObject, key = admin) => world.call('/ops/mode', { body, key })
const actions = async () => (await world.call('/ops/autonomy')).data.pods[0].actions
/** So many leads at once; answers the ids of their cases. */
async function many(n: number): Promise<readonly string[]> {
  const body = Array.from({ length: n }, () => ({
    event_id: `many-${leads++}`,
    type: 'lead.created',
    occurred_at: now().toISOString(),
    data: { name: 'Jane Doe', email: `jane${leads}@example.com`, details: 'A quote please' },
  }))
  const { data } = await world.call('/v1/events', { body })
  return data.items.map((item: { case_id: string }) => item.case_id)
}
const until = async (holds: () => Promise<boolean> | boolean): Promise<void> => {
  const end = performance.now() + 5000
  while (!(await holds())) {
    assert.ok(performance.now() < end, 'it did not come about in 5 s')
    await wait(20)
  }
}

test('fact 38: certified, no certificate, p .85: queued not_certified, with the shortfall, and nothing is done', async () => {
  const { decision, pred_prob, lead_id } = await lead()
  assert.deepEqual(
    [pred_prob, decision.state, decision.reason, decision.certified],
    [0.85, 'queued', 'not_certified', false],
  )
  // The fewest labels, none of them wrong, with which a record certifies anything at 30 %.
  const fewest = neededRecordRows(0, { epsilon: 0.3, delta: 0.05 })
  const need = fewest.ok ? fewest.n : 0
  const { data } = await world.call(`/v1/decisions/${decision.id}/explain`, { key: admin })
  const [{ code, value, limit }] = data.why_not_automatic
  assert.deepEqual([code, value, limit], ['not_certified', 0, need])
  const kept = (await world.call(`/v1/lead/${lead_id}`)).data
  assert.deepEqual(kept.decision.notes.at(-1), { code: 'not_certified', value: 0, limit: need })
  const [start] = await actions()
  assert.deepEqual([start.certificate, start.shortfall.need], [null, need])
})

test('enough labels and the hourly look issue a certificate, and the next lead is acted on at once', async () => {
  // One key posts the leads and tells what became of them: only because an admin says so do its outcomes count as a person's.
  const crm = (await world.key('operator')).split('_')[1]
  await world.call(`/ops/keys/${crm}`, { method: 'PATCH', body: { system_of_record: true }, key: admin })
  const tell = async (cases: readonly string[]) => {
    aheadMs += dayMs
    const body = cases.map((lead_id, i) => ({
      event_id: `outcome-${lead_id}`,
      type: 'lead.outcome',
      occurred_at: now().toISOString(),
      data: { lead_id, outcome: i % 20 === 0 ? 'ghosted' : 'booked' },
    }))
    assert.equal((await world.call('/v1/events', { body })).status, 200)
  }
  await many(60)
  await world.app.refreshAutonomy()
  assert.match(
    (await actions())[0].shortfall.sentence,
    /100 outcomes are known of cases that it was not fitted on \(0 so far\)\./,
  )
  await tell(await many(100))
  // Sixty are still open, so that nobody knows yet how long an outcome takes: what the pod says counts.
  aheadMs += 30 * dayMs
  // From now on there are cuts, and a record counts.
  await world.app.refreshAutonomy()
  const [waits] = await actions()
  assert.deepEqual([waits.shortfall.code, waits.record.rows, waits.certificate], ['too_few_labels', 0, null])
  await tell(await many(250))
  aheadMs += 30 * dayMs
  await world.app.refreshAutonomy()
  const [start] = await actions()
  assert.ok(start.certificate.counts.accepted >= 200, JSON.stringify(start.certificate))
  const { data } = await world.call(`/ops/certificates/${start.certificate.id}`)
  assert.deepEqual([data.verdict.ok, data.verdict.state, data.document.tenant], [true, 'in_force', 'acme'])
  const foreign = await world.call(`/ops/certificates/${start.certificate.id}`, {
    key: await world.key('admin', 'globex'),
  })
  assert.deepEqual([foreign.status, foreign.body.code], [404, 'certificate_not_found'])
  await world.app.refreshFigures()
  assert.match(
    (await world.call('/metrics', { key: null })).text,
    /^autonomy_certified\{pod="customer-ops",question="main",action="start_followup"\} 1$/m,
  )
  assert.deepEqual([start.certificate.cut.acted, start.certificate.threshold], [0, 0.85])
  assert.deepEqual([start.record.id, start.check.acting.rows], [start.certificate.record, 350])
  // Two in a hundred are drawn for a blind audit.
  const { state, reason, certified } = (await lead()).decision
  const ends = ['acted above_threshold_certified', 'queued blind_audit']
  for (let k = 0; k < 200; k++) await lead()
  const { rows } = await world.app.db.transaction(['acme'], db =>
    db.query(`select from decisions where reason = 'blind_audit'`),
  )
  assert.notEqual(rows.length, 0, 'none of 200 is drawn with a chance of 2 %')
  assert.ok(
    !(await world.call('/metrics', { key: null })).text.includes('blind_audit'),
    'no series moves when one is drawn',
  )
  assert.ok(ends.includes(`${state} ${reason}`), reason)
  assert.equal(certified, true, 'either way it rests on the certificate')
})

test('an operator may stop and not start; the banner shows where nothing is certified; every change is audited', async () => {
  const operator = await world.key('operator')
  const stopped = await setMode({ action: '*', mode: 'stopped', reason: 'wrong prices' }, operator)
  assert.equal(stopped.status, 200, stopped.text)
  assert.equal(stopped.data.items.length, 4)
  assert.deepEqual((await lead()).decision.reason, 'followups_off')
  for (const body of [{ mode: 'acting' }, { mode: 'asking' }, { gate: 'threshold' }])
    assert.equal((await setMode({ action: '*', reason: 'on again', ...body }, operator)).body.code, 'forbidden')
  assert.equal((await setMode({ action: '*', mode: 'acting' })).body.code, 'validation_failed')
  assert.equal((await setMode({ action: 'start', mode: 'acting', reason: 'x' })).body.code, 'validation_failed')
  assert.equal((await setMode({ action: '*', mode: 'acting', reason: 'prices mended' })).status, 200)
  assert.equal((await setMode({ action: 'start_followup', gate: 'threshold', reason: 'a test' })).status, 200)
  const [start, skip] = await actions()
  assert.deepEqual([start.mode, start.gate, start.banner, skip.banner], ['acting', 'threshold', 'uncertified', null])
  assert.equal((await lead()).decision.reason, 'threshold_mode')
  assert.equal((await setMode({ action: 'start_followup', gate: 'certified', reason: 'over' }, operator)).status, 200)
})

test('budgets are previewed, checked in words, saved as a version, and a stricter one takes the certificate back', async () => {
  const put = (body: unknown, apply = false) =>
    world.call(`/ops/settings/autonomy${apply ? '?apply=true' : ''}`, { method: 'PUT', body, key: admin })
  const bad = await put({ actions: { start_followup: { alpha: 2, miss_budget: 0.1 }, sing: {} }, hidden_share: 3 })
  assert.deepEqual(
    bad.body.errors.map((one: { path: string }) => one.path),
    ['actions.start_followup.alpha', 'actions.start_followup.miss_budget', 'actions.sing', 'hidden_share'],
  )
  const stricter = { hidden_share: 0, actions: { start_followup: { alpha: 0.2 } } }
  const preview = await put(stricter)
  assert.deepEqual(preview.data.changes, [{ path: 'actions.start_followup.alpha', before: 0.3, after: 0.2 }])
  assert.ok((await actions())[0].certificate)
  const { id } = (await actions())[0].certificate
  assert.equal((await put(stricter, true)).data.version, 2)
  const revoked = (await world.call(`/ops/certificates/${id}`)).data.verdict
  assert.deepEqual([revoked.state, revoked.revoked_reason], ['revoked', 'The budget was made stricter.'])
  // The new question is asked without waiting for the next full hour.
  await until(async () => (await actions())[0].certificate?.cut.acted === 0)
  const [start] = await actions()
  assert.deepEqual([start.budget.alpha, start.certificate.id === id, start.record.delta], [0.2, false, 0.025])
  assert.match(start.budget.accepted_by, /^key:/)
})

test('one budget of one action is changed and all others are kept; a whole that would lose some is refused', async () => {
  const settings = (method: string, query: string, body: object) =>
    world.call(`/ops/settings/autonomy${query}`, { method, body, key: admin })
  const before = (await world.call('/ops/settings/autonomy')).data
  const change = { actions: { skip_followup: { cap_per_hour: 9 } } }
  assert.deepEqual((await settings('PATCH', '', change)).data.changes, [
    { path: 'actions.skip_followup.cap_per_hour', before: null, after: 9 },
  ])
  const { data } = await settings('PATCH', `?apply=true&version=${before.version}`, change)
  assert.deepEqual([data.applied, data.value.actions.start_followup], [true, before.value.actions.start_followup])
  const stale = await settings('PATCH', `?apply=true&version=${before.version}`, change)
  assert.deepEqual([stale.status, stale.body.code], [409, 'setting_changed'])
  const losing = await settings('PUT', '?apply=true', change)
  assert.deepEqual(
    [losing.status, losing.body.code, losing.body.errors.map((one: { path: string }) => one.path)],
    [409, 'setting_would_be_lost', ['actions.start_followup.alpha', 'hidden_share']],
  )
  assert.deepEqual(data.previous, before)
  assert.deepEqual((await settings('PUT', '?apply=true', data.previous.value)).data.value, before.value)
  assert.equal((await settings('PATCH', '?apply=true', { actions: { sing: {} } })).status, 422)
})

test('each pod has its own budgets, modes and view; a pod that does not exist is said to be none', async () => {
  const put = (pod: string, body: object) =>
    world.call(`/ops/settings/autonomy?apply=true&pod=${pod}`, { method: 'PUT', body, key: admin })
  const { data } = await world.call('/ops/settings/autonomy?pod=table')
  assert.deepEqual([data.version, Object.keys(data.value.actions)], [0, ['yes', 'no']])
  const saved = await put('table', { actions: { yes: { alpha: 0.05 } } })
  assert.deepEqual([saved.data.pod, saved.data.version], ['table', 1])
  assert.equal((await put('table', { actions: { start_followup: { alpha: 0.05 } } })).body.code, 'validation_failed')
  const view = (await world.call('/ops/autonomy?pod=table')).data
  assert.deepEqual(
    view.pods.map((pod: { pod: string; actions: { budget: object }[] }) => [pod.pod, pod.actions[0]?.budget]),
    [
      [
        'table',
        { alpha: 0.05, delta: 0.05, miss_budget: null, accepted_by: view.pods[0].actions[0].budget.accepted_by },
      ],
    ],
  )
  const { data: asking } = await setMode({ pod: 'table', action: '*', mode: 'asking', reason: 'a new file' })
  assert.deepEqual(
    asking.items.map((item: { pod: string; action: string }) => `${item.pod} ${item.action}`),
    ['table yes', 'table no'],
  )
  const body = { pod: 'table', action: 'yes', reason: 'x' }
  assert.equal((await world.call('/ops/autonomy/rearm', { body, key: admin })).body.code, 'not_suspended')
  const wrong = { ...body, action: 'start_followup' }
  const unknown = { ...body, pod: 'nothing' }
  const answers = [
    await world.call('/ops/autonomy?pod=nothing'),
    await world.call('/ops/settings/autonomy?pod=nothing'),
    await put('nothing', {}),
    await setMode({ ...unknown, mode: 'asking' }),
    await world.call('/ops/autonomy/rearm', { body: unknown, key: admin }),
  ]
  for (const { status, body: problem } of answers)
    assert.deepEqual([status, problem.errors[0].path], [422, 'pod'], JSON.stringify(problem))
  assert.equal((await world.call('/ops/autonomy/rearm', { body: wrong, key: admin })).body.errors[0].path, 'action')
  assert.equal((await world.call('/ops/settings/attributes?pod=table')).status, 404)
})

test('what is not suspended cannot be armed again; viewers may look and not touch', async () => {
  const body = { action: 'start_followup', reason: 'x' }
  assert.equal((await world.call('/ops/autonomy/rearm', { body, key: admin })).body.code, 'not_suspended')
  const operator = await world.call('/ops/autonomy/rearm', { body })
  assert.equal(operator.status, 403)
  const restarted = await world.call('/ops/autonomy/restart-attempts', { body, key: admin })
  assert.deepEqual([restarted.status, restarted.body.code], [410, 'attempts_are_gone'])
  assert.match(restarted.body.detail, /nothing to begin anew/)
  assert.equal((await world.call('/ops/autonomy', { key: await world.key('viewer') })).status, 200)
})

test('a stop in one process is followed by the other without being asked, and a restart keeps everything', async () => {
  const open = (): Promise<App> => openApp(world.app.config, { logger: pino({ level: 'silent' }), jobs: false })
  const modeIn = (app: App) => app.core.active.snapshot().autonomy('acme', booking).sides.act?.mode
  const { podNamed } = await import('./pods.ts')
  const [booking] = podNamed('customer-ops').questions
  {
    await using other = await open()
    await other.core.deps.prepare(new Set(['acme']))
    assert.equal(modeIn(other), 'acting')
    await setMode({ action: '*', mode: 'stopped', reason: 'halt' })
    await until(() => modeIn(other) === 'stopped')
    const [own, theirs] = [world.app, other].map(app => app.core.active.snapshot().autonomy('acme', booking).epoch)
    assert.equal(own, theirs)
  }
  await using again = await open()
  await again.core.deps.prepare(new Set(['acme']))
  assert.equal(modeIn(again), 'stopped')
})

test('the command line sets modes through the database while the service runs, and says what it misses', async () => {
  const config = world.app.config
  const order = { tenant: 'acme', pod: 'customer-ops', question: null, action: '*', gate: undefined, reason: 'mended' }
  const items = await setModeDirectly(config, { ...order, mode: 'acting' })
  assert.deepEqual(
    items.map(item => [item.action, item.mode, item.changed]),
    [
      ['start_followup', 'acting', true],
      ['skip_followup', 'acting', true],
    ],
  )
  await until(async () => (await lead()).decision.state !== 'suppressed')
  for (const wrong of [{ action: 'sing' }, { pod: 'nothing' }, { tenant: 'amce' }])
    await assert.rejects(setModeDirectly(config, { ...order, ...wrong, mode: 'asking' }), { code: 'validation_failed' })
  const said: string[] = []
  const io = { out: () => assert.fail('nothing was done'), err: (line: string) => void said.push(line) }
  for (const args of [[], ['loud', '--tenant', 'acme'], ['stopped'], ['stopped', '--tenant', 'acme']])
    assert.equal(await mode(args, io), 2)
  assert.match(said.join(' '), /must be one of acting.*--tenant is missing.*--reason is missing/s)
})

test('whoever stops in a hurry and names no action stops all of them; whoever goes on names one', async () => {
  const stopped = await setMode({ mode: 'stopped', reason: 'wrong prices' })
  assert.equal(stopped.status, 200, stopped.text)
  const items = stopped.data.items as readonly { readonly mode: string }[]
  assert.ok(items.length > 1 && items.every(({ mode }) => mode === 'stopped'), stopped.text)
  const on = await setMode({ mode: 'asking', reason: 'understood' })
  assert.deepEqual([on.status, on.body.errors[0].path], [422, 'action'])
})
