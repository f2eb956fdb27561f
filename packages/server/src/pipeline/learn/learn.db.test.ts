import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { FeatureSpec, Principal } from '@surety/contract'
import { rng } from '@surety/stats'
import { createModels } from '../../manage/models/models.ts'
import { createRegistry } from '../../manage/models/registry.ts'
import { isWorthRunning } from '../../manage/models/worth.ts'
import { leadFeatures } from '../../model/example-model.ts'
import { makeSigningKey, trust } from '../../model/signature.ts'
import { appendAudit } from '../../store/audit.ts'
import { saveSchema } from '../../store/feature-schemas.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { createLearner } from './learner.ts'
import { readRows } from './rows.ts'
import type { RowChange } from './training-row.ts'

const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database
const start = Date.parse('2026-02-01T00:00:00Z')
const minute = 60_000
const pod = 'customer-ops'
const place = { pod, question: 'main' }
const asked = { pod, name: 'main', modelScope: 'all', baseFeatures: leadFeatures } as const
await db.transaction([], handle => ensurePartitions(handle, new Date(start), new Date(start + 40 * 86_400_000)))

const more: readonly FeatureSpec[] = [...leadFeatures, { name: 'attr.size', kind: 'numeric', meaning: 'size' }]

/** Decisions of a tenant, one a minute, outcome following score and intent; `attr.size` only where declared. */
async function decide(tenant: string, count: number, seed: number, specs = leadFeatures): Promise<(0 | 1)[]> {
  const random = rng(seed)
  const hash = `schema-${specs.length}`
  const labels: (0 | 1)[] = []
  await db.transaction([tenant], async handle => {
    await saveSchema(handle, { tenant, pod, hash, specs, at: new Date(start) })
    for (let k = 0; k < count; k++) {
      const score = random.uniform()
      const intent = ['quote', 'info', 'support'][random.int(3)]!
      const z = 4 * (score - 0.5) + (intent === 'quote' ? 1 : -0.5)
      labels.push(random.uniform() < 1 / (1 + Math.exp(-z)) ? 1 : 0)
      const values = [score, random.int(200), random.int(24), tenant, intent, 'neutral', 'medium', random.int(9)].slice(
        0,
        specs.length,
      )
      const at = new Date(start + k * minute)
      const id = `00000000-0000-4000-8000-${String(k).padStart(12, '0')}`
      await handle.query({
        name: 'test_key',
        text: `insert into event_keys values ($1, $2, $2, 'lead.created', '', $3, $4)`,
        values: [tenant, `L${k}`, at, id],
      })
      await handle.query({
        name: 'test_decision',
        text: `insert into decisions (tenant_id, decision_id, pod, case_id, subject, event_id, occurred_at, recorded_at,
          schema_hash, features, enrichment, probability, calibration_size, policy_version, threshold, action, mode, gate, automatic, propensity, state, reason, latency_us)
          values ($1, $2, 'customer-ops', $3, $3, $3, $4, $4, $5, $6, '{}', 0.5, 0, 1, 0.7, 'start_followup', 'acting', 'certified', false, 1, 'queued', 'not_certified', 10)`,
        values: [tenant, id, `L${k}`, at, hash, JSON.stringify(values)],
      })
    }
  })
  return labels
}

let outcomes = 0
async function settle(tenant: string, k: number, label: 0 | 1 | null, atMs = start + 30 * 86_400_000): Promise<void> {
  outcomes++
  const outcome = label === null ? 'qualified' : label === 1 ? 'booked' : 'ghosted'
  await db.transaction([tenant], handle =>
    handle.query({
      name: 'test_outcome',
      text: `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, occurred_at, recorded_at)
        values ($1, $2, 'customer-ops', $3, $4, $5, 'reported', $6, $6)`,
      values: [tenant, `O${String(outcomes).padStart(8, '0')}`, `L${k}`, outcome, label, new Date(atMs + outcomes)],
    }),
  )
}

async function readAll(tenant: string, since: Parameters<typeof readRows>[3] = null) {
  const changes: RowChange[] = []
  const pages = readRows(db, place, tenant, since)
  let page = await pages.next()
  for (; !page.done; page = await pages.next()) changes.push(...page.value.changes)
  return { changes, cursor: page.value }
}

test('settled cases come with their recorded vectors and the label that counts by now, and open ones are taken out', async () => {
  await decide('words', 4, 3)
  await settle('words', 0, 0)
  await settle('words', 1, null)
  await settle('words', 2, 1)
  await settle('words', 0, 1)
  await settle('words', 2, null)
  const { changes, cursor } = await readAll('words')
  assert.deepEqual(
    changes.map(({ id, label }) => [id, label]),
    [
      ['words/L0', 1],
      ['words/L1', null],
      ['words/L2', null],
      ['words/L0', 1],
      ['words/L2', null],
    ],
  )
  const first = changes[0]!
  assert.ok(first.label !== null)
  assert.equal(first.at, start)
  assert.equal(first.values[3], 'words')
  await settle('words', 3, 1, start + 31 * 86_400_000)
  const later = await readAll('words', cursor)
  await settle('words', 1, 0, start + 32 * 86_400_000)
  // The last minute is read twice, for transactions that committed late.
  const latest = await readAll('words', later.cursor)
  assert.deepEqual(
    latest.changes.map(change => change.id),
    ['words/L3', 'words/L1'],
  )
  assert.deepEqual(await readAll('nobody'), { changes: [], cursor: null })
})

test('outcomes whose decision is gone are passed over, and what comes after them is read', async () => {
  await decide('gaps', 1, 3)
  await db.transaction(['gaps'], handle =>
    handle.query(
      `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, occurred_at, recorded_at)
        select 'gaps', 'gone' || n, 'customer-ops', 'gone', 'booked', 1, 'reported', $1, $1 from generate_series(1, 5001) n`,
      [new Date(start)],
    ),
  )
  await settle('gaps', 0, 1)
  const { changes } = await readAll('gaps')
  assert.deepEqual(
    changes.map(({ id, label }) => [id, label]),
    [['gaps/L0', 1]],
  )
})

test('a tenant is read in its own session: another tenant with the same case ids stays apart', async () => {
  await decide('here', 2, 5)
  await decide('there', 2, 6)
  await settle('here', 0, 1)
  await settle('there', 0, 0)
  await settle('there', 1, 0)
  assert.deepEqual(
    (await readAll('here')).changes.map(change => change.id),
    ['here/L0'],
  )
})

test('a nightly run learns from all tenants, writes its verdict and serves the model; the next one meets a champion', async () => {
  const tenants = ['acme', 'borg']
  for (const [n, tenant] of tenants.entries()) {
    const labels = await decide(tenant, 450, 10 + n, n === 0 ? leadFeatures : more)
    for (const [k, label] of labels.entries()) await settle(tenant, k, label)
  }
  const { key } = makeSigningKey()
  const now = () => new Date(start + 31 * 86_400_000)
  const base = { db, now, floor: 0.65 }
  const trusted = trust(new Map(), key)
  const registry = createRegistry({ ...base, question: asked, trusted })
  const retrained: string[] = []
  const models = createModels({
    ...base,
    registry,
    question: asked,
    signingKey: key,
    modelPath: null,
    audit: appendAudit,
    tenants: async () => tenants,
    learner: scope =>
      createLearner({
        db,
        question: place,
        baseFeatures: leadFeatures,
        scope,
        tenants: async () => tenants,
        segmentFeatures: ['intent'],
        golden: [],
      }),
    seed: 1,
    onRetrain: result => void retrained.push(result),
  })
  const platform: Principal = { kind: 'key', keyId: 'k', tenant: '*', role: 'operator', name: 'ops', limits: {} }
  const runs = await Promise.allSettled([
    models.retrain(platform, 'first', 'r1'),
    models.retrain(platform, 'second', 'r2'),
  ])
  const [first, second] = runs
  assert.ok(first?.status === 'fulfilled' && second?.status === 'rejected')
  assert.equal(second.reason.code, 'retrain_running')
  assert.equal(first.value['accepted'], true, String(first.value['sentence']))
  const serving = registry.current('*')!
  assert.equal(serving.model.metrics.n_train, 720)
  assert.deepEqual(serving.model.features.slice(7), ['attr.size'])
  assert.deepEqual(serving.model.encoders['tenant'], { kind: 'onehot', levels: ['acme', 'borg'], other: 'zero' })
  assert.deepEqual(serving.model.training.label_sources, { reported: 900 })
  const again = await models.learn('*', { actor: 'system', reason: 'nightly', requestId: undefined })
  const champion = (again['checks'] as { name: string; value: number | null }[]).find(
    check => check.name === 'champion',
  )
  assert.equal(champion?.value, 0)
  assert.equal(again['version'], Number(first.value['version']) + 1)
  // The same rows again make no better model.
  assert.deepEqual(retrained, ['accepted', 'refused'])
  await db.transaction(['*'], async handle => {
    const { rows } = await handle.query<{ action: string }>(
      `select action from audit where tenant_id = '*' order by seq`,
    )
    assert.deepEqual(
      rows.map(row => row.action),
      ['model.retrained', 'model.retrain_refused'],
    )
  })
  const restarted = createRegistry({ ...base, question: asked, trusted })
  const there = createModels({
    ...base,
    registry: restarted,
    question: asked,
    signingKey: key,
    modelPath: null,
    audit: appendAudit,
    tenants: async () => tenants,
    learner: () => assert.fail(),
    seed: 1,
  })
  await there.start()
  assert.equal(restarted.drift('acme').rows, 900)
  assert.ok(restarted.drift('acme').score < 0.5)
})

const allOld = { waiting: 0, learnedUntil: null }

test('a run without enough labels is refused with its shortfall and leaves nothing serving', async () => {
  await decide('few', 30, 9)
  for (let k = 0; k < 30; k++) await settle('few', k, (k % 2) as 0 | 1)
  await using learner = createLearner({
    db,
    question: place,
    baseFeatures: leadFeatures,
    scope: 'few',
    tenants: async () => ['few'],
    segmentFeatures: [],
    golden: [],
  })
  assert.deepEqual(await learner.refresh(), { labels: 30, fresh: 30, ...allOld })
  assert.deepEqual(await learner.refresh(), { labels: 30, fresh: 0, ...allOld })
  await settle('few', 0, 1)
  await settle('few', 1, null)
  assert.deepEqual(await learner.refresh(), { labels: 29, fresh: 2, ...allOld })
  const outcome = await learner.train({ nowMs: start, version: 1, seed: 1, minAuc: 0.65, champion: null })
  assert.ok(!outcome.stopped && !outcome.verdict.accepted)
  assert.match(outcome.verdict.sentence, /more training rows/)
})

test('cases that are too young are not learned from, whatever their label, and the next night is worth one until they are old enough', async () => {
  const labels = await decide('young', 600, 4)
  for (const [k, label] of labels.entries()) await settle('young', k, label, start + 600 * minute)
  const { key } = makeSigningKey()
  let until = start + 299 * minute
  const now = () => new Date(start + 31 * 86_400_000)
  const base = { db, now, floor: 0.65, question: asked }
  const trained = async () => {
    const models = createModels({
      ...base,
      registry: createRegistry({ ...base, trusted: trust(new Map(), key) }),
      signingKey: key,
      modelPath: null,
      audit: appendAudit,
      tenants: async () => ['young'],
      learner: scope =>
        createLearner({
          db,
          question: place,
          baseFeatures: leadFeatures,
          scope,
          tenants: async () => ['young'],
          segmentFeatures: [],
          golden: [],
          learnableUntil: async () => new Date(until),
        }),
      seed: 1,
    })
    const verdict = await models.learn('young', { actor: 'system', reason: 'nightly', requestId: undefined })
    const worth = await isWorthRunning(db, { ...place, scope: 'young' }, ['young'], new Date())
    return [Number(verdict['n_train']) + Number(verdict['n_test']), worth]
  }
  assert.deepEqual(await trained(), [300, true])
  until = start + 700 * minute
  assert.deepEqual(await trained(), [600, false])
})
