import { type Decision, type Explanation, type FeatureSpec, type JsonObject, ruleVersionOf } from '@surety/contract'
import type { UnsignedModel } from '../../model/artefact.ts'
import { modelDigest } from '../../model/digest.ts'
import { explainScore, valuesOf } from '../../model/explain-score.ts'
import { singleChanges } from '../../model/single-changes.ts'

type OfModel = Pick<Explanation, 'explanation' | 'single_changes'>

const shownFeatures = 5

/**
 * What the model that decided says of this case: the model of the decision, not the one that serves now.
 * @param text   of that model's file; null: it is not kept
 * @param shared the model learned from all tenants, so that levels which only another tenant may know are not named
 */
export function explainModel(
  decision: Decision,
  specs: readonly FeatureSpec[],
  text: string | null,
  shared: boolean,
): OfModel {
  const { score, threshold } = decision
  const rule = ruleVersionOf(decision)
  if (rule !== null)
    return without(
      `No model served: version ${rule} of the rule ${score.probability === null ? 'failed on' : 'scored'} this case.`,
    )
  if (score.modelDigest === null) return without('No model scored this case.')
  if (score.probability === null) return without('The model gave no probability for this case.')
  const model = text === null ? null : readModel(text, score.modelDigest)
  if (model === null) return without('The model that scored this case is not kept, or not as it was.')
  const values = valuesOf(model, specs, decision.features)
  const found = explainScore(model, values)
  if (!found.ok) return without(found.sentence)
  // The record holds what was decided on; an explanation of another number would explain nothing.
  if (Math.abs(found.probability - score.probability) > 1e-9)
    return without('The stored features do not give the probability of the record.')
  const top = found.contributions.slice(0, shownFeatures)
  const rest = found.contributions.slice(shownFeatures).reduce((sum, { contribution }) => sum + contribution, 0)
  const mayName = (feature: string): boolean => !shared || (feature !== 'tenant' && !feature.startsWith('attr.'))
  return {
    explanation: {
      available: true,
      sentence:
        found.baseline === 'zero'
          ? 'This model carries no means of its columns: contributions are measured against a zero baseline.'
          : found.method === 'tree_shap'
            ? 'Contributions are measured from what the trees say on average over the training cases.'
            : 'Contributions are measured from the average training row.',
      method: found.method,
      unit: 'log-odds',
      baseline: found.baseline,
      base: found.base,
      margin: found.margin,
      probability: found.probability,
      features: top.map(({ feature, value, contribution }) => {
        return { feature, value, contribution, direction: directionOf(contribution) }
      }),
      rest,
    },
    single_changes: singleChanges(model, values, threshold, mayName).map(change => {
      const { feature, from, way } = change
      return { feature, from, way, values: change.way === 'one_of' ? [...change.values] : [change.value] }
    }),
  }
}

/** In log-odds; sums of floats leave less than this where there is nothing. */
const nothing = 1e-9

const directionOf = (contribution: number): string =>
  Math.abs(contribution) < nothing
    ? 'no difference'
    : `associated with a ${contribution > 0 ? 'higher' : 'lower'} probability`

const without = (sentence: string): OfModel => ({ explanation: { available: false, sentence }, single_changes: [] })

/** The stored file, if it still is what the digest names. */
function readModel(text: string, digest: string): UnsignedModel | null {
  const model = JSON.parse(text) as UnsignedModel & JsonObject
  return modelDigest(model) === digest ? model : null
}
