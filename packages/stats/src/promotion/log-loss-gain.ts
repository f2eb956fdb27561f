import { logLosses } from '../bootstrap/weighted-statistics.ts'
import { checkProbabilities } from '../labels.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { studentTPpf } from '../special/student-t.ts'

/** What a challenger gains over the champion on the same cases, in nats a case. */
export interface LogLossGain {
  readonly ok: true
  readonly n: number
  /** Log loss of the champion minus that of the challenger: above 0 the challenger is better. */
  readonly gain: number
  /** One-sided each: the gain is above `lower` with the level asked, and below `upper` with the level asked. */
  readonly lower: number
  readonly upper: number
  readonly challenger: number
  readonly champion: number
}

const fewest = 30

/**
 * The mean of paired differences with its Student bounds. Both models are asked about the same cases, so what is hard for both
 * cancels. Cases count as independent; differences are bounded by the clip at 1e-15, and a few sure errors widen the bounds.
 * @param challenger,champion probabilities in [0, 1], one per case each
 * @param y     0 or 1 per case, same order
 * @param level of each bound by itself, in (0, 1)
 * @returns     or `empty`, `not_finite`, `out_of_range`, `too_few` (fewer than 30 cases)
 * @throws RangeError arrays of unequal length
 */
export function logLossGain(
  challenger: Float64Array,
  champion: Float64Array,
  y: Uint8Array,
  level = 0.95,
): LogLossGain | Refusal {
  if (!(level > 0 && level < 1))
    return refuse('out_of_range', Number.isFinite(level) ? level : 0, 1, 'level must be in (0, 1)')
  const counts = checkProbabilities(challenger, y)
  if ('ok' in counts) return counts
  const other = checkProbabilities(champion, y)
  if ('ok' in other) return other
  const n = y.length
  if (n < fewest) return refuse('too_few', n, fewest, `${fewest} cases are needed`)
  const [own, old] = [logLosses(challenger, y), logLosses(champion, y)]
  const gain = old.reduce((sum, loss, i) => sum + loss - own[i]!, 0) / n
  const variance = old.reduce((sum, loss, i) => sum + (loss - own[i]! - gain) ** 2, 0) / (n - 1)
  const away = studentTPpf(level, n - 1) * Math.sqrt(variance / n)
  const mean = (losses: Float64Array): number => losses.reduce((sum, loss) => sum + loss, 0) / n
  return { ok: true, n, gain, lower: gain - away, upper: gain + away, challenger: mean(own), champion: mean(old) }
}
