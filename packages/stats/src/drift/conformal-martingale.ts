import type { Rng } from '../rng.ts'
import { rankCounter } from './rank-counter.ts'

/** What the bet has come to; plain JSON, so that it survives a restart. */
export interface MartingaleState {
  /** All scores so far, ascending. */
  readonly scores: readonly number[]
  /** ln of the factor taken out of `parts` to keep them of ordinary size. */
  readonly logScale: number
  /** Capital of the bets "scores fall", "nothing", "scores rise". */
  readonly parts: readonly [number, number, number]
  /** ln of the largest capital so far. */
  readonly highestLog: number
}

/** A bet against "the scores come in random order". */
export interface ConformalMartingale {
  /**
   * Takes one score in.
   * @returns the p-value of this score, uniform on [0, 1) while the order is random
   * @throws RangeError for NaN
   */
  add(score: number): number
  /** ln of the capital, which began at ln 1 = 0. */
  logCapital(): number
  /** True once the capital has ever reached 1/alpha. */
  alarm(alpha: number): boolean
  /** Scores seen. */
  n(): number
  state(): MartingaleState
}

/** How to bet. */
export interface MartingaleOptions {
  /** Share of the capital that is spread evenly over the three bets before each score; in [0, 1]. Default .01. */
  readonly jump?: number
  readonly from?: MartingaleState
}

/**
 * Conformal test martingale, the simple jumper: has the stream of scores changed, however long we look? While the scores
 * are exchangeable its capital is a fair game, so P(it ever reaches 1/alpha) <= alpha (Ville), at any stopping time.
 *
 * p_t = (#{scores above} + U·#{scores equal})/t over all scores up to t, itself included; each bet e in {-1, 0, 1} first
 * gives `jump` of its capital to the common pot, then is multiplied by 1 + e·(p_t - ½). O(log t) per score.
 * @param draw breaks ties; one uniform per score
 * @throws RangeError when jump is outside [0, 1]
 * @see Vovk 2021, Testing randomness online
 */
export function conformalMartingale(draw: Rng, options: MartingaleOptions = {}): ConformalMartingale {
  const jump = options.jump ?? 0.01
  if (!(jump >= 0 && jump <= 1)) throw new RangeError(`jump must be in [0, 1], got ${jump}`)
  const scores = rankCounter(options.from?.scores)
  let [fall, stay, rise] = options.from?.parts ?? [1 / 3, 1 / 3, 1 / 3]
  let logScale = options.from?.logScale ?? 0
  let highestLog = options.from?.highestLog ?? 0
  const logCapital = () => logScale + Math.log(fall + stay + rise)
  return {
    add: score => {
      scores.add(score)
      const p = (scores.above(score) + draw.uniform() * scores.equal(score)) / scores.size()
      const pot = (jump * (fall + stay + rise)) / 3
      fall = ((1 - jump) * fall + pot) * (1.5 - p)
      stay = (1 - jump) * stay + pot
      rise = ((1 - jump) * rise + pot) * (0.5 + p)
      const capital = fall + stay + rise
      if (capital > 1e100 || capital < 1e-100) {
        logScale += Math.log(capital)
        fall /= capital
        stay /= capital
        rise /= capital
      }
      highestLog = Math.max(highestLog, logCapital())
      return p
    },
    logCapital,
    alarm: alpha => {
      if (!(alpha > 0 && alpha < 1)) throw new RangeError(`alpha must be in (0, 1), got ${alpha}`)
      return highestLog >= -Math.log(alpha)
    },
    n: () => scores.size(),
    state: () => ({ scores: Array.from(scores.values()), logScale, parts: [fall, stay, rise], highestLog }),
  }
}
