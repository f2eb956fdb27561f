import type { FeatureValue } from '@surety/contract'
import { logit } from '@surety/stats'
import { fitOf, type StoredEncoder, type UnsignedModel } from './artefact.ts'
import { compileModel, type Scorer } from './scorer.ts'
import { stepChanges } from './step-changes.ts'

/** One feature that alone, with everything else as it was, would put the probability on the other side of a threshold. */
export type SingleChange =
  | {
      readonly feature: string
      readonly from: FeatureValue
      /** Every value from here on (`at_least`) or up to here (`at_most`), within what training saw. */
      readonly way: 'at_least' | 'at_most'
      readonly value: number
    }
  | {
      readonly feature: string
      readonly from: FeatureValue
      readonly way: 'one_of'
      readonly values: readonly FeatureValue[]
    }

/** Values of a circle are tried one by one: hours, weekdays, months. */
const mostSteps = 400

/**
 * Which single values would move the probability across the threshold. Only values that training saw are offered.
 * @param values    in the order of the model's features
 * @param threshold on the probability, in (0, 1): below it or not is what would change
 * @param offer     whether the levels of a category may be named at all
 */
export function singleChanges(
  model: UnsignedModel,
  values: readonly FeatureValue[],
  threshold: number,
  offer: (feature: string) => boolean = () => true,
): readonly SingleChange[] {
  const asker = askerOf(model, values)
  const fit = fitOf(model)
  const now = asker(-1, null)
  if (now === null) return []
  const flips = (place: number, value: FeatureValue): boolean => {
    const then = asker(place, value)
    return then !== null && then >= threshold !== now >= threshold
  }
  return model.features.flatMap((feature, place): readonly SingleChange[] => {
    const from = values[place] ?? null
    const encoder = model.encoders[feature]!
    if (encoder.kind === 'standard' && fit.kind === 'trees')
      return stepChanges(model, fit, place, values[place] ?? null, value => flips(place, value)).map(change => {
        return { feature, from, ...change }
      })
    if (encoder.kind === 'standard') {
      const found = crossing(model, feature, encoder, threshold, value => asker(place, value), flips.bind(null, place))
      return found === null ? [] : [{ feature, from, ...found }]
    }
    if (encoder.kind === 'onehot' && !offer(feature)) return []
    const found = candidates(model, feature, encoder).filter(value => value !== from && flips(place, value))
    return found.length === 0 ? [] : [{ feature, from, way: 'one_of', values: found }]
  })
}

/** Probability with one value exchanged; place -1: as it is. null: the model would not score that. */
function askerOf(model: UnsignedModel, values: readonly FeatureValue[]) {
  const scorer: Scorer = compileModel(model)
  const schema = { hash: '', specs: model.features.map(name => ({ name })) }
  return (place: number, value: FeatureValue): number | null =>
    scorer.score(schema, place < 0 ? values : values.with(place, value)).probability
}

/** Where a number crosses: the line is straight between the two ends that training saw, but for the clipping beyond ±5. */
function crossing(
  model: UnsignedModel,
  feature: string,
  encoder: Extract<StoredEncoder, { kind: 'standard' }>,
  threshold: number,
  at: (value: number) => number | null,
  flips: (value: number) => boolean,
): { readonly way: 'at_least' | 'at_most'; readonly value: number } | null {
  const range = model.feature_stats[feature]
  if (range === undefined || encoder.std === 0) return null
  const low = Math.max(range.min, encoder.mean - 5 * encoder.std)
  const high = Math.min(range.max, encoder.mean + 5 * encoder.std)
  const ends = [at(low), at(high)] as const
  if (ends[0] === null || ends[1] === null || !(low < high)) return null
  const rises = flips(high)
  // Neither end is on the other side: nothing in between is. Both are: any value flips, which happens to a missing one.
  if (rises === flips(low)) return rises ? { way: 'at_least', value: low } : null
  const [z0, z1] = [logit(ends[0]), logit(ends[1])]
  const share = (logit(threshold) - z0) / (z1 - z0)
  const value = settle(low + share * (high - low), rises ? high : low, flips)
  return { way: rises ? 'at_least' : 'at_most', value }
}

/** The computed crossing, moved by a hair where rounding left it on the near side. */
function settle(value: number, far: number, flips: (value: number) => boolean): number {
  let step = Math.abs(far - value) * 1e-12
  let found = value
  while (!flips(found) && step < Math.abs(far - value)) {
    found = value + Math.sign(far - value) * step
    step *= 10
  }
  return flips(found) ? found : far
}

function candidates(model: UnsignedModel, feature: string, encoder: StoredEncoder): readonly FeatureValue[] {
  if (encoder.kind === 'onehot') return encoder.levels.filter(level => level !== 'missing')
  if (encoder.kind === 'boolean') return [true, false]
  const range = model.feature_stats[feature]
  if (encoder.kind !== 'cyclic' || range === undefined) return []
  const first = Math.ceil(range.min)
  const count = Math.min(mostSteps, Math.floor(range.max) - first + 1)
  return Array.from({ length: Math.max(0, count) }, (_, k) => first + k)
}
