import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { placeOf } from '@surety/contract'
import { rng } from '@surety/stats'
import { purgePage, replaceRows } from '../../store/calibration-rows.ts'
import { lastCalibrator } from '../../store/calibrators.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { refreshCalibrator } from './calibrators.ts'
import { maturityMs, maturityRule } from './maturity.ts'
import { readLabels } from './read-labels.ts'
import { dayMs, putDecisions, putOutcomes } from './testing/settled-cases.ts'

const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database
const start = Date.parse('2026-02-01T00:00:00Z')
const hourMs = 3_600_000
await db.transaction([], handle => ensurePartitions(handle, new Date(start), new Date(start + 120 * dayMs)))
const question = { pod: 'customer-ops', name: 'main', modelScope: 'all', maturityDays: 30 } as const
const at = (days: number): Date => new Date(start + days * dayMs)
const digest = 'a'.repeat(64)

/** `count` decisions, ten minutes apart from `from`, each settled `delayDays` later. */
async function settled(tenant: string, count: number, from: Date, delayDays: number, name = 'c'): Promise<void> {
  const random = rng(`${tenant}${name}`)
  const rows = Array.from({ length: count }, (_, k) => {
    const probability = random.uniform()
    const label: 0 | 1 = random.uniform() < probability ? 1 : 0
    return { caseId: `${name}${k}`, at: new Date(from.getTime() + k * 600_000), probability, digest, label }
  })
  await putDecisions(db, tenant, question.pod, rows)
  await putOutcomes(
    db,
    tenant,
    question.pod,
    rows.map(({ caseId, at: decided, label }) => ({
      caseId,
      at: new Date(decided.getTime() + delayDays * dayMs),
      label,
    })),
  )
}

const refresh = async (tenant: string, now: Date) => {
  await readLabels(db, tenant, question, null, now)
  return refreshCalibrator(db, tenant, question, digest, now)
}
const last = (tenant: string, session = tenant) =>
  db.transaction([session], handle => lastCalibrator(handle, { tenant, ...placeOf(question), digest }))

test('outcomes at a constant delay are mature at that delay; too few, or none, mean the days of the pod', async () => {
  const maturity = (tenant: string, now: Date) =>
    db.transaction([tenant], handle => maturityMs(handle, tenant, question, now))
  assert.equal(await maturity('constant', at(1)), 30 * dayMs)
  await settled('constant', 29, at(0), 7)
  assert.equal(await maturity('constant', at(8)), 30 * dayMs)
  await settled('constant', 1, at(0.5), 7, 'more')
  assert.equal(await maturity('constant', at(8)), 7 * dayMs)
  const rule = await db.transaction(['constant'], handle => maturityRule(handle, 'constant', question, at(8)))
  assert.deepEqual(rule, { ms: 7 * dayMs, method: 'delay_law', n: 30, labelled: 30 })
})

test('open cases count as open: where too many stay without outcome, the days of the pod hold', async () => {
  await settled('open', 60, at(0), 2)
  await putDecisions(
    db,
    'open',
    question.pod,
    Array.from({ length: 20 }, (_, k) => ({ caseId: `o${k}`, at: at(0), probability: 0.5, digest })),
  )
  const rule = await db.transaction(['open'], handle => maturityRule(handle, 'open', question, at(20)))
  assert.deepEqual(rule, { ms: 30 * dayMs, method: 'pod_default', n: 80, labelled: 60 })
})

test('an outcome that was taken back is open again, and an imported one says nothing of the delay', async () => {
  await settled('imports', 40, at(0), 3)
  const ids = Array.from({ length: 40 }, (_, k) => `c${k}`)
  await putOutcomes(db, 'imports', question.pod, [{ caseId: 'c0', at: at(9), label: null }])
  await putOutcomes(
    db,
    'imports',
    question.pod,
    ids.slice(30).map(caseId => ({
      caseId,
      at: at(50),
      label: 1 as const,
      source: 'imported' as const,
      quality: 'imported' as const,
    })),
  )
  const rule = await db.transaction(['imports'], handle => maturityRule(handle, 'imports', question, at(60)))
  assert.deepEqual([rule.n, rule.labelled, rule.method], [30, 29, 'pod_default'])
})

test('a first calibrator needs 30 mature rows, the next one an hour and 50 new labels; fewer confirm it, none leave it', async () => {
  await settled('acme', 29, at(0), 2)
  assert.deepEqual(await refresh('acme', at(3)), { kind: 'too_few', have: 0, need: 30 }, 'nothing is mature by the pod')
  assert.deepEqual(await refresh('acme', at(40)), { kind: 'too_few', have: 29, need: 30 })
  await settled('acme', 11, at(1), 2, 'd')
  const made = await refresh('acme', at(4))
  assert.deepEqual(made, await built('acme', 1, 40))
  const first = (await last('acme'))!
  assert.deepEqual(first.builtAt, at(4))

  await settled('acme', 49, new Date(at(2).getTime() + 1), 2, 'e')
  const soon = new Date(at(4).getTime() + hourMs - 1)
  assert.deepEqual(await refresh('acme', soon), { kind: 'unchanged', version: 1 }, 'looked at within the hour')
  assert.deepEqual(await refresh('acme', at(5)), { kind: 'confirmed', version: 1, fresh: 49 })
  assert.deepEqual(await last('acme'), { ...first, builtAt: at(5) })
  assert.deepEqual(await refresh('acme', at(5)), { kind: 'unchanged', version: 1 })

  // Those that confirmed it still count towards the next one.
  await settled('acme', 1, at(4), 2, 'f')
  const second = await refresh('acme', at(7))
  assert.deepEqual(second, await built('acme', 2, 90))
  assert.deepEqual(await refresh('acme', at(20)), { kind: 'unchanged', version: 2 })
  assert.deepEqual((await last('acme'))?.builtAt, at(7), 'without a new label it grows old')
  assert.equal(await last('acme', 'borg'), null)
})

async function built(tenant: string, version: number, n: number) {
  const found = await last(tenant)
  return { kind: 'built', version, n, positives: found?.positives ?? -1 }
}

test('labels that become mature later count as new then', async () => {
  await settled('ripe', 100, at(0), 3)
  await readLabels(db, 'ripe', question, null, at(10))
  const half = new Date(at(3).getTime() + 50 * 600_000 - 1)
  const first = await refreshCalibrator(db, 'ripe', question, digest, half)
  assert.ok(first.kind === 'built' && first.n === 50, JSON.stringify(first))
  const second = await refreshCalibrator(db, 'ripe', question, digest, at(5))
  assert.ok(second.kind === 'built' && second.n === 100, JSON.stringify(second))
})

test('two processes that refresh at once make one version, and twenty versions are kept', async () => {
  await settled('two', 60, at(0), 1)
  await readLabels(db, 'two', question, null, at(3))
  const both = await Promise.all([1, 2].map(() => refreshCalibrator(db, 'two', question, digest, at(3))))
  assert.deepEqual(both.map(found => found.kind).sort(), ['built', 'unchanged'])
  for (let k = 0; k < 21; k++) await refreshCalibrator(db, 'two', question, digest, at(3), { once: true })
  const { rows } = await db.transaction(['two'], handle =>
    handle.query(`select min(version), max(version), count(*) from calibrators where tenant_id = 'two'`),
  )
  assert.deepEqual(rows, [{ min: 3, max: 22, count: 20 }])
})

test('rows of held-out cases calibrate at once and for ever, live ones for 90 days; bulk answers never', async () => {
  const place = { tenant: 'held', ...placeOf(question), digest }
  const rows = Array.from({ length: 30 }, (_, k) => ({
    rowId: `h${k}`,
    probability: k / 30,
    label: (k % 2) as 0 | 1,
    decidedAt: at(-200),
    quality: 'human',
  }))
  const keep = () => db.transaction(['held'], handle => replaceRows(handle, place, 'held_out', rows, at(0)))
  await keep()
  assert.equal((await refreshCalibrator(db, 'held', question, digest, at(0))).kind, 'built')
  await keep()
  await settled('held', 60, at(0), 1)
  await putDecisions(db, 'held', question.pod, [{ caseId: 'bulk', at: at(0), probability: 0.5, digest }])
  await putOutcomes(db, 'held', question.pod, [{ caseId: 'bulk', at: at(1), label: 1, quality: 'bulk' }])
  const second = await refresh('held', at(5))
  assert.ok(second.kind === 'built' && second.n === 90, JSON.stringify(second))
  const late = await refreshCalibrator(db, 'held', question, digest, at(100), { once: true })
  assert.ok(late.kind === 'built' && late.n === 30, JSON.stringify(late))
})

test('rows and calibrators of models that nobody returns to are taken, those of the newest five and of what serves stay', async () => {
  const name = (k: number) => String(k).repeat(64)
  await db.transaction(['*'], async handle => {
    for (let k = 1; k <= 7; k++)
      await handle.query(
        `insert into models (tenant_id, pod, version, digest, artefact, accepted, validated, verdict, created_at, accepted_at)
          values ('*', $1, $2, $3, '', true, true, '{}', $4, $4)`,
        [question.pod, k, name(k), at(k)],
      )
    await handle.query(
      `insert into active_models (tenant_id, pod, version, digest, validated, activated_at) values ('*', $1, 1, $2, true, $3)`,
      [question.pod, name(1), at(0)],
    )
  })
  await db.transaction(['purge', 'kept'], async handle => {
    for (const tenant of ['purge', 'kept'])
      for (let k = 1; k <= 8; k++) {
        const row = { rowId: 'r', probability: 0.5, label: 1 as const, decidedAt: at(0), quality: 'human' }
        await replaceRows(handle, { tenant, ...placeOf(question), digest: name(k) }, 'held_out', [row], at(0))
      }
  })
  const audited = (id: string, watched: boolean) =>
    db.transaction(['purge'], handle =>
      handle.query(
        `insert into calibration_rows select tenant_id, pod, model_digest, $1, 'live', probability, label, decided_at, labelled_at,
          quality, 'start_followup', true, true, .02, $2 from calibration_rows where model_digest = $3 and row_id = 'r'`,
        [id, watched, name(8)],
      ),
    )
  await audited('waits for the tripwire', false)
  await audited('seen by it', true)
  assert.equal(await db.transaction(['purge'], handle => purgePage(handle, 'purge', question)), false)
  const left = await db.transaction(['purge', 'kept'], handle =>
    handle.query<{ tenant_id: string; kept: string }>(
      `select tenant_id, string_agg(left(model_digest, 1), '' order by model_digest) as kept from calibration_rows
        group by 1 order by 1`,
    ),
  )
  assert.deepEqual(left.rows, [
    { tenant_id: 'kept', kept: '12345678' },
    { tenant_id: 'purge', kept: '1345678' },
  ])
  const waiting = await db.transaction(['purge'], handle =>
    handle.query('select row_id from calibration_rows where model_digest = $1', [name(8)]),
  )
  assert.deepEqual(waiting.rows, [{ row_id: 'waits for the tripwire' }])
})
