import type { QuestionKey } from '@surety/contract'
import type { Database } from '../../store/db.ts'
import { casesErasedSince } from '../../store/erasure.ts'
import { type ExactTime, exactTime } from '../../store/exact-time.ts'
import { schemasOf } from '../../store/feature-schemas.ts'
import { type LearnedOutcome, outcomesSince } from '../../store/outcomes.ts'
import type { RowChange, RowSchema } from './training-row.ts'

/** How far a tenant's outcomes have been read. */
export interface RowCursor {
  readonly recordedAt: ExactTime
  readonly eventId: string
}

export interface RowPage {
  readonly schema: RowSchema
  readonly changes: readonly RowChange[]
}

const pageRows = 5000
/** A transaction may commit after a later one was read; what was read twice replaces itself. */
const overlap = '1 minute'
const beginning: RowCursor = { recordedAt: exactTime(new Date(0)), eventId: '' }

/**
 * Settled cases of one tenant, in its own session, from the outcomes recorded after the cursor: their recorded vectors
 * with the label that counts by now, whichever outcome of the case was read; a case whose last word has none is taken out, and so is one
 * that was erased.
 * @returns pages of one schema each; finally where to go on next time
 */
export async function* readRows(
  db: Database,
  question: QuestionKey,
  tenant: string,
  since: RowCursor | null,
): AsyncGenerator<RowPage, RowCursor | null> {
  const schemas = new Map<string, RowSchema>()
  let last = since
  let again = since !== null
  if (since !== null) {
    const erased = await db.read([tenant], reader => casesErasedSince(reader, tenant, question.pod, since.recordedAt))
    if (erased.length > 0)
      yield { schema: ofNothing, changes: erased.map(id => ({ id: rowId(tenant, id), label: null })) }
  }
  while (true) {
    const rows = await db.transaction([tenant], async handle => {
      const place = last ?? beginning
      const found = await outcomesSince(handle, tenant, question, place, {
        limit: pageRows,
        back: again ? overlap : null,
      })
      if (found.some(row => row.schemaHash !== null && !schemas.has(row.schemaHash)))
        for (const [hash, specs] of await schemasOf(handle, tenant, question.pod)) schemas.set(hash, { hash, specs })
      return found
    })
    for (const [hash, members] of Map.groupBy(rows.filter(hasDecision), row => row.schemaHash)) {
      const schema = schemas.get(hash)
      if (schema === undefined) throw new Error(`the feature schema ${hash} of tenant ${tenant} is not recorded`)
      yield { schema, changes: members.map(row => toChange(row, tenant)) }
    }
    const newest = rows.at(-1)
    if (newest === undefined) return last
    last = { recordedAt: newest.recordedAt, eventId: newest.eventId }
    again = false
    if (rows.length < pageRows) return last
  }
}

/** Of rows that are taken out: they have no values. */
const ofNothing: RowSchema = { hash: '', specs: [] }

/** Tenants share the trainer of a shared model, and two of them may use one case id. */
const rowId = (tenant: string, caseId: string): string => `${tenant}/${caseId}`

/** The case's decision is there; the row of one that was erased still counts as read. */
type Learned = LearnedOutcome & { readonly decidedAt: Date; readonly happenedAt: Date; readonly schemaHash: string }
const hasDecision = (row: LearnedOutcome): row is Learned => row.schemaHash !== null

function toChange(row: Learned, tenant: string): RowChange {
  const id = rowId(tenant, row.caseId)
  if (row.label === null) return { id, label: null }
  const { features: values, source, quality } = row
  return {
    id,
    at: timeOf(row),
    values: values!,
    label: row.label,
    tenant,
    source: source!,
    quality: quality!,
  }
}

/** A history that is imported has the order in which it happened; all of it is decided at once. In a replay both are one. */
const timeOf = ({ decidedAt, happenedAt, source, quality }: Learned): number =>
  source === 'imported' && quality !== 'human' ? Math.min(Number(happenedAt), Number(decidedAt)) : Number(decidedAt)
