import type { FeatureSpec, FeatureValue } from '@surety/contract'
import { rocAuc } from '@surety/stats'
import type { TrainingRow } from './training-row.ts'
import { type Check, check, shown } from './verdict.ts'

/** A single feature that ranks later cases this well knows the outcome. */
export const leakLimit = 0.99
/** Rows looked at on each side: a leak this strong shows in few rows. */
const sampleRows = 2000
const bins = 20

/**
 * Each feature alone: label rates per level (numbers in twenty equal shares, missing apart) learned on training rows,
 * ranked on held-out rows. A value that is only there after the outcome gives itself away here, also by being absent.
 */
export function leakCheck(
  specs: readonly FeatureSpec[],
  rows: readonly TrainingRow[],
  labels: Uint8Array,
  trainRows: number,
): Check {
  const train = every(0, trainRows)
  const held = every(trainRows, rows.length)
  const y = Uint8Array.from(held, row => labels[row]!)
  const base = train.reduce((sum, row) => sum + labels[row]!, 0) / train.length
  let worst = { name: '', auc: 0 }
  for (const [place, spec] of specs.entries()) {
    const read = (row: number): FeatureValue => rows[row]!.values[place] ?? null
    const level = spec.kind === 'categorical' || spec.kind === 'boolean' ? String : binOf(train.map(read))
    const rates = new Map<string, { n: number; positives: number }>()
    for (const row of train) {
      const key = level(read(row))
      const rate = rates.get(key) ?? { n: 0, positives: 0 }
      rates.set(key, { n: rate.n + 1, positives: rate.positives + labels[row]! })
    }
    const scores = Float64Array.from(held, row => {
      const rate = rates.get(level(read(row)))
      return rate === undefined ? base : (rate.positives + base) / (rate.n + 1)
    })
    const found = rocAuc(scores, y)
    if (found.ok && found.value > worst.auc) worst = { name: spec.name, auc: found.value }
  }
  const numbers = { value: worst.auc, limit: leakLimit, n: held.length }
  const alone = `${worst.name} alone ranks later cases with AUC ${shown(worst.auc)}`
  if (worst.auc >= leakLimit)
    return check('leak', false, `${alone}: it seems to be known only after the outcome.`, numbers)
  return check('leak', true, worst.name === '' ? 'No feature ranks anything.' : `No leak seen: ${alone}.`, numbers)
}

/** At most `sampleRows` row numbers from `from` to `until`, evenly spread. */
function every(from: number, until: number): number[] {
  const stride = Math.max(1, Math.ceil((until - from) / sampleRows))
  const found: number[] = []
  for (let row = from; row < until; row += stride) found.push(row)
  return found
}

function binOf(values: readonly FeatureValue[]): (value: FeatureValue) => string {
  const sorted = Float64Array.from(
    values.filter(value => typeof value === 'number' && Number.isFinite(value)) as number[],
  ).sort()
  const edges = new Set<number>()
  for (let k = 1; k < bins && sorted.length > 0; k++) edges.add(sorted[Math.floor((sorted.length * k) / bins)]!)
  const cuts = [...edges]
  return value => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return 'missing'
    let bin = 0
    while (bin < cuts.length && value >= cuts[bin]!) bin++
    return String(bin)
  }
}
