import { benjaminiHochberg } from '../multiple/benjamini-hochberg.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** One question of a night: is there evidence, and how large is the change? */
export interface DriftQuestion {
  readonly name: string
  readonly p: number
  /** Size of the change, in the unit of its floor (D, PSI, Wasserstein per sigma or Jensen-Shannon distance). */
  readonly size: number
  /** Size from which on a change matters; default .1, which fits all four measures. */
  readonly floor?: number
  /** How much the model leans on the feature, any non-negative scale; default 1. */
  readonly importance?: number
  /** Change of the estimated performance that this feature explains; ranks before importance times size. */
  readonly damage?: number
}

/** The answer to one question. */
export interface DriftVerdict {
  readonly name: string
  readonly p: number
  readonly adjustedP: number
  readonly size: number
  readonly floor: number
  /** Evidence and size both pass. */
  readonly alarm: boolean
  /** Which gate holds an alarm back; `none` when there is one. */
  readonly heldBackBy: 'none' | 'evidence' | 'size' | 'both'
}

/** All answers, those that matter most first. */
export interface DriftVerdicts {
  readonly ok: true
  readonly verdicts: readonly DriftVerdict[]
  readonly alarms: number
  readonly n: number
  readonly level: number
  readonly method: 'benjamini_hochberg_and_floor'
}

/**
 * Two gates: an alarm needs evidence (Benjamini-Hochberg over everything asked tonight) and a change large enough to
 * matter. With a million rows a shift of a hundredth of a standard deviation is certain and harmless; with forty rows a
 * large one is common and means nothing.
 * @param questions everything that was tested, passed or not: leaving the quiet ones out would make the noisy ones alarms
 * @param level     adjusted p at or below which there is evidence (default .01)
 * @returns         verdicts by damage, then importance times size; or `empty`, `not_finite`, `out_of_range`
 */
export function twoGates(questions: readonly DriftQuestion[], level = 0.01): DriftVerdicts | Refusal {
  if (!(level > 0 && level < 1))
    return refuse('out_of_range', Number.isFinite(level) ? level : 0, 1, 'level must be in (0, 1)')
  const adjusted = benjaminiHochberg(Float64Array.from(questions, question => question.p))
  if (!adjusted.ok) return adjusted
  for (const [i, { name, size, floor = 0, importance = 0, damage = 0 }] of questions.entries()) {
    if (![size, floor, importance, damage].every(Number.isFinite))
      return refuse('not_finite', i, questions.length, `size, floor, importance or damage of ${name} is not finite`)
    if (Math.min(size, floor, importance) < 0)
      return refuse('out_of_range', -1, 0, `size, floor or importance of ${name} is negative`)
  }
  const verdicts = questions.map((question, i) => {
    const { name, p, size, floor = 0.1, importance = 1, damage = 0 } = question
    const adjustedP = adjusted.adjusted[i]!
    const [evidence, large] = [adjustedP <= level, size >= floor]
    const heldBackBy = evidence ? (large ? 'none' : 'size') : large ? 'evidence' : 'both'
    const verdict: DriftVerdict = { name, p, adjustedP, size, floor, alarm: evidence && large, heldBackBy }
    return { verdict, damage, weight: importance * size }
  })
  verdicts.sort(
    (a, b) =>
      Number(b.verdict.alarm) - Number(a.verdict.alarm) ||
      b.damage - a.damage ||
      b.weight - a.weight ||
      a.verdict.adjustedP - b.verdict.adjustedP,
  )
  return {
    ok: true,
    verdicts: verdicts.map(({ verdict }) => verdict),
    alarms: verdicts.filter(({ verdict }) => verdict.alarm).length,
    n: questions.length,
    level,
    method: 'benjamini_hochberg_and_floor',
  }
}
