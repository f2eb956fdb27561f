import { isMissing } from '../csv/infer-columns.ts'
import { ReplayError } from './replay-error.ts'

/** Reads one cell of the label column; null: no outcome is known. */
export type LabelReader = (cell: string) => 0 | 1 | null

/** Counts the values of the label column while the file is looked through. */
export interface LabelScan {
  add(cell: string): void
  readonly missing: number
  /** @throws ReplayError when the values do not say which one is the yes, or when there is only one class */
  reader(): {
    readonly read: LabelReader
    readonly positive: string
    readonly positives: number
    readonly negatives: number
  }
}

const truths = new Map<string, 0 | 1>([
  ['1', 1],
  ['yes', 1],
  ['true', 1],
  ['y', 1],
  ['t', 1],
  ['0', 0],
  ['no', 0],
  ['false', 0],
  ['n', 0],
  ['f', 0],
])

function plainLabel(cell: string): 0 | 1 | null {
  const word = cell.trim().toLowerCase()
  const known = truths.get(word)
  if (known !== undefined) return known
  // 1.0 and 0.0, as tables with missing values are often written.
  return /^[01]\.0*$/.test(word) ? (word.startsWith('1') ? 1 : 0) : null
}

/** A file in which nothing but a yes was ever noted needs no other label. */
const instead = (positives: number, missing: number): string =>
  positives > 0 && missing > 0
    ? ` Where the ${missing} rows without one are the rest, of which nobody tells, say after how many days they count as no: --window 30d.`
    : ''

const mostShown = 5

/** @param onlyYes nothing else is ever reported: what is no yes, or is empty, is a no that nobody tells */
export function scanLabels(column: string, positive: string | null, onlyYes = false): LabelScan {
  const counts = new Map<string, number>()
  let missing = 0
  const shown = (): string => {
    const values = [...counts.keys()]
    return (
      values.slice(0, mostShown).join(', ') +
      (values.length > mostShown ? ` and ${values.length - mostShown} more` : '')
    )
  }
  return {
    add(cell) {
      if (isMissing(cell)) {
        missing++
        return
      }
      const value = cell.trim()
      const count = counts.get(value)
      // Beyond this many the column is no label, and its values need not be kept.
      if (count !== undefined || counts.size < 1000) counts.set(value, (count ?? 0) + 1)
    },
    get missing() {
      return missing
    },
    reader() {
      if (counts.size === 0)
        throw new ReplayError(
          'label_missing',
          `The column ${column} holds no label in any row: nothing can be learned.`,
        )
      const wanted = positive?.trim() ?? null
      if (wanted !== null && !counts.has(wanted))
        throw new ReplayError(
          'label_unknown',
          `--positive ${wanted} is in no row: the column ${column} holds ${shown()}.`,
        )
      if (wanted === null && [...counts.keys()].some(value => plainLabel(value) === null))
        throw new ReplayError(
          'label_unclear',
          `The column ${column} holds ${shown()}: say which value is the yes, for example --positive ${JSON.stringify([...counts.keys()][0])}.`,
        )
      const of = wanted === null ? plainLabel : (cell: string) => (cell.trim() === wanted ? 1 : 0)
      let positives = 0
      let negatives = 0
      for (const [value, count] of counts) {
        if (of(value) === 1) positives += count
        else negatives += count
      }
      if (onlyYes) negatives += missing
      if (positives === 0 || negatives === 0)
        throw new ReplayError(
          'label_one_class',
          `Every label in the column ${column} is ${positives === 0 ? 'a no' : 'a yes'} (${shown()}): both are needed.${instead(positives, missing)}`,
        )
      const unsaid = onlyYes ? 0 : null
      const known = new Map<string, 0 | 1>([...counts.keys()].map(value => [value, of(value) === 1 ? 1 : 0]))
      const read: LabelReader = cell => known.get(cell) ?? (isMissing(cell) ? unsaid : of(cell))
      const yes = wanted ?? [...counts.keys()].find(value => of(value) === 1) ?? ''
      return { read, positive: yes, positives, negatives }
    },
  }
}
