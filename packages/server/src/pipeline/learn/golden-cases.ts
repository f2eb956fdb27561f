import { type FeatureValue, ownMember } from '@surety/contract'
import type { UnsignedModel } from '../../model/artefact.ts'
import { compileModel } from '../../model/scorer.ts'
import { type Check, check } from './verdict.ts'

/** A case whose probability must stay inside these bounds whatever is learned. */
export type GoldenCase = {
  readonly name: string
  readonly features: { readonly [feature: string]: FeatureValue }
  readonly least: number
  readonly most: number
}

export function goldenCheck(model: UnsignedModel, cases: readonly GoldenCase[]): Check {
  if (cases.length === 0) return check('golden_cases', true, 'No golden cases are pinned.', { value: 0, n: 0 })
  const scorer = compileModel(model)
  const schema = { hash: 'golden', specs: model.features.map(name => ({ name })) }
  const broken = cases.flatMap(golden => {
    const values = model.features.map(name => ownMember(golden.features, name) ?? null)
    const { probability } = scorer.score(schema, values)
    const kept = probability !== null && probability >= golden.least && probability <= golden.most
    const found = probability === null ? 'no score' : probability.toFixed(4)
    return kept ? [] : [`${golden.name} (${found}, must lie in ${golden.least} to ${golden.most})`]
  })
  const numbers = { value: broken.length, limit: 0, n: cases.length }
  if (broken.length > 0) return check('golden_cases', false, `Golden cases broken: ${broken.join(', ')}.`, numbers)
  return check('golden_cases', true, `All ${cases.length} golden cases hold.`, numbers)
}
