import { type Refusal, refuse } from '../refusal.ts'
import type { ActionSide } from '../risk/certify-threshold.ts'
import type { RowRange } from '../search/time-folds.ts'
import { cutsOf, recordCuts } from './cuts.ts'

const fewestFitted = 60

/** Rows to fit on, and the rows that come next, which that model is to score before their labels are used. */
export interface HistoryPiece {
  readonly fit: RowRange
  readonly score: RowRange
}

/** How an imported history becomes the beginning of a record. */
export interface HistoryPieces {
  readonly ok: true
  readonly pieces: readonly HistoryPiece[]
  /** The newest fifth, for the check of the version that is fitted on the rows before it. */
  readonly check: RowRange
}

/**
 * Cuts an imported history in pieces: the oldest fifth (60 rows at least) to fit on, then a tenth at a time, each scored by a
 * model of all rows before it. So every row is scored before its label was used, and the first evening has a record.
 * @param rows      of the history, in order of their decisions, all labelled and mature
 * @param countFrom first row that may count: older ones are fitted on only (at most 90 days of history count)
 * @returns         or `too_few`
 */
export function historyPieces(rows: number, countFrom = 0): HistoryPieces | Refusal {
  const first = Math.max(fewestFitted, Math.ceil(rows / 5))
  if (rows <= first)
    return refuse('too_few', rows, fewestFitted + 1, 'rows are needed, so that some are left to be scored')
  const step = Math.max(1, Math.ceil(rows / 10))
  const pieces: HistoryPiece[] = []
  for (let from = first; from < rows; from += step) {
    const to = Math.min(rows, from + step)
    if (to > countFrom) pieces.push({ fit: { from: 0, to: from }, score: { from: Math.max(from, countFrom), to } })
  }
  return { ok: true, pieces, check: { from: rows - Math.floor(rows / 5), to: rows } }
}

/**
 * The cuts of a piece's rows. Its thresholds come from all earlier rows, scored by the piece's own model; with fewer than 50
 * of them no cut holds any row.
 * @param scores by the piece's model, of rows 0 to the end of the piece
 * @param limit  the operator's threshold; null: none
 * @returns      one per row of the piece, -1 to 63
 */
export function pieceCuts(
  { score }: HistoryPiece,
  scores: Float64Array,
  side: ActionSide,
  limit: number | null = null,
): Int8Array {
  if (scores.length < score.to) throw new RangeError(`${scores.length} scores for a piece that ends at ${score.to}`)
  const cuts = recordCuts(scores.subarray(0, score.from), side, limit)
  const own = scores.subarray(score.from, score.to)
  return cuts.ok ? cutsOf(cuts, own) : new Int8Array(own.length).fill(-1)
}
