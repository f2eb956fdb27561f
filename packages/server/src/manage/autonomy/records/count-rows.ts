import { type Action, eachSide, placeOf, type Question } from '@surety/contract'
import { type CutRows, countRows as countOf, noCounts, type RecordCounts, takeBackRows } from '@surety/stats'
import { lockAutonomy } from '../../../store/autonomy-epochs.ts'
import { matureUntil } from '../../../store/calibration-rows.ts'
import type { Database, Reader, Tx } from '../../../store/db.ts'
import { type ChangedRow, countedSince, takeChanged } from '../../../store/record-rows.ts'
import {
  type DrawnCounts,
  type KeptRecord,
  type RecordsPlace,
  readRecords,
  recordRates,
  saveCounts,
  saveRecordBudget,
} from '../../../store/records.ts'
import { type HeldSetting, settingsSince } from '../../../store/settings.ts'
import { budgetsOf } from '../budgets.ts'
import { maturityMs } from '../maturity.ts'
import { sideOf } from './side-of.ts'

/** Rows of one transaction. */
export const pageRows = 5000

/**
 * Brings the counts of a question's records up to what its mature rows say by now: a label that is new is counted, one that
 * changed is taken back as it was counted, one that was taken back is in none any more. A page is a transaction under the lock
 * of the tenant and pod, so it may be ended anywhere and run by several processes at once; in which order and how often rows
 * come changes nothing.
 * @param maturity as of this look, in milliseconds; left out: it is found here
 * @returns rows that were changed in the counts
 */
export async function countRows(
  { db }: { readonly db: Database },
  tenant: string,
  question: Question,
  at: Date,
  maturity?: number,
): Promise<{ readonly counted: number }> {
  const place = { tenant, ...placeOf(question) }
  let [counted, known] = [0, maturity]
  while (true) {
    const isFirstPage = counted === 0
    const rows = await db.transaction([tenant], async handle => {
      await lockAutonomy(handle, tenant, question.pod)
      if (isFirstPage) await lowerRates(handle, question, place)
      known = await maturityMs(handle, tenant, question, at, known)
      return countPage(handle, place, matureUntil({ now: at, maturityMs: known }))
    })
    counted += rows
    if (rows < pageRows) return { counted }
  }
}

/** Under the lock. Where nothing is new it is one statement that finds nothing. */
async function countPage(db: Tx, place: RecordsPlace, until: Date): Promise<number> {
  const rows = await takeChanged(db, place, until, pageRows)
  if (rows.length === 0) return 0
  const records = await readRecords(db, place)
  const changes = records.flatMap(record => {
    const own = rows.filter(row => row.decidedAt >= record.rowsFrom && kappaOf(record, row) !== null)
    return own.length === 0 ? [] : [{ id: record.id, ...changedBy(record, own) }]
  })
  const latest = Math.max(...rows.map(({ decidedAt }) => decidedAt.getTime()))
  await saveCounts(db, place, changes, new Date(latest))
  return rows.length
}

const kappaOf = ({ side }: Pick<Action, 'side'>, row: ChangedRow): number | null =>
  side === 'act' ? row.kappaAct : row.kappaClear

/** @param rows of its own side and time */
function changedBy(record: KeptRecord, rows: readonly ChangedRow[]): Pick<KeptRecord, 'counts' | 'drawn'> {
  const { rate, counts } = record.drawn
  const drawn = rows.filter(({ auditCoin }) => auditCoin !== null && auditCoin < rate)
  return { counts: changed(record, record.counts, rows), drawn: { rate, counts: changed(record, counts, drawn) } }
}

function changed(record: KeptRecord, counts: RecordCounts, rows: readonly ChangedRow[]): RecordCounts {
  const by = (labelOf: (row: ChangedRow) => 0 | 1 | null): CutRows => {
    const some = rows.filter(row => labelOf(row) !== null)
    return { cuts: some.map(row => kappaOf(record, row)!), y: some.map(row => labelOf(row)!) }
  }
  // What is counted comes first: what is taken back was counted before, so nothing falls below zero in between.
  const now = countOf(
    counts,
    by(row => row.label),
    sideOf(record),
  )
  return takeBackRows(
    now,
    by(row => row.counted),
    sideOf(record),
  )
}

/** What a record counts, made anew from the rows: as it begins, and where its smallest audit rate went down. */
async function recount(
  db: Reader,
  record: RecordsPlace & Pick<KeptRecord, 'side' | 'rowsFrom'>,
  rate: number | null,
): Promise<RecordCounts> {
  const groups = await countedSince(db, record, record.side, record.rowsFrom, rate)
  const cuts = groups.flatMap(({ kappa, n }) => Array<number>(n).fill(kappa))
  const y = groups.flatMap(({ label, n }) => Array<number>(n).fill(label))
  return countOf(noCounts, { cuts, y }, sideOf(record))
}

/** What a record that begins has in its counts already: rows that were counted before it began, where it looks back. */
export async function countsToBegin(
  db: Reader,
  record: RecordsPlace & Pick<KeptRecord, 'side' | 'rowsFrom' | 'budget'>,
): Promise<Pick<KeptRecord, 'counts' | 'drawn'>> {
  const drawn = await drawnAt(db, record, record.budget.smallestRate)
  return { counts: await recount(db, record, null), drawn }
}

const drawnAt = async (
  db: Reader,
  record: RecordsPlace & Pick<KeptRecord, 'side' | 'rowsFrom'>,
  rate: number,
): Promise<DrawnCounts> => ({ rate, counts: await recount(db, record, rate) })

/** What an action's audit rate was since a moment: each version of the setting counts, however short it held. */
export async function auditRates(
  db: Reader,
  tenant: string,
  question: Question,
  since: Date,
): Promise<(action: string, from: Date) => number> {
  return ratesOf(question, await settingsSince(db, tenant, placeOf(question), 'autonomy', since))
}

/** @param values the oldest first; the first of them may be older than the moments that are asked for */
function ratesOf(question: Question, values: readonly HeldSetting[]): (action: string, from: Date) => number {
  return (action, from) => {
    const before = values.findLastIndex(({ recordedAt }) => recordedAt <= from)
    const held = values.slice(Math.max(0, before)).map(({ value }) => value)
    // Without one that held before, the pod's own rate did.
    const sides = [...(before === -1 ? [undefined] : []), ...held].map(value => budgetsOf(question, value).sides)
    const rates = sides.flatMap(side => eachSide(side).filter(({ name }) => name === action))
    return Math.min(1, ...rates.map(({ auditRate }) => auditRate))
  }
}

/** What a record counts is read only where a rate went down, which is seldom. */
async function lowerRates(db: Tx, question: Question, place: RecordsPlace): Promise<void> {
  const { records: rates, settings } = await recordRates(db, place)
  const smallest = ratesOf(question, settings)
  const rateOf = ({ action, rowsFrom }: Pick<KeptRecord, 'action' | 'rowsFrom'>): number => smallest(action, rowsFrom)
  if (rates.every(one => rateOf(one) >= one.smallestRate)) return
  for (const record of await readRecords(db, place)) {
    const rate = rateOf(record)
    if (rate >= record.budget.smallestRate) continue
    const { id, budgetChanges, budget, counts } = record
    await saveRecordBudget(db, record, { budgetChanges, budget: { ...budget, smallestRate: rate } })
    await saveCounts(db, place, [{ id, counts, drawn: await drawnAt(db, record, rate) }])
  }
}
