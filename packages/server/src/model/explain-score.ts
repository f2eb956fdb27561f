import type { FeatureSpec, FeatureValue } from '@surety/contract'
import { encodeRows, explainLinear, sigmoid } from '@surety/stats'
import { readEncoder, type UnsignedModel } from './artefact.ts'
import { fullCoefficients } from './columns.ts'

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
  /** `training_mean`: the average training row. `zero`: a model without column means, so every column stands at 0. */
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
 * SHAP values of a linear model in log-odds of the probability that was shown: the sigmoid calibration is part of the
 * line, p = logistic(a·z + b). They say what a score is associated with, not what caused anything.
 * @param values in the order of the model's features
 * @see Lundberg & Lee 2017, corollary 1
 */
export function explainScore(model: UnsignedModel, values: readonly FeatureValue[]): ScoreExplanation | NotExplained {
  const encoders = model.features.map(name => readEncoder(name, model.encoders[name]!))
  const { a, b } = model.calibration
  const coefficients = fullCoefficients(model, model.coefficients).map(coefficient => a * coefficient)
  const means = model.column_means
  const baseline = Float64Array.from(fullCoefficients(model, means ?? model.columns.map(() => 0)))
  const intercept = a * model.intercept + b
  const found = explainLinear(encoders, coefficients, intercept, baseline, encodeRows(encoders, [values]))
  if (!found.ok) return { ok: false, sentence: `The contributions were refused: ${found.detail}.` }
  const contributions = model.features.map((feature, f) => {
    return { feature, value: values[f] ?? null, contribution: found.contributions[f]! }
  })
  const margin = found.margins[0]!
  return {
    ok: true,
    baseline: means === undefined ? 'zero' : 'training_mean',
    base: found.base,
    margin,
    probability: sigmoid(margin),
    contributions: contributions.sort((x, y) => Math.abs(y.contribution) - Math.abs(x.contribution)),
  }
}
