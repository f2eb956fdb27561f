import type { FeatureSpec } from '@surety/contract'
import { aucInterval, delongPaired, logLossGain } from '@surety/stats'
import type { ModelArtefact } from '../../model/artefact.ts'
import { compileModel } from '../../model/scorer.ts'
import type { TrainingRow } from './training-row.ts'
import { type Check, check, shown } from './verdict.ts'

/** The challenger may be worse by this much at the lower end of the paired interval. */
export const championMargin = -0.02

/** Probabilities of the champion and the challenger on the same cases. */
export interface Pairs {
  readonly champion: Float64Array
  readonly challenger: Float64Array
  readonly labels: Uint8Array
}

export interface Duel {
  /** Cases that both can score. */
  readonly scored: Pairs
  /** All cases; where the champion cannot score it says its base rate, which is what everybody knows without it. */
  readonly all: Pairs
}

export function duel(
  champion: ModelArtefact,
  specs: readonly FeatureSpec[],
  rows: readonly TrainingRow[],
  probabilities: Float64Array,
): Duel {
  const scorer = compileModel(champion)
  const schema = { hash: 'training', specs }
  const old = rows.map(row => scorer.score(schema, row.values).probability)
  const pairsOf = (places: readonly number[]): Pairs => ({
    champion: Float64Array.from(places, k => old[k] ?? champion.metrics.baseline_rate),
    challenger: Float64Array.from(places, k => probabilities[k]!),
    labels: Uint8Array.from(places, k => rows[k]!.label),
  })
  const places = rows.map((_, k) => k)
  return { scored: pairsOf(places.filter(k => old[k] !== null)), all: pairsOf(places) }
}

/** Paired on the same held-out cases: not worse than the margin at the lower bound. */
export function championCheck(duelled: Duel | null): Check {
  if (duelled === null) return check('champion', null, 'There is no champion to compare with.')
  const { challenger, champion, labels } = duelled.scored
  const found = delongPaired(challenger, champion, labels)
  if (!found.ok)
    return check('champion', null, `The champion cannot be compared: ${found.detail}.`, { n: labels.length })
  const { difference, lower, n } = found
  const sentence = `AUC ${shown(found.aucA)} against ${shown(found.aucB)} of the champion on the same ${n} cases: difference ${shown(difference)}, at least ${shown(lower)} (95 %); not under ${championMargin} is needed.`
  return check('champion', lower > championMargin, sentence, { value: lower, limit: championMargin, n })
}

/** Four places, and no minus before nothing. */
const nats = (value: number): string => (Math.round(value * 1e4) / 1e4 + 0).toFixed(4)

/** A challenger that is no better may take the place of a champion as old as this. */
const renewedAfterMs = 30 * 86_400_000
/** By so much its log loss may be worse then, in nats a case, at the upper bound. */
const renewalMargin = 0.002

/**
 * Better on the same held-out cases, or not worse where the champion is old: every change of model costs evidence and trust. Shown
 * by the one-sided 95 % bound of the paired gain in log loss.
 * @param champion how old it is, and whether it goes anyway, so that not worse is enough
 */
export function betterCheck(
  duelled: Duel | null,
  { ageMs, goes }: { readonly ageMs: number; readonly goes: boolean },
): Check {
  if (duelled === null) return check('better', null, 'There is no champion to be better than.')
  const { challenger, champion, labels } = duelled.all
  const unscored = labels.length - duelled.scored.labels.length
  const found = logLossGain(challenger, champion, labels)
  if (!found.ok) return check('better', null, `The champion cannot be compared: ${found.detail}.`, { n: labels.length })
  const limit = goes || ageMs > renewedAfterMs ? -renewalMargin : 0
  const days = Math.floor(ageMs / 86_400_000)
  const needed =
    limit === 0
      ? `the champion is ${days} days old, so above 0 is needed`
      : `${goes ? 'the champion is to go' : `the champion is ${days} days old`}, so above ${limit} is enough`
  const measured = `Log loss ${found.challenger.toFixed(4)} against ${found.champion.toFixed(4)} of the champion on the same ${found.n} cases${unscored === 0 ? '' : `, ${unscored} of which it cannot score and says its base rate`}: gain ${nats(found.gain)}, at least ${nats(found.lower)} (95 %)`
  return check('better', found.lower > limit, `${measured}; ${needed}.`, { value: found.lower, limit, n: found.n })
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
  const found = duelled === null ? null : aucInterval(duelled.scored.champion, duelled.scored.labels)
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
