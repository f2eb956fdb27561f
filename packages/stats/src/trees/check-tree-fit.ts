import { type Refusal, refuse } from '../refusal.ts'
import type { TreeOptions } from './fit-trees.ts'
import type { TreeFeature } from './tree-model.ts'
import type { TreeTable } from './tree-table.ts'

/** What the training rows say before any tree. */
export interface TreeFitFacts {
  readonly positives: number
  /** Log-odds of the weighted base rate. */
  readonly logOdds: number
}

/** Checks everything `fitTrees` is given, in the order in which it is reported. */
export function checkTreeFit(
  features: readonly TreeFeature[],
  table: TreeTable,
  y: Uint8Array,
  options: TreeOptions,
): TreeFitFacts | Refusal {
  const { rows, columns, values } = table
  if (values.length !== rows * columns) throw new RangeError(`${values.length} values are not ${rows} × ${columns}`)
  if (features.length !== columns) throw new RangeError(`${features.length} features for ${columns} columns`)
  if (y.length !== rows) throw new RangeError(`${rows} rows but ${y.length} labels`)
  const { weights, monotone, from, stopOn } = options
  if (weights && weights.length !== rows) throw new RangeError(`${rows} rows but ${weights.length} weights`)
  if (monotone && monotone.length !== columns)
    throw new RangeError(`${monotone.length} directions for ${columns} columns`)
  if (from && JSON.stringify(from.features) !== JSON.stringify(features))
    throw new RangeError('the model to continue was fitted on other features')
  if (rows === 0) return refuse('empty', 0, 1, 'no rows')
  const option = checkOptions(options, rows)
  if (option) return option
  if (monotone?.some((direction, f) => direction !== 0 && features[f]!.kind === 'categorical'))
    return refuse('out_of_range', 0, 1, 'a categorical column has no direction')
  for (let k = 0; k < values.length; k++) {
    if (values[k]! === Infinity || values[k]! === -Infinity)
      return refuse(
        'not_finite',
        Math.floor(k / columns),
        rows,
        `row ${Math.floor(k / columns)} holds an infinite value`,
      )
  }
  return checkLabels(y, weights, rows - (stopOn?.rows ?? 0))
}

function checkOptions(options: TreeOptions, rows: number): Refusal | null {
  const { trees = 100, depth = 6, learningRate = 0.1, lambda = 1, gamma = 0, minChildWeight = 1 } = options
  const { minChildRows = 1, workers = 1, sample, stopOn } = options
  const wrong = (what: string) => refuse('out_of_range', 0, 1, what)
  const whole = (value: number, low: number, high: number) => Number.isInteger(value) && value >= low && value <= high
  const share = (value = 1) => value > 0 && value <= 1
  if (!whole(trees, 1, 100_000)) return wrong('trees must be a whole number of at least 1')
  if (!whole(depth, 0, 10)) return wrong('depth must be a whole number from 0 to 10')
  if (!share(learningRate)) return wrong('learningRate must be above 0 and at most 1')
  if (![lambda, gamma, minChildWeight].every(value => value >= 0 && value < Infinity))
    return wrong('lambda, gamma and minChildWeight must be at least 0')
  if (lambda + minChildWeight === 0) return wrong('lambda and minChildWeight must not both be 0')
  if (!whole(minChildRows, 1, 2 ** 31)) return wrong('minChildRows must be a whole number of at least 1')
  if (!whole(workers, 1, 64)) return wrong('workers must be a whole number from 1 to 64')
  if (!share(sample?.rows) || !share(sample?.columns)) return wrong('samples must be shares above 0 and at most 1')
  if (stopOn && !whole(stopOn.rows, 1, rows - 1)) return wrong('the slice for stopping must leave rows to train on')
  if (stopOn && !whole(stopOn.patience ?? 20, 1, 100_000)) return wrong('patience must be a whole number of at least 1')
  return null
}

function checkLabels(y: Uint8Array, weights: Float64Array | undefined, trainRows: number): TreeFitFacts | Refusal {
  const sums = [0, 0]
  let positives = 0
  let later = 0
  for (let i = 0; i < y.length; i++) {
    if (y[i]! > 1) return refuse('out_of_range', y[i]!, 1, `the label of row ${i} is neither 0 nor 1`)
    const weight = weights ? weights[i]! : 1
    if (!(weight >= 0 && weight < Infinity))
      return refuse('out_of_range', i, y.length, `the weight of row ${i} is not a number of at least 0`)
    if (i >= trainRows) later += weight
    else {
      sums[y[i]!]! += weight
      positives += y[i]!
    }
  }
  if (!(sums[1]! > 0)) return refuse('one_class', 0, 1, 'no row of class 1')
  if (!(sums[0]! > 0)) return refuse('one_class', 0, 1, 'no row of class 0')
  if (trainRows < y.length && !(later > 0)) return refuse('too_few', 0, 1, 'the slice for stopping has no weight')
  return { positives, logOdds: Math.log(sums[1]! / sums[0]!) }
}
