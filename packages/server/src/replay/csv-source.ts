import type { HistoryRow, Json, PodHistory } from '@surety/contract'
import { isMissing } from '../csv/infer-columns.ts'
import { readCsv } from '../csv/read-csv.ts'
import { type CsvPlan, type PlannedColumn, readMoment } from './csv-plan.ts'
import type { HistoryItem, HistorySource } from './world.ts'

/** A file without times is spread over this many virtual days, from this day on. */
const virtualDays = 60
const virtualStart = Date.UTC(2024, 0, 1)
const dayMs = 86_400_000

/** Cells that could not be read as their column's kind count as missing; how many, and the first row, by column. */
export type Misfits = Map<string, { count: number; row: number }>

export interface CsvSource {
  readonly source: HistorySource
  readonly misfits: Misfits
}

export function csvSource(plan: CsvPlan, tenant: string, delayMs: number, history: PodHistory): CsvSource {
  const misfits: Misfits = new Map()
  const read = itemReader(plan, tenant, delayMs, history, misfits)
  return { source: plan.timeOrder === 'sorted' ? sorted(plan, read) : inOrder(plan, read), misfits }
}

type ReadItem = (row: readonly string[], number: number) => HistoryItem

async function* inOrder(plan: CsvPlan, read: ReadItem): HistorySource {
  for await (const { rows, firstRow } of rowsOf(plan))
    yield { items: rows.map((row, at) => read(row, firstRow + at)), share: (firstRow + rows.length - 1) / plan.rows }
}

const pieceRows = 2000

async function* rowsOf({
  kept,
  wish,
}: CsvPlan): AsyncGenerator<{ rows: readonly (readonly string[])[]; firstRow: number }> {
  if (kept === null) yield* readCsv(wish.file)
  else
    for (let at = 0; at < kept.length; at += pieceRows) yield { rows: kept.slice(at, at + pieceRows), firstRow: at + 1 }
}

/** Held in memory, already read: equal times keep the order of the file. */
async function* sorted(plan: CsvPlan, read: ReadItem): HistorySource {
  const items: HistoryItem[] = []
  for await (const { rows, firstRow } of rowsOf(plan))
    for (let at = 0; at < rows.length; at++) items.push(read(rows[at]!, firstRow + at))
  items.sort((a, b) => a.at - b.at || a.row - b.row)
  for (let from = 0; from < items.length; from += pieceRows)
    yield { items: items.slice(from, from + pieceRows), share: Math.min(1, (from + pieceRows) / items.length) }
}

function itemReader(plan: CsvPlan, tenant: string, delayMs: number, history: PodHistory, misfits: Misfits): ReadItem {
  const features = plan.columns.filter(({ use }) => use === 'feature').map(column => cellReader(column, misfits))
  const place = (use: PlannedColumn['use']) => plan.columns.find(column => column.use === use)?.place ?? -1
  const [labelAt, timeAt, subjectAt] = [place('label'), place('time'), place('subject')]
  const step = (virtualDays * dayMs) / plan.rows
  return (row, number) => {
    const at =
      timeAt < 0
        ? virtualStart + Math.floor((number - 1) * step)
        : readMoment(row[timeAt]!, plan.wish.time ?? '', number)
    const columns: [string, Json][] = []
    for (const { name, read } of features) {
      const value = read(row, number)
      if (value !== null) columns.push([name, value])
    }
    const subject = subjectAt < 0 ? '' : row[subjectAt]!.trim().slice(0, 128)
    const facts: HistoryRow = { number, at: new Date(at), subject, cells: Object.fromEntries(columns) }
    const caseId = history.caseId(facts)
    const label = plan.readLabel(row[labelAt]!)
    return {
      at,
      row: number,
      answerAt: at + delayMs,
      ask: { tenant, kind: history.asks, eventId: `row-${number}`, caseId, data: history.askData(facts, caseId) },
      answer:
        label === null || (label === 0 && plan.wish.windowDays !== null)
          ? null
          : {
              tenant,
              kind: history.answers,
              eventId: `outcome-${number}`,
              // In a history an outcome is a person's, learned when it was; imported it is only to us.
              quality: 'human',
              data: history.answerData(caseId, label),
            },
    }
  }
}

type Cell = number | string | boolean | null

const truths = new Map([
  ...['true', 'yes', '1', 't', 'y', '1.0'].map(word => [word, true] as const),
  ...['false', 'no', '0', 'f', 'n', '0.0'].map(word => [word, false] as const),
])
const longestLevel = 200
/** Different values of a column that are remembered, so that each is read once. */
const mostRemembered = 5000

function cellReader(
  { name, place, kind }: PlannedColumn,
  misfits: Misfits,
): { readonly name: string; read(row: readonly string[], number: number): Cell } {
  const remembered = new Map<string, Cell | undefined>()
  return {
    name,
    read(row, number) {
      const cell = row[place]!
      let value = remembered.get(cell)
      if (value === undefined) {
        value = readCell(cell, kind)
        if (value !== undefined && remembered.size < mostRemembered) remembered.set(cell, value)
      }
      if (value !== undefined) return value
      const misfit = misfits.get(name)
      if (misfit === undefined) misfits.set(name, { count: 1, row: number })
      else misfit.count++
      return null
    },
  }
}

/** undefined: not of this kind. */
function readCell(cell: string, kind: PlannedColumn['kind']): Cell | undefined {
  if (isMissing(cell)) return null
  const text = cell.trim()
  if (kind === 'numeric') {
    const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN
    return Number.isFinite(number) ? number : undefined
  }
  if (kind === 'boolean') return truths.get(text.toLowerCase())
  return text.replaceAll('\0', '\u{fffd}').slice(0, longestLevel)
}

export function misfitWarnings(misfits: Misfits): readonly string[] {
  return [...misfits].map(([name, { count, row }]) => {
    const values = count === 1 ? '1 value is' : `${count} values are`
    return `Column ${name}: ${values} not of the kind its first rows have, and counted as missing (first in row ${row}).`
  })
}
