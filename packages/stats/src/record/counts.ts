import type { ActionSide } from '../risk/certify-threshold.ts'
import { recordShares } from './cuts.ts'

/** What a record has counted: 130 whole numbers, plain data. The same for the same rows, whatever their order. */
export interface RecordCounts {
  /** Mature labelled rows per cut: those whose strictest cut it was. */
  readonly rows: readonly number[]
  /** The wrong ones among them. */
  readonly wrong: readonly number[]
  /** Mature labelled rows that no cut held. */
  readonly outside: number
  /** Rows of class 1, wherever they lie. */
  readonly positives: number
}

/** Labelled rows, each in the strictest cut that held it when it was decided. */
export interface CutRows {
  /** One per row, -1 to 63; see `cutOf`. */
  readonly cuts: ArrayLike<number>
  /** 0 or 1 per row, same order. */
  readonly y: ArrayLike<number>
}

const cuts = recordShares.length
const none = Array.from({ length: cuts }, () => 0)
export const noCounts: RecordCounts = { rows: none, wrong: none, outside: 0, positives: 0 }

/**
 * The counts with these rows too. Whether a row was counted before is the caller's to know, by the id of its case; a label
 * that changed is taken back as it was and counted as it is.
 * @throws RangeError for a cut or a label that there is not
 */
export const countRows = (counts: RecordCounts, rows: CutRows, side: ActionSide): RecordCounts =>
  changed(counts, rows, side, 1)

/**
 * The counts without these rows, as they were counted.
 * @throws RangeError as `countRows`, and when they were never counted
 */
export const takeBackRows = (counts: RecordCounts, rows: CutRows, side: ActionSide): RecordCounts =>
  changed(counts, rows, side, -1)

function changed(counts: RecordCounts, { cuts: places, y }: CutRows, side: ActionSide, by: 1 | -1): RecordCounts {
  if (places.length !== y.length) throw new RangeError(`${places.length} cuts but ${y.length} labels`)
  const [rows, wrong] = [[...counts.rows], [...counts.wrong]]
  let { outside, positives } = counts
  const wrongLabel = side === 'yes' ? 0 : 1
  for (let i = 0; i < y.length; i++) {
    const [place, label] = [places[i]!, y[i]!]
    if (!(Number.isInteger(place) && place >= -1 && place < cuts)) throw new RangeError(`there is no cut ${place}`)
    if (label !== 0 && label !== 1) throw new RangeError(`the label of row ${i} is neither 0 nor 1`)
    positives += by * label
    if (place === -1) outside += by
    else {
      rows[place]! += by
      if (label === wrongLabel) wrong[place]! += by
    }
  }
  if (Math.min(outside, positives, ...rows, ...wrong) < 0 || wrong.some((count, cut) => count > rows[cut]!))
    throw new RangeError('rows were taken back that had not been counted')
  return { rows, wrong, outside, positives }
}

/** The rows that lie in each cut, of all that were counted. */
export interface CutTotals {
  /** Per cut, the loosest first: rows in it, those of stricter cuts too. */
  readonly rows: Uint32Array
  /** The wrong ones among them. */
  readonly wrong: Uint32Array
  readonly positives: number
  /** All rows, those outside every cut too. */
  readonly all: number
}

export function cutTotals({ rows, wrong, outside, positives }: RecordCounts): CutTotals {
  const [inside, bad] = [Uint32Array.from(rows), Uint32Array.from(wrong)]
  for (let cut = cuts - 2; cut >= 0; cut--) {
    inside[cut]! += inside[cut + 1]!
    bad[cut]! += bad[cut + 1]!
  }
  return { rows: inside, wrong: bad, positives, all: inside[0]! + outside }
}
