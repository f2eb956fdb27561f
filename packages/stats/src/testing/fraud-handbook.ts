import { fitTreeFeatures, type TreeTable, treeTable } from '../trees/tree-table.ts'
import { type PublishedTable, readPublished } from './published-tables.ts'

export const handbookFile = 'fraud/fraud-handbook-2018-07-25_2018-08-14.csv.gz'

/** Rows of a part of the Handbook's three weeks. */
export interface HandbookPart {
  readonly table: TreeTable
  readonly y: Uint8Array
  readonly day: Int32Array
  readonly customer: readonly string[]
}

/** The Fraud Detection Handbook's three weeks, with 15 features, day 0 the first. */
export function readHandbook() {
  const leaveOut = ['TRANSACTION_ID', 'TX_DATETIME', 'CUSTOMER_ID', 'TERMINAL_ID', 'TX_TIME_DAYS', 'TX_FRAUD_SCENARIO']
  const read = readPublished(handbookFile, { label: 'TX_FRAUD', positive: '1', leaveOut })
  const features = fitTreeFeatures(read.specs, read.rows)
  const customer = read.column('CUSTOMER_ID')
  const days = read.column('TX_TIME_DAYS').map(Number)
  const day = Int32Array.from(days, value => value - days[0]!)
  const whole = treeTable(features, read.rows)
  const part = (keep: (row: number) => boolean): HandbookPart => {
    const rows = [...day.keys()].filter(keep)
    return {
      table: rowsOf(whole, rows),
      y: Uint8Array.from(rows, row => read.y[row]!),
      day: Int32Array.from(rows, row => day[row]!),
      customer: rows.map(row => customer[row]!),
    }
  }
  return {
    features,
    days: (from: number, to: number) => part(row => day[row]! >= from && day[row]! <= to),
    test: part(testRows(read, day, customer)),
  }
}

/**
 * Chapter 3.4: days 14 to 20, without the customers known to be compromised: those with a fraud in days 0 to 6, and before
 * day 14 + k those with a fraud up to day 6 + k, whose labels have arrived by then.
 */
function testRows({ y }: PublishedTable, day: Int32Array, customer: readonly string[]): (row: number) => boolean {
  const firstFraud = new Map<string, number>()
  y.forEach((label, row) => {
    const name = customer[row]!
    if (label === 1) firstFraud.set(name, Math.min(day[row]!, firstFraud.get(name) ?? Infinity))
  })
  return row => {
    const known = Math.max(6, day[row]! - 8)
    return day[row]! >= 14 && !((firstFraud.get(customer[row]!) ?? Infinity) <= known)
  }
}

/** The given rows of a table. */
export function rowsOf({ columns, values }: TreeTable, rows: readonly number[]): TreeTable {
  const kept = new Float64Array(rows.length * columns)
  rows.forEach((row, i) => {
    kept.set(values.subarray(row * columns, (row + 1) * columns), i * columns)
  })
  return { rows: rows.length, columns, values: kept }
}

/**
 * Card precision: per day the best score of each customer, the 100 highest of them, the share that is fraud; customers
 * found leave later days; mean over days.
 */
export function cardPrecision({ y, day, customer }: HandbookPart, scores: Float64Array, top = 100): number {
  const found = new Set<string>()
  const shares: number[] = []
  for (const today of [...new Set(day)].sort((a, b) => a - b)) {
    const best = new Map<string, { score: number; fraud: number }>()
    scores.forEach((score, row) => {
      const name = customer[row]!
      if (day[row] !== today || found.has(name)) return
      const known = best.get(name) ?? { score: -Infinity, fraud: 0 }
      best.set(name, { score: Math.max(score, known.score), fraud: Math.max(known.fraud, y[row]!) })
    })
    const first = [...best].sort(([, a], [, b]) => b.score - a.score).slice(0, top)
    const caught = first.filter(([, { fraud }]) => fraud === 1)
    for (const [name] of caught) found.add(name)
    shares.push(caught.length / top)
  }
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}
