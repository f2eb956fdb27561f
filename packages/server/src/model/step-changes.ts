import type { FeatureValue } from '@surety/contract'
import type { TreesFit, UnsignedModel } from './artefact.ts'
import { featureOfColumns, thresholdsOf } from './trees.ts'

type StepChange =
  | { readonly way: 'at_least' | 'at_most'; readonly value: number }
  | { readonly way: 'one_of'; readonly values: readonly number[] }

/** Values between two thresholds all score alike, so one of each is asked. With more than these nothing is offered. */
const mostThresholds = 400

/** Neighbouring steps that all flip. */
interface Run {
  readonly from: number
  readonly to: number
}

/**
 * Where a number crosses in trees, whose probability goes up and down in steps: the nearest values below and above the
 * present one that flip, within what training saw.
 * @param place of the feature in the model
 * @param now   where nothing is known of it, the lowest values that flip
 */
export function stepChanges(
  model: UnsignedModel,
  fit: TreesFit,
  place: number,
  now: FeatureValue,
  flips: (value: number) => boolean,
): readonly StepChange[] {
  const range = model.feature_stats[model.features[place]!]
  if (range === undefined || !(range.min < range.max)) return []
  const { min, max } = range
  const column = featureOfColumns(model).indexOf(place)
  const cuts = thresholdsOf(fit, column).filter(cut => cut >= min && cut < max)
  if (cuts.length === 0 || cuts.length > mostThresholds) return []
  const runs = runsOf([min, ...cuts.map(nextAbove)], [...cuts, max], flips)
  const known = typeof now === 'number' && Number.isFinite(now)
  const below = known ? runs.findLast(run => run.to < now) : undefined
  const above = known ? runs.find(run => run.from > now) : runs[0]
  const changes: StepChange[] = []
  if (below !== undefined) changes.push(changeOf(below, below.to))
  if (above !== undefined) changes.push(changeOf(above, above.from))
  return changes

  function changeOf({ from, to }: Run, nearest: number): StepChange {
    if (to === max) return { way: 'at_least', value: from }
    return from === min ? { way: 'at_most', value: to } : { way: 'one_of', values: [nearest] }
  }
}

function runsOf(starts: readonly number[], ends: readonly number[], flips: (value: number) => boolean): readonly Run[] {
  const runs: Run[] = []
  let open: number | null = null
  for (const [k, end] of ends.entries()) {
    const flipped = flips(end)
    if (flipped) open ??= starts[k]!
    else if (open !== null) {
      runs.push({ from: open, to: ends[k - 1]! })
      open = null
    }
  }
  return open === null ? runs : [...runs, { from: open, to: ends.at(-1)! }]
}

/** The next double or the one after it. */
const nextAbove = (value: number): number => value + Math.max(Math.abs(value) * Number.EPSILON, Number.MIN_VALUE)
