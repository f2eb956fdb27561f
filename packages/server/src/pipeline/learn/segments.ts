import type { FeatureSpec } from '@surety/contract'
import { rocAuc } from '@surety/stats'
import type { TrainingRow } from './training-row.ts'
import { type Check, check, shown } from './verdict.ts'

const segmentFloor = 0.55
const leastSegmentRows = 50
const leastLiveRows = 50

/** One slice of the held-out cases. `auc` null: one class only, so unknown. */
export type Segment = {
  readonly feature: string
  readonly level: string
  readonly n: number
  readonly positives: number
  readonly auc: number | null
}

/** Held-out cases by tenant and by each segment feature; slices of fewer than 50 rows are left out. */
export function segmentsOf(
  specs: readonly FeatureSpec[],
  features: readonly string[],
  rows: readonly TrainingRow[],
  scores: Float64Array,
): readonly Segment[] {
  const readers: [string, (row: TrainingRow) => string][] = [['tenant', row => row.tenant]]
  for (const feature of features) {
    const place = specs.findIndex(spec => spec.name === feature)
    if (place >= 0 && feature !== 'tenant') readers.push([feature, row => String(row.values[place] ?? 'missing')])
  }
  return readers.flatMap(([feature, read]) => {
    const members = Map.groupBy(rows.keys(), k => read(rows[k]!))
    return [...members]
      .filter(([, places]) => places.length >= leastSegmentRows)
      .map(([level, places]) => ({ feature, level, ...judge(places, rows, scores) }))
      .sort((a, b) => (a.level < b.level ? -1 : 1))
  })
}

function judge(places: readonly number[], rows: readonly TrainingRow[], scores: Float64Array) {
  const labels = Uint8Array.from(places, k => rows[k]!.label)
  const found = rocAuc(
    Float64Array.from(places, k => scores[k]!),
    labels,
  )
  const positives = labels.reduce((sum, label) => sum + label, 0)
  return { n: places.length, positives, auc: found.ok ? found.value : null }
}

export function segmentCheck(segments: readonly Segment[]): Check {
  const known = segments.filter(segment => segment.auc !== null)
  const first = known[0]
  if (first === undefined)
    return check('segments', null, `No segment has ${leastSegmentRows} held-out cases of both classes.`, {
      limit: segmentFloor,
    })
  const worst = known.reduce((low, segment) => (segment.auc! < low.auc! ? segment : low), first)
  const failed = known.filter(segment => segment.auc! < segmentFloor)
  const numbers = { value: worst.auc, limit: segmentFloor, n: worst.n }
  const name = (segment: Segment) =>
    `${segment.feature} ${segment.level} (AUC ${shown(segment.auc!)}, ${segment.n} cases)`
  if (failed.length > 0)
    return check('segments', false, `Too weak in ${failed.map(name).join(', ')}; ${segmentFloor} is needed.`, numbers)
  return check('segments', true, `Weakest of ${known.length} segments: ${name(worst)}.`, numbers)
}

/** Imported labels must not carry a model that fails on what the service itself saw. */
export function liveLabelCheck(rows: readonly TrainingRow[], scores: Float64Array, minAuc: number): Check {
  const places = [...rows.keys()].filter(k => rows[k]!.source !== 'imported')
  if (places.length < leastLiveRows)
    return check(
      'live_labels',
      null,
      `${places.length} held-out cases have live labels; ${leastLiveRows} are needed.`,
      {
        limit: minAuc,
        n: places.length,
      },
    )
  const { auc, n } = judge(places, rows, scores)
  if (auc === null) return check('live_labels', null, `The ${n} live labels are of one class.`, { limit: minAuc, n })
  const sentence = `AUC ${shown(auc)} on ${n} cases with live labels; ${minAuc} is needed.`
  return check('live_labels', auc >= minAuc, sentence, { value: auc, limit: minAuc, n })
}
