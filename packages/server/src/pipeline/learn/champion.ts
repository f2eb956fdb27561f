import type { FeatureSpec } from '@surety/contract'
import { aucInterval, delongPaired } from '@surety/stats'
import type { ModelArtefact } from '../../model/artefact.ts'
import { compileModel } from '../../model/scorer.ts'
import type { TrainingRow } from './training-row.ts'
import { type Check, check, shown } from './verdict.ts'

/** The challenger may be worse by this much at the lower end of the paired interval. */
export const championMargin = -0.02

/** Scores of the champion and the challenger on the cases that both can score. */
export interface Duel {
  readonly champion: Float64Array
  readonly challenger: Float64Array
  readonly labels: Uint8Array
}

export function duel(
  champion: ModelArtefact,
  specs: readonly FeatureSpec[],
  rows: readonly TrainingRow[],
  scores: Float64Array,
): Duel {
  const scorer = compileModel(champion)
  const schema = { hash: 'training', specs }
  const old: number[] = []
  const own: number[] = []
  const labels: number[] = []
  for (const [k, row] of rows.entries()) {
    const { probability } = scorer.score(schema, row.values)
    if (probability === null) continue
    old.push(probability)
    own.push(scores[k]!)
    labels.push(row.label)
  }
  return { champion: Float64Array.from(old), challenger: Float64Array.from(own), labels: Uint8Array.from(labels) }
}

/** Paired on the same held-out cases: not worse than the margin at the lower bound. */
export function championCheck(duelled: Duel | null): Check {
  if (duelled === null) return check('champion', null, 'There is no champion to compare with.')
  const found = delongPaired(duelled.challenger, duelled.champion, duelled.labels)
  if (!found.ok)
    return check('champion', null, `The champion cannot be compared: ${found.detail}.`, { n: duelled.labels.length })
  const { difference, lower, n } = found
  const sentence = `AUC ${shown(found.aucA)} against ${shown(found.aucB)} of the champion on the same ${n} cases: difference ${shown(difference)}, at least ${shown(lower)} (95 %); not under ${championMargin} is needed.`
  return check('champion', lower > championMargin, sentence, { value: lower, limit: championMargin, n })
}

/**
 * Labels that run against a model that used to rank well: mirrored at full strength is an exchange of labels, not drift.
 * @param own AUC of the candidate with its upper bound: one that ranks later cases backwards is suspect by itself
 */
export function flippedCheck(
  duelled: Duel | null,
  champion: ModelArtefact | null,
  own: { readonly auc: number; readonly upper: number },
): Check {
  if (own.upper < 0.5) {
    const sentence = `The newest labels run against the older ones (AUC ${shown(own.auc)}): they may have been exchanged.`
    return check('flipped_labels', false, sentence, { value: own.auc, limit: 0.5 })
  }
  const found = duelled === null ? null : aucInterval(duelled.champion, duelled.labels)
  if (champion === null || found === null || !found.ok) {
    const sentence = 'The newest labels do not run against the older ones; no champion can tell more.'
    return check('flipped_labels', true, sentence, { value: own.auc, limit: 0.5 })
  }
  const numbers = { value: found.value, limit: 0.5, n: found.n }
  if (found.upper < 0.5 && 1 - found.value >= champion.metrics.auc_ci[0]) {
    const sentence = `The champion ranks these cases backwards (AUC ${shown(found.value)}, once ${shown(champion.metrics.auc)}): labels may have been exchanged.`
    return check('flipped_labels', false, sentence, numbers)
  }
  const sentence = `The champion ranks these cases with AUC ${shown(found.value)}: the labels are not exchanged.`
  return check('flipped_labels', true, sentence, numbers)
}
