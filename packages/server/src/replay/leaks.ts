import { rocAuc } from '@surety/stats'
import { isMissing } from '../csv/infer-columns.ts'

/** A column that alone ranks the labels this well is likely to be known only after the outcome. */
export const leakAuc = 0.95
const leastPerClass = 20
const mostLevels = 50

export interface Suspect {
  readonly column: string
  readonly auc: number
  readonly n: number
}

/**
 * Columns that alone rank the labels of the first rows with an AUC over .95. Numbers rank as they are, either way up;
 * words by the share of yes that each has in the even rows, judged on the odd ones.
 */
export function leakSuspects(
  columns: readonly { readonly name: string; readonly place: number; readonly kind: string }[],
  rows: readonly (readonly string[])[],
  labels: readonly (0 | 1 | null)[],
): readonly Suspect[] {
  const known = rows.flatMap((row, at) => (labels[at] === null ? [] : [{ row, label: labels[at] as 0 | 1 }]))
  const positives = known.filter(({ label }) => label === 1).length
  if (Math.min(positives, known.length - positives) < leastPerClass) return []
  return columns.flatMap(({ name, place, kind }) => {
    const found = kind === 'numeric' ? numberAuc(known, place) : wordAuc(known, place)
    return found !== null && found.auc > leakAuc ? [{ column: name, ...found }] : []
  })
}

type Known = readonly { readonly row: readonly string[]; readonly label: 0 | 1 }[]

function numberAuc(known: Known, place: number): { auc: number; n: number } | null {
  const there = known.filter(({ row }) => !isMissing(row[place]!) && Number.isFinite(Number(row[place])))
  const found = rocAuc(
    Float64Array.from(there, ({ row }) => Number(row[place])),
    Uint8Array.from(there, ({ label }) => label),
  )
  return found.ok ? { auc: Math.max(found.value, 1 - found.value), n: there.length } : null
}

function wordAuc(known: Known, place: number): { auc: number; n: number } | null {
  const rates = new Map<string, { n: number; yes: number }>()
  for (const [at, { row, label }] of known.entries()) {
    if (at % 2 === 1) continue
    const rate = rates.get(row[place]!) ?? { n: 0, yes: 0 }
    rates.set(row[place]!, { n: rate.n + 1, yes: rate.yes + label })
  }
  if (rates.size > mostLevels) return null
  const judged = known.filter((_, at) => at % 2 === 1)
  const found = rocAuc(
    Float64Array.from(judged, ({ row }) => {
      const rate = rates.get(row[place]!)
      return rate === undefined ? 0 : rate.yes / rate.n
    }),
    Uint8Array.from(judged, ({ label }) => label),
  )
  return found.ok ? { auc: found.value, n: judged.length } : null
}
