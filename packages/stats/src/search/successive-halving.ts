import { type Refusal, refuse } from '../refusal.ts'
import type { Rng } from '../rng.ts'
import { oneStandardError } from './one-standard-error.ts'

/** What is searched, and with how much. The resource is whatever costs: trees, rows, passes. */
export interface HalvingTask<Config> {
  /** Draws one configuration; called `count` times. */
  readonly draw: (rng: Rng) => Config
  /** 1 to 50. */
  readonly count: number
  /** Number of folds; every configuration is scored on the same ones. At least 3. */
  readonly folds: number
  /** Resource of the last rung, per fold. Whole number. */
  readonly most: number
  /** Resource of the first rung at least; whole number, at most `most`. */
  readonly least: number
  /** Of each rung, one in so many goes on; default 3. */
  readonly eta?: number
  /** Units of resource that all trials together may use; a unit is one resource on one fold. */
  readonly budget: number
  /** Smaller is simpler; compared by the one-standard-error rule. */
  readonly size: (config: Config) => number
  /** Fits with that much resource on a fold and answers the loss on its test rows, lower is better. */
  readonly fitScore: (config: Config, fold: number, resource: number) => FoldScore | Refusal
  /**
   * Called before every fit; false ends the search with what was found so far. The place for a limit in time:
   * `tick: () => Date.now() < until` (this package has no clock). A fit that answers `stopped` ends it likewise.
   */
  readonly tick?: (spent: number, budget: number) => boolean
}

/** Loss on the test rows of a fold. */
export interface FoldScore {
  readonly ok: true
  readonly loss: number
}

/** One configuration on one rung. Every trial is kept, also the lost ones. */
export interface HalvingTrial<Config> {
  readonly config: Config
  /** Number of the configuration in the order drawn. */
  readonly candidate: number
  readonly rung: number
  readonly resource: number
  /** One per fold; shorter when a fold was refused. */
  readonly losses: readonly number[]
  readonly meanLoss: number | null
  /** Why this configuration ended here, or null. */
  readonly refusal: Refusal | null
}

/** The winner with everything that was tried. */
export interface HalvingResult<Config> {
  readonly ok: true
  readonly config: Config
  readonly candidate: number
  /** Of the folds, which the search has seen: not the number to report. */
  readonly meanLoss: number
  /** The lowest mean loss of the last rung; the winner may be a simpler one within a standard error. */
  readonly best: number
  readonly resource: number
  readonly trials: readonly HalvingTrial<Config>[]
  readonly spent: number
  /**
   * `budget`: a rung could not be paid for all that earned it. `stopped`: by `tick`; the winner is of the last rung that
   * was scored whole, or of what was scored of the first.
   */
  readonly ended: 'complete' | 'budget' | 'stopped'
}

/**
 * Successive halving: all configurations get little, the best third three times as much, and so on; the winner is the
 * simplest of the last rung within one standard error of its best. The budget is counted in resource, never in time, so that
 * the same seed finds the same winner on any machine. Where a rung cannot be paid for all that earned it, the best that can
 * be paid go on. A search that `tick` stops answers with the winner so far and all trials, the one it cut short included.
 * @returns or `out_of_range`, `too_few` (the budget does not pay one configuration; need = its cost), `stopped` (before one
 *          configuration was scored), or the first refusal when no configuration could be scored
 * @see Jamieson & Talwalkar 2016 (1502.07943); Li et al. 2018
 */
export function successiveHalving<Config>(task: HalvingTask<Config>, rng: Rng): HalvingResult<Config> | Refusal {
  const { count, folds, most, least, eta = 3, budget, tick } = task
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 1
  if (!(whole(count) && count <= 50)) return refuse('out_of_range', count || 0, 50, 'count must be from 1 to 50')
  if (!(whole(folds) && folds >= 3)) return refuse('too_few', folds || 0, 3, 'at least 3 folds are needed')
  if (!(whole(most) && whole(least) && least <= most && eta > 1 && eta < Infinity && budget >= 0)) {
    return refuse(
      'out_of_range',
      0,
      1,
      'resources are whole numbers, least <= most, eta above 1, a budget not negative',
    )
  }
  const candidates = Array.from({ length: count }, (_, k) => ({
    candidate: k,
    config: task.draw(rng.fork(`config ${k}`)),
  }))
  const trials: HalvingTrial<Config>[] = []
  let alive = candidates
  let spent = 0
  let last: HalvingTrial<Config>[] = []
  let ended: HalvingResult<Config>['ended'] = 'complete'
  const rungs = resources(count, least, most, eta)
  for (let rung = 0; rung < rungs.length && ended !== 'stopped'; rung++) {
    const resource = rungs[rung]!
    const affordable = Math.floor((budget - spent) / (resource * folds))
    if (affordable < 1 && rung === 0) {
      return refuse('too_few', budget, resource * folds, 'the budget does not pay one configuration')
    }
    if (affordable < alive.length) ended = 'budget'
    alive = alive.slice(0, affordable)
    if (alive.length === 0) break
    const scored: HalvingTrial<Config>[] = []
    for (const { candidate, config } of alive) {
      const losses: number[] = []
      let refusal: Refusal | null = null
      for (let fold = 0; fold < folds && refusal === null; fold++) {
        if (tick && !tick(spent, budget)) {
          refusal = refuse('stopped', spent, budget, 'stopped by the caller')
          break
        }
        const score = task.fitScore(config, fold, resource)
        spent += resource
        if (!score.ok) refusal = score
        else if (Number.isFinite(score.loss)) losses.push(score.loss)
        else refusal = refuse('not_finite', fold, folds, `the loss on fold ${fold} is not a finite number`)
      }
      const meanLoss = refusal ? null : losses.reduce((sum, loss) => sum + loss, 0) / folds
      scored.push({ config, candidate, rung, resource, losses, meanLoss, refusal })
      if (refusal?.code === 'stopped') {
        ended = 'stopped'
        break
      }
    }
    trials.push(...scored)
    // A rung cut short compares only those that came first: it decides nothing, unless it is all there is.
    if (ended === 'stopped' && rung > 0) break
    const done = scored.filter(({ meanLoss }) => meanLoss !== null)
    if (done.length === 0) break
    last = done.sort((a, b) => a.meanLoss! - b.meanLoss! || a.candidate - b.candidate)
    alive = last.slice(0, Math.max(1, Math.ceil(last.length / eta - 1e-9)))
  }
  const failed = trials.find(({ refusal }) => refusal !== null)?.refusal
  if (last.length === 0) return failed ?? refuse('too_few', 0, 1, 'no configuration could be scored')
  const chosen = oneStandardError(last.map(({ config, losses }) => ({ size: task.size(config), losses })))
  if (!chosen.ok) return chosen
  const winner = last[chosen.chosen]!
  return {
    ok: true,
    config: winner.config,
    candidate: winner.candidate,
    meanLoss: winner.meanLoss!,
    best: last[0]!.meanLoss!,
    resource: winner.resource,
    trials,
    spent,
    ended,
  }
}

/** Resource per rung, ascending, the last one `most`; no more rungs than thin the field out to about one. */
function resources(count: number, least: number, most: number, eta: number): readonly number[] {
  const rungs = [most]
  for (let field = count; field > eta && rungs[0]! / eta >= least; field /= eta) {
    rungs.unshift(Math.max(least, Math.round(rungs[0]! / eta)))
  }
  return rungs
}
