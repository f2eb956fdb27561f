import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type JsonObject, mainAlone, type RawEvent } from '@surety/contract'
import { exampleModel } from './model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from './model/signature.ts'
import { leadOf } from './testing/acting-core.ts'
import { startWorld, type World } from './testing/start-world.ts'

/** Two versions of which the older one is acted on, as an operator, a second process and an auditor meet them. */
const { text: signingText } = makeSigningKey()
const signingKey = readSigningKey(signingText)
const env = {
  MODEL_SIGNING_KEY: signingText,
  DATA_KEY: randomBytes(32).toString('base64'),
  PII_KEY: randomBytes(32).toString('base64'),
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
before(async () => {
  world = await startWorld({ env, now })
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
  world.app.db.transaction([tenant, '*'], handle => handle.query(text, values))
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
  await run(`insert into version_checks values ($1, 'customer-ops', 'main', $2, $3, $4, 100, 120, '[4,5]', '{}')`, [
    tenant,
    act!.name,
    older.digest,
    now(),
  ])
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

test('another process loads the version beside what serves, and acts as well', async () => {
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
