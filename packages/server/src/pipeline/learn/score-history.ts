import type { FeatureSpec } from '@surety/contract'
import { historyPieces, pieceCuts, sigmoid } from '@surety/stats'
import { fitCandidate, type Tick } from './candidate.ts'
import type { TrainingRow, TrainingSet } from './training-row.ts'

/** One case of an imported history. */
export interface HistoryCase {
  readonly id: string
  /** Older ones are only fitted on. */
  readonly counts: boolean
}

/** One that counts, by a model that was fitted on the cases before it alone. */
export interface ScoredCase {
  readonly id: string
  /** null: no model could be fitted on what came before. */
  readonly probability: number | null
  /** The strictest cut that holds it on each side, -1 to 63, whatever the operator's threshold is. */
  readonly yes: number
  readonly no: number
}

export interface ScoredHistory {
  /** In order of the cases. */
  readonly rows: readonly ScoredCase[]
  /** What the first model says of the cases that it was fitted on: what the walk of a record begins with. */
  readonly first: Float64Array
}

/** null: too few cases, or none that counts. */
export type HistoryOutcome =
  | { readonly stopped: true }
  | { readonly stopped: false; readonly history: ScoredHistory | null }

/**
 * Lives an imported history through a tenth at a time: a logistic model of all cases before scores the next tenth, in the cuts of its
 * own scores of what came before. So no label has a part in the score, the cuts or the threshold of its own case. Pure.
 * @param cases in order of time; those of which the set knows no row are left out
 * @param tick  called between the steps of the fits; false ends it
 */
export function scoreHistory(
  { specs, rows: known }: TrainingSet,
  cases: readonly HistoryCase[],
  tick: Tick = () => true,
): HistoryOutcome {
  const byId = new Map(known.map(row => [row.id, row]))
  const there = cases.flatMap(({ id, counts }) => {
    const row = byId.get(id)
    return row === undefined ? [] : [{ row, counts }]
  })
  const countFrom = there.findIndex(({ counts }) => counts)
  const found = countFrom === -1 ? null : historyPieces(there.length, countFrom)
  if (found === null || !found.ok || found.pieces.length === 0) return { stopped: false, history: null }
  const { pieces } = found
  const rows = there.map(({ row }) => row)
  const scored: ScoredCase[] = []
  let first: Float64Array | null = null
  for (const [place, piece] of pieces.entries()) {
    const { from, to } = piece.score
    const walk: Tick = (done, total) => tick(place * total + done, pieces.length * total)
    const answer = scoresOf(specs, rows, piece.fit.to, to, walk)
    if (answer === 'stopped') return { stopped: true }
    const ids = rows.slice(from, to).map(({ id }) => id)
    if (answer === null) {
      scored.push(...ids.map(id => ({ id, probability: null, yes: -1, no: -1 })))
      continue
    }
    first ??= answer.slice(0, piece.fit.to)
    const [yes, no] = (['yes', 'no'] as const).map(side => pieceCuts(piece, answer, side)) as [Int8Array, Int8Array]
    scored.push(...ids.map((id, i) => ({ id, probability: answer[from + i]!, yes: yes[i]!, no: no[i]! })))
  }
  return { stopped: false, history: first === null ? null : { rows: scored, first } }
}

/**
 * What a model of the first `fitted` rows says of rows 0 to `until`, those that it was fitted on included.
 * @returns null: none could be fitted, as where they are all of one class
 */
function scoresOf(
  specs: readonly FeatureSpec[],
  rows: readonly TrainingRow[],
  fitted: number,
  until: number,
  tick: Tick,
): Float64Array | null | 'stopped' {
  // What comes behind the rows of a fit is scored as it is, so they follow themselves.
  const twice = [...rows.slice(0, fitted), ...rows.slice(0, until)]
  const labels = Uint8Array.from(twice, ({ label }) => label)
  const answer = fitCandidate('logistic', specs, twice, labels, fitted, tick)
  if (!answer.ok) return answer.stopped ? 'stopped' : null
  const { heldOut, calibration } = answer.candidate
  return heldOut.map(z => sigmoid(calibration.a * z + calibration.b))
}
