// The first evening of a tenant who brings a history.
import { sigmoid } from '../model/sigmoid.ts'
import { actedCut } from '../record/acting-version.ts'
import { certifyRecord } from '../record/certify-record.ts'
import { countRows, noCounts } from '../record/counts.ts'
import { historyPieces, pieceCuts } from '../record/imported-history.ts'
import { plannedShare, recordStarts } from '../record/starts.ts'
import type { ActionSide } from '../risk/certify-threshold.ts'
import { rng } from '../rng.ts'
import { answered } from './oracles.ts'
import { judgeOf, oracleShare } from './record-judge.ts'
import { checkAgain, drawCase, fitModel, scoresOf, serving } from './record-versions.ts'
import type { LifeWorld } from './record-worlds.ts'

/** What one action may do at once. */
export interface FirstEvening {
  readonly side: ActionSide
  readonly covered: number
  readonly oracle: number
  /** The region acted on is above its budget. */
  readonly broken: boolean
}

/** A history of so many rows becomes a record, its newest fifth checks the version that is fitted on the rest. */
export function firstEvening(world: LifeWorld, seed: string, rows: number): readonly FirstEvening[] {
  const source = rng(seed)
  const judge = judgeOf(world, source.fork('judge'))
  const cases = Array.from({ length: rows }, () => drawCase(world, source, 0, null))
  const { pieces, check } = answered(historyPieces(rows))
  const models = pieces.map(({ fit }) => fitModel(cases.slice(fit.from, fit.to), world.columns)!)
  const version = serving(fitModel(cases.slice(0, check.from), world.columns)!, cases, check.from)
  return (['yes', 'no'] as const).map(side => {
    const earlier = scoresOf(models[0]!, cases.slice(0, pieces[0]!.score.from))
    const { alpha } = world.budgets[side]
    const plan = answered(plannedShare(earlier, earlier.map(sigmoid), side, alpha))
    const counts = pieces.reduce((before, piece, i) => {
      const cuts = pieceCuts(piece, scoresOf(models[i]!, cases.slice(0, piece.score.to)), side)
      return countRows(before, { cuts, y: cases.slice(piece.score.from, piece.score.to).map(({ y }) => y) }, side)
    }, noCounts)
    const certified = answered(certifyRecord(counts, recordStarts(plan.share), world.budgets[side], 0.05))
    checkAgain(version, side, world, cases.slice(check.from))
    const cut = actedCut({ certified: certified.cuts, passes: version.looks[side].passes })
    const truth = judge(version, side, world, 0)
    const covered = cut === null ? 0 : truth.share[cut]!
    return { side, covered, oracle: oracleShare(truth), broken: cut !== null && truth.over[cut]! > 1 }
  })
}
