import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type JsonObject, mainAlone, type RawEvent } from '@surety/contract'
import { readLabels } from './manage/autonomy/read-labels.ts'
import { issueReceipt } from './manage/receipts/issue.ts'
import { matchRecords } from './manage/receipts/match-records.ts'
import { exampleModel } from './model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from './model/signature.ts'
import { signerOf } from './model/signer.ts'
import type { Reader } from './store/db.ts'
import { leadOf } from './testing/acting-core.ts'
import { startWorld, type World } from './testing/start-world.ts'

/** Two versions of which the older one is acted on, as an operator, a second process and an auditor meet them. */
const { text: signingText } = makeSigningKey()
const signingKey = readSigningKey(signingText)
const env = {
  MODEL_SIGNING_KEY: signingText,
  DATA_KEY: randomBytes(32).toString('base64'),
  PII_KEY: Buffer.alloc(32, 8).toString('base64'),
}
const start = Date.parse('2026-11-02T12:00:00Z')
let ticks = 0
const now = () => new Date(start + 1000 * ticks++)
const tenant = 'acme'

/** The older one likes long texts, the newer one short ones. */
const older = signModel(exampleModel({ version: 1_730_483_801, weights: { details_len: 1 } }), signingKey)
const newer = signModel(exampleModel({ version: 1_730_483_802, weights: { details_len: -1 } }), signingKey)
const long = 'a roof of forty metres, two chimneys and a gutter that has leaked since the storm of last week'
const short = 'a roof'

let world: World
/** The look that follows a swap must not see half of what is written here by hand: it waits until all of it is there. */
let looks: AsyncDisposable
before(async () => {
  world = await startWorld({ env, now })
  looks = await heldLooks()
})
after(() => world[Symbol.asyncDispose]())

const lead = (id: string, details: string): RawEvent => {
  const raw = leadOf(tenant, id)
  return { ...raw, data: { ...(raw.data as JsonObject), details } }
}
async function decide(of: World, ...leads: RawEvent[]) {
  const at = now()
  const results = await of.app.core.run(leads.map(raw => ({ raw, at, startedMs: 0 })))
  return results.map(result => {
    assert.equal(result.status, 'recorded', JSON.stringify(result))
    return result.decisions[0]!
  })
}
const serve = async (model: unknown) => {
  const answer = await world.call('/ops/reload-model', { body: model })
  assert.equal(answer.status, 200, answer.text)
}
const run = (text: string, values: unknown[] = []) =>
  world.app.db.owner.transaction([tenant, '*'], handle => handle.query(text, values))
const refresh = (of: World) => of.app.core.active.refresh(tenant)

test('before a version serves a decision is in no record; one that begins to serve has cuts of what was decided before', async () => {
  const leads = Array.from({ length: 60 }, (_, i) => lead(`B${i}`, 'x'.repeat(1 + i)))
  for (const { actingVersion, kappa } of await decide(world, ...leads))
    assert.deepEqual([actingVersion, kappa], [null, mainAlone.kappa])
  await serve(older)
  await refresh(world)
  const { rows } = await run('select model_version, n from version_cuts')
  assert.deepEqual(rows, [{ model_version: older.version, n: 60 }])
  const [sure, unsure] = await decide(world, lead('S1', long), lead('S2', short))
  assert.deepEqual([sure!.actingVersion, sure!.kappa], [older.version, { act: 63, clear: -1 }])
  assert.ok(unsure!.kappa.act === -1 && unsure!.kappa.clear! > 10)
  assert.equal(sure!.reason, 'not_certified')
})

test('the newest version serves, and the one that a certificate was handed to goes on acting', async () => {
  await serve(newer)
  const { act } = world.app.podNamed('customer-ops').questions[0].actions
  await run(`insert into acting_versions values ($1, 'customer-ops', 'main', $2, $3, $4)`, [
    tenant,
    older.digest,
    older.version,
    now(),
  ])
  await run(
    `insert into certificates (tenant_id, certificate_id, pod, question, action, model_digest, model_version, attempt, threshold,
        below, issued_at, expires_at, document, record_id, cuts)
      values ($1, gen_random_uuid(), 'customer-ops', 'main', $2, $3, $4, 1, .8, null, $5, $6, '{}', gen_random_uuid(), '[3,4]')`,
    [tenant, act!.name, older.digest, older.version, now(), new Date(start + 1e9)],
  )
  // Held to the budget and threshold in force, so that no look makes it again before there are 120 rows.
  const { threshold: floor } = world.app.podNamed('customer-ops').questions[0]
  await run(
    `insert into version_checks values ($1, 'customer-ops', 'main', $2, $3, $4, 100, 120, '[4,5]', $5)
      on conflict (tenant_id, pod, question, action, model_digest) do update set unseen = excluded.unseen, next_at = excluded.next_at,
        passes = excluded.passes, detail = excluded.detail`,
    [tenant, act!.name, older.digest, now(), { alpha: act!.alpha, miss_budget: act!.missBudget, floor }],
  )
  await refresh(world)
  const [sure, unsure] = await decide(world, lead('A1', long), lead('A2', short))
  assert.equal(sure!.score.modelVersion, newer.version)
  assert.ok(sure!.score.probability! < 0.2, 'it would have asked, or cleared')
  assert.deepEqual(
    [sure!.actingVersion, sure!.state, sure!.reason, sure!.automatic],
    [older.version, 'acted', 'above_threshold_certified', true],
  )
  assert.ok(sure!.kappa.act! >= 4)
  // The newer one is sure of it; it has not been handed the work.
  assert.ok(unsure!.score.probability! > 0.8)
  assert.deepEqual([unsure!.state, unsure!.kappa.act], ['queued', -1])
})

const verifier = fileURLToPath(new URL('../../../bin/verify-receipt.mjs', import.meta.url))
// The service signs by itself, every ten seconds, with the key that it was given.
const receiptKey = signerOf(signingKey)
const receiptOf = (id: string) => issueReceipt({ db: world.app.db, key: receiptKey, now }, tenant, id)
const idOf = async (caseId: string): Promise<string> => {
  const { rows } = await run('select decision_id from decisions where case_id = $1', [caseId])
  return rows[0]!['decision_id']
}

test('what the version that is acted on said is kept beside the decision, where it is another one', async () => {
  const { rows } = await run(
    `select d.case_id, p.role, p.model_version, p.model_digest, p.probability, p.lower, p.cannot
      from predictions p join decisions d using (tenant_id, pod, decision_id, recorded_at) order by 1`,
  )
  assert.deepEqual(
    rows.map(row => [row['case_id'], row['role'], row['model_version'], row['model_digest'], row['probability'] > 0.8]),
    [
      ['A1', 'acting', older.version, older.digest, true],
      ['A2', 'acting', older.version, older.digest, false],
    ],
  )
})

test('its explanation shows it, and measures the certified cut by it', async () => {
  await run('update inbox set blinded = false')
  for (const [caseId, sure] of [
    ['A1', true],
    ['A2', false],
  ] as const) {
    const { data } = await world.call(`/v1/decisions/${await idOf(caseId)}/explain`)
    assert.equal(data.acting.model_version, older.version)
    assert.equal(data.acting.probability > 0.8, sure)
    assert.equal(data.probability > 0.8, !sure)
    assert.equal(data.decided.model_version, newer.version)
  }
  const { data } = await world.call(`/v1/decisions/${await idOf('S1')}/explain`)
  assert.equal(data.acting, undefined)
})

test('a receipt holds it, and one in which it was changed holds no more, for the auditor and for the ledger', async () => {
  const id = await idOf('A1')
  const receipt = (await receiptOf(id)) as JsonObject & { predictions: JsonObject[] }
  const file = join(world.dataDir, 'receipt.json')
  const verified = async (changed: JsonObject) => {
    await writeFile(file, JSON.stringify(changed))
    const { status, stdout } = spawnSync(process.execPath, [verifier, file], { encoding: 'utf8' })
    return [status, stdout] as const
  }
  const [status, said] = await verified(receipt)
  assert.equal(status, 0, said)
  assert.match(said, new RegExp(`predictions: version ${older.version} \\(acting\\) said \\.?0?\\.?\\d`))
  const [prediction] = receipt.predictions
  const { predictions: _, ...without } = receipt
  for (const changed of [
    { ...receipt, predictions: [] },
    { ...receipt, predictions: [prediction!, prediction!] },
    { ...receipt, predictions: [{ ...prediction, probability: 0.5 }] },
    { ...receipt, predictions: [{ ...prediction, model_digest: newer.digest }] },
    { ...receipt, predictions: [{ ...prediction, more: 1 }] },
    without,
  ])
    assert.equal((await verified(changed))[0], 1, JSON.stringify(changed))
  const whole = () => world.app.db.read([tenant], reader => ledger(reader))
  assert.deepEqual(await whole(), [])
  await run('update predictions set probability = probability - 1e-9 where decision_id = $1', [id])
  await assert.rejects(receiptOf(id), /What another version said of decision .* was changed/)
  assert.match((await whole()).join(), /^what another version said of decision .* is not what was written$/)
  await run('update predictions set probability = probability + 1e-9 where decision_id = $1', [id])
  await run('update predictions set probability = $2 where decision_id = $1', [id, prediction!['probability']])
  await run('delete from predictions where decision_id = $1', [await idOf('A2')])
  assert.equal((await whole()).length, 1)
})

/** What is not as it was written. */
async function ledger(reader: Reader): Promise<readonly string[]> {
  const problems: string[] = []
  const matching = { db: reader, tenant, began: new Date(start), gone: () => false }
  await matchRecords({ ...matching, problem: sentence => void problems.push(sentence) })
  return problems
}

/** Of a case, that of the model that serves first. */
async function rowsOf(caseId: string) {
  const found = await run(
    `select model_digest, source, probability, label, action, automatic, audited, propensity from calibration_rows
      where row_id = $2 order by model_digest = $1`,
    [older.digest, caseId],
  )
  return found.rows
}
async function tell(caseId: string, outcome: 'booked' | 'unqualified' | 'nurture') {
  const at = now()
  await world.app.core.run([
    { raw: { tenant, kind: 'lead.outcome', data: { lead_id: caseId, outcome } }, at, startedMs: 0 },
  ])
  await readLabels(world.app.db, tenant, world.app.podNamed('customer-ops').questions[0], null, now())
}

/** No look counts, checks or hands over until this is let go. */
async function heldLooks(): Promise<AsyncDisposable> {
  const client = await world.database.db.connect()
  await client.query('select pg_advisory_lock(hashtextextended($1, 7283650))', [`${tenant}/customer-ops`])
  return { [Symbol.asyncDispose]: () => client.end() }
}

test('an outcome teaches both versions; what was done is told by the row of the one that serves', async () => {
  await run(`update decisions set audited = true where case_id = 'A1'`)
  await tell('A1', 'booked')
  const [decided] = (await run(`select probability, action, propensity from decisions where case_id = 'A1'`)).rows
  const [said] = (await run(`select probability from predictions`)).rows
  const row = { source: 'live', label: 1 }
  const serving = { ...row, model_digest: newer.digest, ...decided, automatic: true, audited: true }
  const quiet = { action: null, automatic: false, audited: false, propensity: 1 }
  const acted = { ...row, model_digest: older.digest, ...said, ...quiet }
  assert.deepEqual(await rowsOf('A1'), [serving, acted])
  await tell('A1', 'unqualified')
  assert.deepEqual(await rowsOf('A1'), [
    { ...serving, label: 0 },
    { ...acted, label: 0 },
  ])
  const kept = (await run(`select model_version, kappa_act, label from record_rows where case_id = 'A1'`)).rows
  assert.deepEqual([kept[0]!['model_version'], kept[0]!['label'], kept.length], [older.version, 0, 1])
  // By then the version is neither acted on nor among the newest ones.
  await run(`update models set accepted = false where digest = $1`, [older.digest])
  await run(`update acting_versions set model_digest = 'another'`)
  await tell('A1', 'nurture')
  assert.deepEqual(await rowsOf('A1'), [], 'a word without a label takes both back')
  await run(`update models set accepted = true where digest = $1`, [older.digest])
  await run(`update acting_versions set model_digest = $1`, [older.digest])
})

test('where the model that serves could not score a case, what was done is told by the row of the other one', async () => {
  await decide(world, lead('A3', long))
  await run(`update decisions set probability = null, audited = true where case_id = 'A3'`)
  await tell('A3', 'booked')
  assert.deepEqual(
    (await rowsOf('A3')).map(row => [row['model_digest'], row['action'], row['automatic'], row['audited']]),
    [[older.digest, 'start_followup', true, true]],
  )
})

test('another process loads the version beside what serves, and acts as well', async () => {
  await looks[Symbol.asyncDispose]()
  await using second = await startWorld({ env, now, database: world.database })
  await second.app.core.deps.prepare(new Set([tenant]))
  const [sure] = await decide(second, lead('P1', long))
  assert.deepEqual([sure!.actingVersion, sure!.state], [older.version, 'acted'])
})

test('a process that cannot trust that version asks, and nothing it decides is in a cut', async () => {
  await run(`update models set artefact = replace(artefact, '"intercept":0', '"intercept":9') where digest = $1`, [
    older.digest,
  ])
  await using second = await startWorld({ env, now, database: world.database })
  const [asked] = await decide(second, lead('N1', long))
  assert.deepEqual([asked!.state, asked!.reason, asked!.score.modelVersion], ['queued', 'not_certified', newer.version])
  assert.deepEqual([asked!.actingVersion, asked!.kappa], [older.version, { act: -1, clear: -1 }])
})

test('what is stored is what was answered', async () => {
  const { rows } = await run(
    `select case_id, acting_version, kappa_act, kappa_clear from decisions where case_id in ('A1', 'N1') order by case_id`,
  )
  assert.deepEqual(
    rows.map(row => [row['case_id'], row['acting_version'], row['kappa_act'] > 0, row['kappa_clear']]),
    [
      ['A1', older.version, true, -1],
      ['N1', older.version, false, -1],
    ],
  )
})
