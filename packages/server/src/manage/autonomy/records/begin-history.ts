import { type Action, eachSide, type JsonObject, placeOf, type Question } from '@surety/contract'
import { cutTotals, labelsComplete } from '@surety/stats'
import type { Audit } from '../../../store/audit.ts'
import { lockAutonomy } from '../../../store/autonomy-epochs.ts'
import { lookBackDays, matureUntil } from '../../../store/calibration-rows.ts'
import type { Database, Reader } from '../../../store/db.ts'
import { historyCompleteness, type ImportedRow, importedCases, importedRows } from '../../../store/imported-cases.ts'
import { insertRecordRows, type NewRecordRow } from '../../../store/record-rows.ts'
import { endRecords, type KeptRecord, type RecordsPlace, readRecords, youngestRecords } from '../../../store/records.ts'
import { readContext } from '../context.ts'
import { maturityMs } from '../maturity.ts'
import { begin } from './begin-records.ts'
import { shareOf } from './record-plan.ts'
import { isBeyond, rowBefore } from './row-before.ts'
import { sideOf } from './side-of.ts'

/** A case of what a tenant imported, in order of time. */
interface HistoryCase {
  readonly id: string
  /** Older ones are fitted on only. */
  readonly counts: boolean
}

/** What models that saw nothing but the cases before say of each that counts: `scoreHistory` of the stage learn. */
interface ScoredHistory {
  readonly rows: readonly {
    readonly id: string
    readonly probability: number | null
    readonly yes: number
    readonly no: number
  }[]
  readonly first: Float64Array
}

export interface HistoryAsker {
  readonly actor: string
  readonly reason: string | undefined
  readonly requestId: string | undefined
}

/** Rows of a history that are looked at: the newest. Fitting a tenth at a time on so many takes two seconds. */
const most = 20_000
/** So many are fitted on first. */
const fewest = 61
const dayMs = 86_400_000

/**
 * What a tenant imported, where a record may begin with it: an admin imported or accepted it, nothing was counted yet for the action,
 * and what became of its cases is known of nine in ten.
 * @returns null: no record begins with it
 */
export async function historyToScore(
  db: Database,
  tenant: string,
  question: Question,
  at: Date,
): Promise<readonly HistoryCase[] | null> {
  return db.transaction([tenant], async handle => {
    const place = { tenant, ...placeOf(question) }
    if ((await beginning(handle, tenant, question)).length === 0) return null
    const cases = await importedCases(handle, place, most)
    const since = at.getTime() - lookBackDays * dayMs
    const counted = cases.filter(({ happenedAt }) => happenedAt.getTime() >= since)
    if (cases.length < fewest || counted.length === 0) return null
    const span = { from: counted[0]!.happenedAt, to: counted.at(-1)!.happenedAt }
    const mature = matureUntil({ now: at, maturityMs: await maturityMs(handle, tenant, question, at) })
    const keys = [...new Set(cases.flatMap(({ sender }) => sender ?? []))]
    const { labelled, decisions } = await historyCompleteness(handle, place, span, mature, keys)
    if (!labelsComplete(labelled, decisions)) return null
    return cases.map(({ caseId, happenedAt }) => ({ id: caseId, counts: happenedAt.getTime() >= since }))
  })
}

/**
 * Begins the first record of each action with a history that was scored: rows, records and the entry in the audit log are one
 * transaction. Of what was imported nothing is awaited: it counts at once, whatever its age. The clock of the record begins now. Doing it again, or by another process, changes nothing.
 * @returns the actions of which a record began
 */
export async function beginHistory(
  { db, audit }: { readonly db: Database; readonly audit: Audit },
  tenant: string,
  question: Question,
  scored: ScoredHistory,
  by: HistoryAsker,
  at: Date,
): Promise<readonly string[]> {
  const place = { tenant, ...placeOf(question) }
  return db.transaction([tenant], async handle => {
    await lockAutonomy(handle, tenant, question.pod)
    const actions = await beginning(handle, tenant, question)
    if (actions.length === 0) return []
    const { floor } = await readContext(handle, tenant, question)
    const ids = scored.rows.map(({ id }) => id)
    const known = new Map((await importedRows(handle, place, ids)).map(row => [row.caseId, row]))
    const sides = new Set(actions.map(({ action: { side } }) => side))
    const rows = scored.rows.flatMap(one => {
      const row = known.get(one.id)
      return row === undefined ? [] : [rowOf(place, one, row, sides, floor)]
    })
    if (rows.length === 0) return []
    await insertRecordRows(
      handle,
      rows.map(row => ({ ...row, counted: row.label })),
    )
    const rowsFrom = new Date(Math.min(...rows.map(({ decidedAt }) => decidedAt.getTime())))
    for (const { action, empty } of actions) {
      if (empty !== null) await endRecords(handle, { ...place, action: action.name }, at, [empty.id])
      const plans = new Map([[action.name, shareOf(action, scored.first, scored.first)]])
      const due = { action, why: 'first', youngest: empty?.begunAt ?? null, suspensions: 0 } as const
      const from = {
        seeded: { why: 'history', rowsFrom, plans } as const,
        loosest: undefined,
        plan: plans.get(action.name)!,
      }
      await begin(handle, question, place, due, at, from)
    }
    const names = actions.map(({ action }) => action.name)
    const detail = { ...placeOf(question), actions: names, ...importOf(rows) }
    await audit(handle, { tenant, at, ...by, action: 'autonomy.history_counted', detail })
    return names
  })
}

/** An action whose first record may begin with a history; `empty`: the one that began meanwhile, and that has counted nothing. */
interface Beginning {
  readonly action: Action
  readonly empty: KeptRecord | null
}

/**
 * Once a record has counted a case it goes on: another one that is begun because of what it counted would have a delta too many.
 * Conditions on bounds cannot be known of cases that no calibrator saw, so an action that has some begins without a history.
 */
async function beginning(db: Reader, tenant: string, question: Question): Promise<readonly Beginning[]> {
  const place = { tenant, ...placeOf(question) }
  const { sides } = await readContext(db, tenant, question)
  const living = await readRecords(db, place)
  const youngest = await youngestRecords(db, place)
  const found: Beginning[] = []
  for (const { action, row } of eachSide(sides)) {
    const { on, narrow } = action.conditions ?? { on: 'probability', narrow: false }
    if (on === 'lower_bound' || narrow || (row !== null && row.certifyFrom !== null)) continue
    const own = living.filter(record => record.action === action.name)
    const [only] = own
    if (only === undefined) {
      if (!youngest.has(action.name)) found.push({ action, empty: null })
    } else if (own.length === 1 && only.why === 'first' && cutTotals(only.counts).all === 0)
      found.push({ action, empty: only })
  }
  return found
}

function rowOf(
  place: RecordsPlace,
  { probability: p, yes, no }: ScoredHistory['rows'][number],
  row: ImportedRow,
  sides: ReadonlySet<Action['side']>,
  floor: number,
): NewRecordRow {
  const kappa = (side: Action['side']): number | null => {
    if (!sides.has(side)) return null
    if (p === null || !isBeyond(side, p, floor)) return -1
    return sideOf({ side }) === 'yes' ? yes : no
  }
  // Of models that never served.
  return rowBefore(place, row, { source: 'imported', decidedAt: row.happenedAt, modelVersion: 0, kappa })
}

/** What was counted of it, and whose word it is. */
function importOf(rows: readonly Pick<NewRecordRow, 'decidedAt' | 'labelledBy'>[]): JsonObject {
  const times = rows.map(({ decidedAt }) => decidedAt.getTime())
  const told = Map.groupBy(rows, ({ labelledBy }) => labelledBy)
  return {
    rows: rows.length,
    from: new Date(Math.min(...times)).toISOString(),
    to: new Date(Math.max(...times)).toISOString(),
    labelled_by: [...told].map(([key, of]) => ({ key, rows: of.length })),
  }
}
