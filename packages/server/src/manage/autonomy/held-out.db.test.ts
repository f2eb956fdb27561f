import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Principal, placeOf } from '@surety/contract'
import { rng } from '@surety/stats'
import { leadFeatures } from '../../model/example-model.ts'
import { compileModel } from '../../model/scorer.ts'
import { makeSigningKey, trust } from '../../model/signature.ts'
import { createLearner } from '../../pipeline/learn/learner.ts'
import { podNamed } from '../../pods.ts'
import { appendAudit } from '../../store/audit.ts'
import { saveSchema } from '../../store/feature-schemas.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { readVersionCuts } from '../../store/version-cuts.ts'
import { createModels } from '../models/models.ts'
import { createRegistry } from '../models/registry.ts'
import { evidenceOf } from './held-out.ts'
import { readLabels } from './read-labels.ts'
import { dayMs, putOutcomes } from './testing/settled-cases.ts'

const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [question] = podNamed('customer-ops').questions
const start = Date.parse('2026-02-01T00:00:00Z')
const at = (days: number): Date => new Date(start + days * dayMs)
await db.transaction([], handle => ensurePartitions(handle, at(0), at(60)))
const tenants = ['acme', 'borg']
const schema = 'schema'

/** Leads of a tenant, one a minute, whose outcome follows score and intent and is known two days later. */
async function settledLeads(tenant: string, count: number, seed: number): Promise<void> {
  const random = rng(seed)
  const leads = Array.from({ length: count }, (_, k) => {
    const score = random.uniform()
    const intent = ['quote', 'info', 'support'][random.int(3)]!
    const z = 4 * (score - 0.5) + (intent === 'quote' ? 1 : -0.5)
    const label: 0 | 1 = random.uniform() < 1 / (1 + Math.exp(-z)) ? 1 : 0
    const values = [score, random.int(200), random.int(24), tenant, intent, 'neutral', 'medium']
    return { caseId: `L${String(k).padStart(4, '0')}`, at: new Date(start + k * 60_000), label, values }
  })
  await db.transaction([tenant], async handle => {
    await saveSchema(handle, { tenant, pod: question.pod, hash: schema, specs: leadFeatures, at: at(0) })
    const given = [tenant, leads.map(lead => lead.caseId), leads.map(lead => lead.at)]
    await handle.query(
      `insert into event_keys (tenant_id, event_id, case_id, kind, payload_hash, recorded_at, decision_id)
        select $1, case_id, case_id, 'lead.created', '', at, gen_random_uuid()
        from unnest($2::text[], $3::timestamptz[]) as given(case_id, at)`,
      given,
    )
    await handle.query(
      `insert into decisions (tenant_id, decision_id, pod, case_id, subject, event_id, occurred_at, recorded_at, schema_hash,
          features, enrichment, calibration_size, policy_version, threshold, action, mode, gate, automatic, propensity, state,
          reason, latency_us)
        select $1, gen_random_uuid(), $4, case_id, case_id, case_id, at, at, $5, features, '{}', 0, 1, 0.7,
          'start_followup', 'acting', 'certified', false, 1, 'queued', 'no_model', 10
        from unnest($2::text[], $3::timestamptz[], $6::json[]) as given(case_id, at, features)`,
      [...given, question.pod, schema, leads.map(lead => JSON.stringify(lead.values))],
    )
  })
  await putOutcomes(
    db,
    tenant,
    question.pod,
    leads.map(({ caseId, label, at: decided }) => ({
      caseId,
      label,
      at: new Date(decided.getTime() + 2 * dayMs),
    })),
  )
}

let clock = at(10).getTime()
const { key } = makeSigningKey()

function process(evidence = evidenceOf(db, question)) {
  const now = () => new Date(clock)
  const base = { db, now, floor: 0.65 }
  const registry = createRegistry({
    ...base,
    question,
    trusted: trust(new Map(), key),
  })
  const models = createModels({
    ...base,
    registry,
    question,
    signingKey: key,
    modelPath: null,
    audit: appendAudit,
    tenants: async () => tenants,
    evidence,
    learner(scope) {
      const own = createLearner({
        db,
        question: placeOf(question),
        baseFeatures: leadFeatures,
        scope,
        tenants: async () => tenants,
        segmentFeatures: [],
        golden: [],
      })
      // The same rows make no better model each time, and here each is to serve.
      return { ...own, train: (request, watch) => own.train({ ...request, championGoes: true }, watch) }
    },
    seed: 1,
  })
  return { registry, models }
}

const platform: Principal = { kind: 'key', keyId: 'k', tenant: '*', role: 'operator', name: 'ops', limits: {} }

interface Stored {
  model_digest: string
  row_id: string
  probability: number
  source: string
  label: number
  decided_at: Date
}

async function rowsOf(tenant: string): Promise<readonly Stored[]> {
  const { rows } = await db.transaction([tenant], handle =>
    handle.query<Stored>(
      `select model_digest, row_id, probability, source, label, decided_at from calibration_rows order by model_digest, row_id`,
    ),
  )
  return rows
}
async function calibratorsOf(tenant: string) {
  const { rows } = await db.transaction([tenant], handle =>
    handle.query<{ model_digest: string; version: number; n: number }>(
      'select model_digest, version, n from calibrators order by model_digest, version',
    ),
  )
  return rows.map(row => [row.model_digest, row.version, row.n])
}

for (const [n, tenant] of tenants.entries()) await settledLeads(tenant, 500, 10 + n)
const { registry, models } = process()
let first = ''

test('a new model starts with its held-out cases in each tenant, scored as in service, and with a calibrator of them', async () => {
  const verdict = await models.retrain(platform, 'first', 'r1')
  assert.equal(verdict['accepted'], true, String(verdict['sentence']))
  first = String(verdict['digest'])
  const scorer = compileModel(registry.current('*')!.model)
  let all = 0
  for (const tenant of tenants) {
    const rows = await rowsOf(tenant)
    all += rows.length
    assert.ok(rows.length > 80 && rows.every(row => row.source === 'held_out' && row.model_digest === first))
    assert.deepEqual(await calibratorsOf(tenant), [[first, 1, rows.length]])
    const { rows: decisions } = await db.transaction([tenant], handle =>
      handle.query<{ features: (string | number)[]; recorded_at: Date }>(
        'select features, recorded_at from decisions where case_id = $1',
        [rows[0]!.row_id],
      ),
    )
    const { features, recorded_at: decidedAt } = decisions[0]!
    const served = scorer.score({ hash: 'served', specs: leadFeatures }, features)
    assert.deepEqual([rows[0]!.probability, rows[0]!.decided_at], [served.probability, decidedAt])
  }
  assert.equal(all, 200)
  assert.deepEqual(
    await db
      .transaction(['nobody'], handle => handle.query('select 1 from calibration_rows'))
      .then(found => found.rows),
    [],
  )
})

test('each tenant that it serves has its cuts at once, by its scores of everything that was decided there', async () => {
  const scorer = compileModel(registry.current('*')!.model)
  for (const tenant of tenants) {
    const cuts = await db.read([tenant], reader =>
      readVersionCuts(reader, { tenant, ...placeOf(question), digest: first }),
    )
    const { rows } = await db.read([tenant], reader =>
      reader.query<{ features: (string | number)[] }>('select features from decisions'),
    )
    const scores = rows
      .map(({ features }) => scorer.score({ hash: 'cuts', specs: leadFeatures }, features).probability!)
      .sort((a, b) => a - b)
    const ends = [scores[0], scores.at(-1)]
    const { act, clear } = cuts!.thresholds
    assert.deepEqual([cuts!.version, cuts!.n], [registry.current('*')!.model.version, 500])
    assert.deepEqual([act![0], act![63], clear![63], clear![0]], [ends[0], scores[498], scores[1], ends[1]])
  }
})

test('a case of the held-out part whose label is changed later changes in the evidence', async () => {
  const row = (await rowsOf('acme'))[0]!
  const label = row.label === 1 ? 0 : 1
  await putOutcomes(db, 'acme', question.pod, [{ caseId: row.row_id, at: at(9), label }])
  assert.deepEqual(await readLabels(db, 'acme', question, first, at(10)), new Map([[first, 1]]))
  assert.equal((await rowsOf('acme'))[0]!.label, label)
  assert.deepEqual(await readLabels(db, 'acme', question, first, at(10)), new Map())
})

test('keeping the same evidence twice changes nothing but when it was said', async () => {
  const before = await rowsOf('borg')
  const held = before.map(row => ({
    id: row.row_id,
    probability: row.probability,
    label: row.label as 0 | 1,
    at: row.decided_at.getTime(),
    source: 'reported',
    quality: 'human',
  }))
  await evidenceOf(db, question).keep('borg', first, held, at(10))
  assert.deepEqual(await rowsOf('borg'), before)
  assert.equal((await calibratorsOf('borg')).length, 1)
})

test('a process that ends before the evidence is whole leaves the old model serving, and the next run is whole', async () => {
  clock = at(11).getTime()
  const real = evidenceOf(db, question)
  const dying = process({
    ...real,
    keep: (tenant, ...rest) => (tenant === 'borg' ? Promise.reject(new Error('killed')) : real.keep(tenant, ...rest)),
  })
  await assert.rejects(dying.models.retrain(platform, 'again', 'r2'), /killed/)
  await dying.registry.refresh()
  assert.equal(dying.registry.current('*')?.model.digest, first)
  const left = new Set((await rowsOf('acme')).map(row => row.model_digest))
  assert.equal(left.size, 2, 'rows of a model that never served')
  clock = at(12).getTime()
  const verdict = await models.retrain(platform, 'once more', 'r3')
  assert.equal(verdict['accepted'], true, String(verdict['sentence']))
  const second = String(verdict['digest'])
  for (const tenant of tenants)
    assert.deepEqual(new Set((await rowsOf(tenant)).map(row => row.model_digest)), new Set([first, second]))
})

test('rolling back returns to a model with its own rows, and of many models those of the newest five are kept, and of what is acted on', async () => {
  clock = at(13).getTime()
  const before = (await rowsOf('acme')).filter(row => row.model_digest === first)
  await models.rollback(platform, 'it got worse', 'r4')
  assert.equal(registry.current('*')?.model.digest, first)
  assert.deepEqual(
    (await rowsOf('acme')).filter(row => row.model_digest === first),
    before,
  )
  // In one of the two tenants it is acted on, however many are promoted after it.
  await db.transaction(['borg'], handle =>
    handle.query(`insert into acting_versions values ('borg', $1, 'main', $2, 1, $3)`, [question.pod, first, at(13)]),
  )
  for (let k = 0; k < 6; k++) {
    clock = at(14 + k).getTime()
    const verdict = await models.retrain(platform, 'nightly', `n${k}`)
    assert.equal(verdict['accepted'], true, String(verdict['sentence']))
  }
  const digests = new Set((await rowsOf('acme')).map(row => row.model_digest))
  assert.equal(digests.size, 5)
  assert.ok(!digests.has(first) && digests.has(registry.current('*')!.model.digest))
  assert.equal(new Set((await calibratorsOf('acme')).map(([digest]) => digest)).size, 5)
  assert.ok((await rowsOf('borg')).some(row => row.model_digest === first))
  assert.equal(new Set((await calibratorsOf('borg')).map(([digest]) => digest)).size, 6)
})
