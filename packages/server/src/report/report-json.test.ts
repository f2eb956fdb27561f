import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@surety/contract'
import { reportJson } from './report-json.ts'
import { sampleInput } from './testing/sample-input.ts'

const member = (value: JsonObject, name: string): JsonObject => value[name] as JsonObject

test('the AUC counts only decisions that had a model and have an outcome', () => {
  const input = sampleInput(3000)
  input.outcome.fill(-1, 2900)
  const report = reportJson(input)
  const auc = member(report, 'auc')
  assert.equal(auc['n'], 1900)
  assert.ok(Number(auc['lower']) < Number(auc['value']) && Number(auc['value']) < Number(auc['upper']))
  assert.deepEqual(member(report, 'serving'), {
    first_model_at: new Date(input.at[1000]!).toISOString(),
    decisions_with_model: 2000,
    decisions_without_model: 1000,
  })
})

test('a hand-made AUC: three of four pairs in order is 0.75', () => {
  const input = sampleInput(4, {
    probability: Float64Array.of(0.1, 0.4, 0.35, 0.8),
    outcome: Int8Array.of(0, 0, 1, 1),
  })
  assert.equal(member(reportJson(input), 'auc')['value'], 0.75)
})

test('the same history gives the same bytes, but for when and how fast it ran', () => {
  const one = reportJson(sampleInput(3000))
  const other = reportJson(sampleInput(3000, { runAt: '2027-01-01T00:00:00.000Z', lineSeconds: 9, latencyUs: null }))
  assert.equal(JSON.stringify(one), JSON.stringify(reportJson(sampleInput(3000))))
  assert.deepEqual(Object.keys(one), Object.keys(other))
  const changed = Object.keys(one).filter(key => JSON.stringify(one[key]) !== JSON.stringify(other[key]))
  assert.deepEqual(changed, ['events_per_second', 'line_seconds', 'latency_us', 'run_at'])
  assert.equal(one['events_per_second'], 4800)
})

test('promises of other budgets stand beside the first, each judged at the 1 % level', () => {
  const input = sampleInput(3000)
  const strict = { ...input, actions: [input.actions[0]!, { ...input.actions[1]!, alpha: 0.002 }] }
  type Certified = { alpha: number; promise_kept: boolean; errors: number; second_half: { promise_kept: boolean } }
  const report = JSON.parse(JSON.stringify(reportJson({ ...input, others: [strict] }))) as {
    certified: Certified[]
    other_budgets: { certified: Certified[] }[]
  }
  const told = ({ alpha, promise_kept: kept, second_half: half }: Certified) => [alpha, kept, half.promise_kept]
  assert.deepEqual(told(report.certified[1]!), [0.05, true, true])
  assert.deepEqual(told(report.other_budgets[0]!.certified[1]!), [0.002, false, false])
  assert.equal(report.other_budgets[0]!.certified[1]!.errors, report.certified[1]!.errors)
})

test('a history without decisions refuses each number and says why', () => {
  const report = reportJson(sampleInput(0))
  const { reason, value, n } = member(report, 'auc')
  assert.deepEqual({ reason, value, n }, { reason: 'empty', value: null, n: 0 })
  assert.deepEqual(report['auc_over_time'], [])
  assert.equal(member(member(report, 'calibration'), 'ece')['reason'], 'empty')
})

test('one outcome only gives no AUC and no slope, but a Brier score', () => {
  const input = sampleInput(600)
  input.outcome.fill(0)
  const report = reportJson(input)
  assert.equal(member(report, 'auc')['reason'], 'one_class')
  assert.equal(member(member(report, 'calibration'), 'slope')['reason'], 'one_class')
  assert.equal(typeof member(member(report, 'calibration'), 'brier')['value'], 'number')
  assert.equal((report['auc_over_time'] as JsonObject[])[0]?.['reason'], 'too_few')
})

test('windows of the AUC share the decisions out evenly and hold at least 30 of each outcome', () => {
  const report = reportJson(sampleInput(9000))
  const windows = report['auc_over_time'] as JsonObject[]
  assert.equal(windows.length, 20)
  assert.equal(
    windows.reduce((sum, window) => sum + Number(window['n']), 0),
    6000,
  )
  for (const window of windows) assert.ok(window['value'] !== null && Number(window['positives']) >= 30)
  for (let i = 1; i < windows.length; i++) assert.ok(String(windows[i - 1]!['to']) < String(windows[i]!['from']))
})

test('histogram and days conserve the decisions', () => {
  const report = reportJson(sampleInput(3000))
  const total = (rows: JsonObject[], ...keys: string[]): number =>
    rows.reduce((sum, row) => sum + keys.reduce((part, key) => part + Number(row[key]), 0), 0)
  assert.equal(total(report['histogram'] as JsonObject[], 'yes', 'no', 'unknown'), 2000)
  assert.equal(total(report['decisions_per_day'] as JsonObject[], 'scored', 'not_scored'), 3000)
})

test('every verdict is listed with its sentence and its checks', () => {
  const [refused, accepted] = reportJson(sampleInput(3000))['models'] as JsonObject[]
  assert.equal(refused?.['verdict'], 'refused')
  assert.match(String(refused?.['sentence']), /0\.65 is needed/)
  assert.equal(accepted?.['verdict'], 'accepted')
  assert.deepEqual(accepted?.['auc_ci'], [0.69, 0.79])
})
