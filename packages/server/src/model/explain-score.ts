import type { FeatureSpec, FeatureValue } from '@surety/contract'
import { type Explanations, encodeRows, explainLinear, explainTrees, type Refusal, sigmoid } from '@surety/stats'
import { fitOf, type LogisticFit, readEncoder, type TreesFit, type UnsignedModel } from './artefact.ts'
import { fullCoefficients } from './columns.ts'
import { featureOfColumns, treeModel, treeTable } from './trees.ts'

/** What one feature adds to the log-odds of this case, measured from the baseline. */
export interface Contribution {
  readonly feature: string
  readonly value: FeatureValue
  /** Log-odds. */
  readonly contribution: number
}

/** base + sum of the contributions = margin, within 1e-9; logistic(margin) = probability. */
export interface ScoreExplanation {
  readonly ok: true
  readonly method: Explanations['method']
  /**
   * `training_mean`: the average training row, of trees what they say of the training evidence on average. `zero`: a model
   * without column means, so every column stands at 0.
   */
  readonly baseline: 'training_mean' | 'zero'
  readonly base: number
  readonly margin: number
  readonly probability: number
  /** One per feature of the model, largest first. */
  readonly contributions: readonly Contribution[]
}

export interface NotExplained {
  readonly ok: false
  readonly sentence: string
}

/** The values of a stored vector in the order of a model; what the vector lacks is missing. */
export function valuesOf(
  model: Pick<UnsignedModel, 'features'>,
  specs: readonly Pick<FeatureSpec, 'name'>[],
  vector: readonly FeatureValue[],
): readonly FeatureValue[] {
  const byName = new Map(specs.map((spec, place) => [spec.name, vector[place] ?? null]))
  return model.features.map(name => byName.get(name) ?? null)
}

/**
 * SHAP values in log-odds of the probability that was shown: the sigmoid calibration is part of the sum,
 * p = logistic(a·z + b). They say what a score is associated with, not what caused anything.
 * @param values in the order of the model's features
 * @see Lundberg & Lee 2017, corollary 1 (linear); Lundberg 2020 (trees)
 */
export function explainScore(model: UnsignedModel, values: readonly FeatureValue[]): ScoreExplanation | NotExplained {
  const fit = fitOf(model)
  const found = fit.kind === 'trees' ? explainedTrees(model, fit, values) : explainedLine(model, fit, values)
  if (!found.ok) return { ok: false, sentence: `The contributions were refused: ${found.detail}.` }
  const contributions = model.features.map((feature, f) => {
    return { feature, value: values[f] ?? null, contribution: found.contributions[f]! }
  })
  const margin = found.margins[0]!
  return {
    ok: true,
    method: found.method,
    baseline: fit.kind === 'logistic' && fit.column_means === undefined ? 'zero' : 'training_mean',
    base: found.base,
    margin,
    probability: sigmoid(margin),
    contributions: contributions.sort((x, y) => Math.abs(y.contribution) - Math.abs(x.contribution)),
  }
}

function explainedLine(
  model: UnsignedModel,
  fit: LogisticFit,
  values: readonly FeatureValue[],
): Explanations | Refusal {
  const encoders = model.features.map(name => readEncoder(name, model.encoders[name]!))
  const { a, b } = model.calibration
  const coefficients = fullCoefficients(model, fit.coefficients).map(coefficient => a * coefficient)
  const baseline = Float64Array.from(fullCoefficients(model, fit.column_means ?? fit.columns.map(() => 0)))
  return explainLinear(encoders, coefficients, a * fit.intercept + b, baseline, encodeRows(encoders, [values]))
}

/** Shapley values of the columns, summed over those of one feature. */
function explainedTrees(model: UnsignedModel, fit: TreesFit, values: readonly FeatureValue[]): Explanations | Refusal {
  const { a, b } = model.calibration
  // Tables would pay from hundreds of rows on.
  const found = explainTrees(treeModel(fit), { megabytes: 0 }).explainTable(treeTable(model, [values]))
  if (!found.ok) return found
  const contributions = new Float64Array(model.features.length)
  for (const [column, feature] of featureOfColumns(model).entries())
    contributions[feature]! += a * found.contributions[column]!
  return { ...found, contributions, base: a * found.base + b, margins: found.margins.map(z => a * z + b) }
}
