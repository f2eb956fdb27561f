import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { placeOf } from '@surety/contract'
import { Problem } from '../errors.ts'
import { calibration, uploadCalibration } from '../manage/autonomy/calibration.ts'
import { podNamed, pods } from '../pods.ts'
import { appendAudit } from '../store/audit.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { calibrate } from './calibrate.ts'

const database = await openTestDatabase()
const folder = await mkdtemp(join(tmpdir(), 'surety-calibrate-'))
after(async () => {
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})
const { db } = database
const [question] = podNamed('customer-ops').questions
const digest = 'a'.repeat(64)
const now = () => new Date('2026-03-01T00:00:00Z')
const service = calibration({ db, now, audit: appendAudit, pods, defaultPod: question.pod })
const admin = (tenant: string) =>
  ({ kind: 'key', keyId: 'k', tenant, role: 'admin', name: 'test', limits: {} }) as const

/** Runs the command on a file with these lines. */
async function run(
  tenant: string,
  lines: readonly string[],
  more: { args?: readonly string[]; mostRows?: number } = {},
) {
  const path = join(folder, 'pairs.csv')
  await writeFile(path, lines.join('\n'))
  const out: string[] = []
  const err: string[] = []
  const io = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    open: async () => ({
      podNames: [question.pod],
      mostRows: more.mostRows ?? 1000,
      async upload(of: string, _: string, given: Parameters<typeof uploadCalibration>[3]) {
        const asker = { actor: 'cli', requestId: undefined, at: now() }
        try {
          return await uploadCalibration({ db, audit: appendAudit }, of, question, given, asker)
        } catch (error) {
          if (error instanceof Problem) return 'no_model' as const
          throw error
        }
      },
      async [Symbol.asyncDispose]() {},
    }),
  }
  const code = await calibrate(more.args ?? [path, '--tenant', tenant, '--pod', question.pod], io)
  return { code, err, answer: out.length === 0 ? null : JSON.parse(out.at(-1)!) }
}

const good = (count: number) =>
  Array.from({ length: count }, (_, k) => `${(k % 10) / 10},${k % 10 > 4 === (k % 7 > 0) ? 1 : 0}`)
const rowsOf = async (tenant: string) =>
  (
    await db.transaction([tenant], handle =>
      handle.query<{ row_id: string; source: string; quality: string; model_digest: string }>(
        'select row_id, source, quality, model_digest from calibration_rows order by row_id',
      ),
    )
  ).rows

test('without a model that serves nothing is stored, and the view says so', async () => {
  const refused = await run('acme', ['prediction,actual', ...good(40)])
  assert.equal(refused.code, 3)
  assert.match(refused.answer.error, /No model serves/)
  assert.deepEqual(await rowsOf('acme'), [])
  await assert.rejects(
    service.upload(admin('acme'), { of: {}, prediction: Array(40).fill(0.5), actual: Array(40).fill(1) }, 'r'),
    { code: 'no_active_model' },
  )
  const view = await service.get('acme', {}, undefined)
  assert.deepEqual(
    [view['model'], view['reason'], view['calibrator'], view['realised']],
    [null, 'no_model', null, null],
  )
  await db.transaction(['*'], handle =>
    handle.query(
      `insert into active_models (tenant_id, pod, version, digest, validated, activated_at) values ('*', $1, 7, $2, true, $3)`,
      [question.pod, digest, now()],
    ),
  )
  assert.equal((await service.get('acme', {}, undefined))['reason'], 'no_calibration')
})

test('fact 45: of 35 rows with 3 bad ones 32 are stored and 3 listed; 31 with 2 bad ones are refused and change nothing', async () => {
  const rows = good(35)
  rows[3] = '1.2,1'
  rows[10] = '0.5,maybe'
  rows[34] = '0.5'
  const stored = await run('acme', ['prediction,actual', ...rows])
  assert.deepEqual(stored.answer, {
    ok: true,
    stored: 32,
    skipped: 3,
    skipped_lines: [5, 12, 36],
    version: 1,
    calibration_size: 32,
  })
  assert.deepEqual(stored.err.slice(0, 3), [
    'line 5 skipped: prediction is not a number from 0 to 1.',
    'line 12 skipped: actual is neither 0 nor 1.',
    'line 36 skipped: prediction is not a number from 0 to 1.',
  ])
  const before = await rowsOf('acme')
  assert.equal(before.length, 32)
  assert.ok(before.every(row => row.source === 'csv' && row.quality === 'imported' && row.model_digest === digest))
  const few = good(31)
  few[0] = '-0.1,1'
  few[1] = 'x,1'
  const refused = await run('acme', ['prediction,actual', ...few])
  assert.deepEqual([refused.code, refused.answer.have, refused.answer.need], [3, 29, 30])
  assert.deepEqual(await rowsOf('acme'), before)
})

test('a new upload takes the place of the last one, makes a calibrator at once and is in the audit log', async () => {
  const again = await run('acme', [
    '\uFEFFid;"Actual";Prediction',
    ...good(50).map((row, k) => `${k};${row.split(',').reverse().join(';')}`),
  ])
  assert.deepEqual([again.code, again.answer.stored, again.answer.version], [0, 50, 2])
  assert.equal((await rowsOf('acme')).length, 50)
  assert.deepEqual(await rowsOf('borg'), [], 'another tenant sees nothing')
  const { rows } = await db.transaction(['acme'], handle =>
    handle.query(`select actor, action, detail from audit order by seq desc limit 1`),
  )
  assert.deepEqual(rows[0], {
    actor: 'cli',
    action: 'calibration.uploaded',
    detail: { ...placeOf(question), model_digest: digest, stored: 50, skipped: 0 },
  })
})

test('one class alone is taken; at most 20 bad rows are listed; too many rows and other files are refused', async () => {
  const bad = Array.from({ length: 25 }, () => 'no,1')
  const one = await run('mono', ['prediction,actual', ...Array(30).fill('.25,0'), ...bad])
  assert.deepEqual([one.code, one.answer.stored, one.answer.skipped, one.answer.skipped_lines.length], [0, 30, 25, 20])
  assert.ok(one.err.includes('... and 5 more.'))
  assert.equal((await run('mono', ['prediction,actual', ...good(41)], { mostRows: 40 })).code, 3)
  assert.equal((await run('mono', ['p,y', ...good(40)])).code, 3)
  assert.equal((await run('mono', [])).code, 3)
  assert.equal(
    (await run('mono', [], { args: [join(folder, 'none.csv'), '--tenant', 'mono', '--pod', question.pod] })).code,
    1,
  )
  assert.equal((await run('mono', [], { args: ['pairs.csv', '--tenant', 'mono'] })).code, 2)
  assert.equal((await run('mono', [], { args: ['pairs.csv', '--tenant', 'mono', '--pod', 'nothing'] })).code, 2)
  assert.equal((await rowsOf('mono')).length, 30)
})

test('over HTTP two columns of unequal length and too few rows are refused, bad rows are listed', async () => {
  const upload = (prediction: readonly unknown[], actual: readonly unknown[], name?: string) =>
    service.upload(admin('http'), { of: { pod: name }, prediction, actual }, 'r1')
  const p = Array.from({ length: 40 }, (_, k) => k / 40)
  const y = Array.from({ length: 40 }, (_, k) => k % 2)
  await assert.rejects(upload(p, y.slice(1)), { code: 'validation_failed' })
  await assert.rejects(upload(p, y, 'nothing'), { code: 'validation_failed' })
  await assert.rejects(upload([...p.slice(0, 29), null, true], y.slice(0, 31)), {
    code: 'too_few_rows',
    errors: [
      { path: 'rows.30', code: 'skipped', message: 'prediction is not a number from 0 to 1.' },
      { path: 'rows.31', code: 'skipped', message: 'prediction is not a number from 0 to 1.' },
    ],
  })
  assert.deepEqual(await rowsOf('http'), [])
  assert.deepEqual(await upload([...p, Number.NaN], [...y, 1]), {
    stored: 40,
    skipped: 1,
    skipped_rows: [{ row: 41, why: 'prediction is not a number from 0 to 1' }],
    version: 1,
    calibration_size: 40,
  })
})

test('the view tells what bounds rest on and how sets did on left-out cases; only 90, 95 and 99 % can be asked', async () => {
  const n = 2000
  const p = Array.from({ length: n }, (_, k) => ((k * 7919) % n) / n)
  const y = p.map((value, k) => (((k * 104_729) % 1000) / 1000 < value ? 1 : 0))
  await service.upload(admin('view'), { of: placeOf(question), prediction: p, actual: y }, 'r1')
  const view = await service.get('view', {}, 90)
  assert.deepEqual(view['rows'], { csv: n })
  assert.deepEqual(view['model'], { digest, version: 7 })
  const calibrator = view['calibrator'] as { n: number; version: number; calibration_score: number; sources: object }
  assert.deepEqual([calibrator.n, calibrator.version, calibrator.sources], [n, 1, { csv: n }])
  assert.ok(calibrator.calibration_score > 0.9)
  type Share = { value: number; lower: number; upper: number; n: number }
  type Realised = { overall: Share; label_0: Share; label_1: Share; width_p50: number }
  const realised = view['realised'] as unknown as Realised
  for (const share of [realised.overall, realised.label_0, realised.label_1])
    assert.ok(share.lower <= 0.9 && share.value > 0.87 && share.upper >= 0.9, JSON.stringify(share))
  assert.equal(realised.label_0.n + realised.label_1.n, n)
  assert.ok(realised.width_p50 > 0 && realised.width_p50 < 0.2)
  assert.match(String(view['assumption']), /exchangeable/)
  const strict = await service.get('view', {}, 99)
  assert.ok((strict['realised'] as unknown as Realised).overall.value > realised.overall.value)
  assert.ok(
    (strict['absolute_residual'] as { radius: number }).radius >
      (view['absolute_residual'] as { radius: number }).radius,
  )
  for (const coverage of [85, 0, 100, 90.5])
    await assert.rejects(service.get('view', {}, coverage), { code: 'unsupported_coverage', status: 400 })
  assert.deepEqual((await service.get('nobody', {}, undefined))['rows'], {})
})
