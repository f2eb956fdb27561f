import { type Refusal, refuse } from '../refusal.ts'
import { type Budget, checkBudget } from './budget.ts'
import { logMean, type Tripwire } from './tripwire.ts'

/** The newest cases in which errors have been as frequent as a rate says. */
export interface ErrorRun {
  readonly audited: number
  readonly wrong: number
  /** ln of the bet on that rate since the run began; >= 0. */
  readonly log: number
}

/** The running evidence that an error budget is broken now, whatever was before; plain data. */
export interface RestartingTripwire extends Budget {
  readonly ok: true
  readonly method: 'restarting'
  /** Cases of one round: as many as it is fed in a year. After them it begins anew. */
  readonly span: number
  /** Cases of this round so far. */
  readonly fed: number
  /** Error rates that are bet on, each above epsilon. */
  readonly rates: readonly number[]
  /** ln of each bet that was placed when the round began. */
  readonly fresh: readonly number[]
  /** ln of 1 plus the sum of the bets that were placed before each case since. */
  readonly restarted: readonly number[]
  /** Cases audited since it was armed, and the wrong ones among them. */
  readonly audited: number
  readonly wrong: number
  /** Per rate the newest cases, since the evidence for it was last used up (a CUSUM), and what it has come to since. */
  readonly runs: readonly ErrorRun[]
  /** ln K. */
  readonly logEvidence: number
  /** True from the moment K reached 1/delta, for good. */
  readonly tripped: boolean
  /** How often it was armed: delta halves each time. */
  readonly armed: number
}

/** What is bet on: errors 1.4, 2 and 3 times as frequent as the budget allows. */
const ratios: readonly number[] = [1.4, 2, 3]
const highestRate = 0.95

/**
 * Arms a tripwire that is as quick after a long good time as at its start: P(it trips within a round while the error rate
 * stays at or below epsilon) <= delta, however often one looks. Half of the evidence is bet when a round begins, the other
 * half in equal parts before each of its cases; what is not yet bet is kept.
 * @param budget epsilon and delta in (0, 1)
 * @param span   cases it will be fed in a year, whole number >= 1; with fewer it is a little slow, with more delta holds per round
 * @returns      or `out_of_range`
 * @see Ville 1939; Shin, Ramdas & Rinaldo 2024 (e-detectors); docs/certificates.md
 */
export function armRestartingTripwire(budget: Budget, span: number): RestartingTripwire | Refusal {
  const problem = checkBudget(budget)
  if (problem) return problem
  if (!(Number.isInteger(span) && span >= 1))
    return refuse('out_of_range', Number.isFinite(span) ? span : 0, 1, `a round has at least one case, got ${span}`)
  const { epsilon, delta } = budget
  // Above .9 there is no room for the ratios: then half way to 1.
  const cap = Math.max(highestRate, (1 + epsilon) / 2)
  const rates = ratios.map(ratio => Math.min(cap, ratio * epsilon))
  const nothing = rates.map(() => 0)
  return {
    ok: true,
    method: 'restarting',
    epsilon,
    delta,
    span,
    fed: 0,
    rates,
    fresh: nothing,
    restarted: nothing,
    audited: 0,
    wrong: 0,
    runs: rates.map(() => noRun),
    logEvidence: 0,
    tripped: false,
    armed: 1,
  }
}

/**
 * The tripwire after one more audited act, O(1). Which acts are audited must not depend on their outcomes.
 * @param loss 1 wrong, 0 right, or a part in [0, 1]
 */
export function feedRestartingTripwire(before: RestartingTripwire, loss: number): RestartingTripwire {
  if (!(loss >= 0 && loss <= 1)) throw new RangeError(`a loss must be in [0, 1], got ${loss}`)
  const wire = before.fed === before.span ? beginRound(before, before.span) : before
  const { epsilon, rates, span } = wire
  const steps = rates.map(
    rate => loss * Math.log(rate / epsilon) + (1 - loss) * (Math.log1p(-rate) - Math.log1p(-epsilon)),
  )
  const fresh = wire.fresh.map((log, i) => log + steps[i]!)
  const restarted = wire.restarted.map((log, i) => Math.log1p(Math.exp(Math.min(log + steps[i]!, largest))))
  const fed = wire.fed + 1
  const logEvidence = evidenceOf(fresh, restarted, fed, span)
  return {
    ...wire,
    fed,
    fresh,
    restarted,
    audited: wire.audited + 1,
    wrong: wire.wrong + loss,
    runs: wire.runs.map((run, i) => nextRun(run, loss, steps[i]!)),
    logEvidence,
    // A hair of slack, so that evidence that reaches 1/delta exactly is not missed by rounding.
    tripped: wire.tripped || logEvidence >= -Math.log(wire.delta) - 1e-12,
  }
}

/** Beyond this a double is infinite; evidence stops growing there. */
const largest = 700
const noRun: ErrorRun = { audited: 0, wrong: 0, log: 0 }

/** ln of: the mean over all rates of half the fresh bet and half the mean restarted one, and half of what is not yet bet. */
function evidenceOf(fresh: readonly number[], restarted: readonly number[], fed: number, span: number): number {
  const logs = [Math.log(1 - fed / span)]
  for (const [i, log] of fresh.entries()) {
    const sum = restarted[i]!
    logs.push(log - Math.log(fresh.length), Math.log(-Math.expm1(-sum)) + sum - Math.log(span * fresh.length))
  }
  // The mean of all terms times their number is their sum, and half of it is K.
  return logMean(logs) + Math.log(logs.length / 2)
}

function nextRun({ audited, wrong, log }: ErrorRun, loss: number, step: number): ErrorRun {
  const next = log + step
  return next > 0 ? { audited: audited + 1, wrong: wrong + loss, log: next } : noRun
}

/** The newest cases that speak loudest against the action: what a person is shown when it trips. */
export const worstRun = (wire: RestartingTripwire): ErrorRun =>
  wire.runs.reduce((worst, run) => (run.log > worst.log ? run : worst))

/**
 * The next round, with as many cases as a year is now seen to have. Its evidence begins at 1 and its delta is spent anew;
 * `feedRestartingTripwire` does it by itself when a round is over, and keeps the number.
 * @param span whole number >= 1
 */
export function beginRound(wire: RestartingTripwire, span: number): RestartingTripwire {
  if (!(Number.isInteger(span) && span >= 1)) throw new RangeError(`a round has at least one case, got ${span}`)
  const nothing = wire.rates.map(() => 0)
  return { ...wire, span, fed: 0, fresh: nothing, restarted: nothing, logEvidence: 0 }
}

/** A tripwire that starts afresh after a suspension, with half the delta of the one before. */
export function rearmRestartingTripwire(wire: RestartingTripwire): RestartingTripwire {
  const { delta, armed } = wire
  const runs = wire.runs.map(() => noRun)
  return {
    ...beginRound(wire, wire.span),
    delta: delta / 2,
    runs,
    audited: 0,
    wrong: 0,
    tripped: false,
    armed: armed + 1,
  }
}

/**
 * A tripwire without restarts goes on as one with them. What spoke against the action is carried over, what spoke for it is
 * not: that is what made it blind. Over both, P(it ever trips within the first round at or below epsilon) <= 1.5 delta more,
 * because the mean of the larger of 1 and K is at most 2.
 * @param span as for `armRestartingTripwire`
 */
export function restartTripwire(wire: Tripwire, span: number): RestartingTripwire {
  const armed = armRestartingTripwire(wire, span)
  if (!armed.ok) throw new RangeError(armed.detail)
  const carried = Math.max(0, wire.logEvidence)
  const fresh = armed.rates.map(() => carried)
  const { audited, wrong, tripped } = wire
  return {
    ...armed,
    fresh,
    audited,
    wrong,
    // (1 + K)/2, and exactly 1 where nothing is carried over.
    logEvidence: tripped ? wire.logEvidence : Math.log1p(Math.expm1(carried) / 2),
    tripped,
    armed: wire.armed,
  }
}
