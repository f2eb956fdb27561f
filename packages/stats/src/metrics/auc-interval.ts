import { covarianceAround } from '../covariance.ts'
import { checkTwoClasses } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { normalPpf } from '../special/normal.ts'
import { placements } from './placements.ts'

/** ROC AUC with its uncertainty. `one_sided_bound` when the sample is perfectly ranked one way or the other. */
export interface AucInterval {
  readonly ok: true
  readonly value: number
  readonly lower: number
  readonly upper: number
  readonly n: number
  readonly positives: number
  /** Coverage as a fraction in (0, 1). */
  readonly level: number
  readonly method: 'delong_logit' | 'delong_plain' | 'one_sided_bound'
  /** Standard error of the AUC (DeLong); 0 for `one_sided_bound`. */
  readonly se: number
}

/**
 * ROC AUC with DeLong's interval.
 *
 * The logit scale (default) keeps the interval inside (0, 1) and honest near 1; `plain` is the symmetric textbook form.
 * At an AUC of exactly 0 or 1 the variance estimate is 0 and says nothing, so the one-sided bound
 * (1 - level)^(1/min(positives, negatives)) takes its place: conservative, never a zero-width interval.
 * @param level coverage as a fraction in (0, 1)
 * @returns     or `empty`, `one_class`, `not_finite`, `out_of_range`, `too_few` (2 rows of each class are needed
 *              unless the ranking is perfect)
 * @see DeLong, DeLong & Clarke-Pearson 1988; Sun & Xu 2014; fixture from R pROC on the aSAH patients
 */
export function aucInterval(
  scores: Float64Array,
  y: Uint8Array,
  level = 0.95,
  scale: 'logit' | 'plain' = 'logit',
): AucInterval | Refusal {
  if (!(level > 0 && level < 1))
    return refuse('out_of_range', Number.isFinite(level) ? level : 0, 1, 'level must be in (0, 1)')
  const counts = checkTwoClasses(scores, y)
  if ('ok' in counts) return counts
  const { auc: value, positives, negatives } = placements(scores, y)
  const known = { ok: true, value, n: counts.n, positives: counts.positives, level } as const
  const smaller = Math.min(counts.positives, counts.negatives)
  if (value === 0 || value === 1) {
    const bound = (1 - level) ** (1 / smaller)
    const [lower, upper] = value === 1 ? [bound, 1] : [0, 1 - bound]
    return { ...known, lower, upper, method: 'one_sided_bound', se: 0 }
  }
  if (smaller < 2) return refuse('too_few', smaller, 2, 'an AUC interval needs two rows of each class')
  const variance =
    covarianceAround(positives, value, positives, value) / positives.length +
    covarianceAround(negatives, value, negatives, value) / negatives.length
  const se = Math.sqrt(variance)
  const z = normalPpf((1 + level) / 2)
  if (scale === 'plain') {
    const [lower, upper] = [Math.max(0, value - z * se), Math.min(1, value + z * se)]
    return { ...known, lower, upper, method: 'delong_plain', se }
  }
  const odds = value / (1 - value)
  const factor = Math.exp((z * se) / (value * (1 - value)))
  // odds/(odds + factor) is the back-transformed logit, written so that a huge factor gives 0 and 1, not Infinity/Infinity
  return { ...known, lower: odds / (odds + factor), upper: odds / (odds + 1 / factor), method: 'delong_logit', se }
}
