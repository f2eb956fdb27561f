import {
  type EntityColumn,
  entityId,
  type FieldError,
  isWithinTime,
  type JsonObject,
  nulIn,
  readGivenTime,
  type Span,
  timeRange,
} from '@surety/contract'
import { isRecord } from '../../request/check.ts'
import type { EntityKind } from './kinds.ts'
import type { EntityValue } from './timeline.ts'

export type ReadRow =
  | {
      readonly ok: true
      readonly id: string
      readonly value: EntityValue
      /** Fields that the kind does not have. */
      readonly ignored: readonly string[]
    }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

const longestId = 200
const longestRow = 65_536

const refused = (path: string, code: string, message: string): ReadRow & { ok: false } => ({
  ok: false,
  errors: [{ path, code, message }],
})

/** A row as it is stored: texts without blanks around them, times in UTC, what is empty as the schema has it. */
export function readRow(kind: EntityKind, given: unknown): ReadRow {
  if (!isRecord(given)) return refused('', 'type', 'must be an object')
  const row: Record<string, unknown> = {}
  for (const column of kind.columns) {
    const value = normal(column, given[column.name])
    if (value !== undefined) row[column.name] = value
  }
  const names = new Set(kind.columns.map(({ name }) => name))
  const ignored = Object.keys(given).filter(name => !names.has(name))
  const errors = faultsOf(kind, row)
  if (errors.length > 0) return { ok: false, errors }
  const nul = nulIn(row)
  if (nul !== null) return refused(nul.split('.')[0] ?? '', 'format', 'holds a NUL character')
  if (JSON.stringify(row).length > longestRow)
    return refused('', 'too_long', `must be at most ${longestRow} characters`)
  const id = entityId(kind.entity, row)
  const [field = ''] = kind.entity.id
  if (id.length > longestId) return refused(field, 'too_long', `names the row, in at most ${longestId} characters`)
  if (/\p{Cc}/u.test(id)) return refused(field, 'format', 'names the row, and holds a control character')
  const value = lookedUpBy(kind, row as JsonObject)
  return 'errors' in value ? { ok: false, errors: value.errors } : { ok: true, id, value, ignored }
}

/** One for each field that is wrong, what is missing in the words of its column. */
function faultsOf(kind: EntityKind, row: object): readonly FieldError[] {
  const missing = kind.columns
    .filter(({ name, empty }) => empty === 'refused' && !Object.hasOwn(row, name))
    .map(({ name, wanted }) => ({ path: name, code: 'required', message: `is required: ${wanted}` }))
  const times = kind.columns.flatMap(column => timeFaults(column, (row as Record<string, unknown>)[column.name]))
  const first = [...missing, ...times]
  const said = new Set(first.map(({ path }) => path))
  return [...first, ...kind.faults(row).filter(({ path }) => !said.has(path))]
}

/** A schema takes whatever is written as a time is. */
function timeFaults({ name, cell }: EntityColumn, value: unknown): readonly FieldError[] {
  const isTime = cell.form === 'time' || (cell.form === 'list' && cell.of === 'time')
  if (!isTime) return []
  const texts = (Array.isArray(value) ? value : [value]).filter(one => typeof one === 'string')
  const fault = texts.map(readGivenTime).find(read => !(read instanceof Date))
  return fault === undefined || fault instanceof Date ? [] : [{ path: name, ...fault }]
}

/** undefined: the row has no such field. */
function normal({ cell, empty }: EntityColumn, given: unknown): unknown {
  const value = wordsIn(cell.form === 'list' ? cell.of : cell.form, given)
  const nothing =
    value === undefined ||
    value === null ||
    value === '' ||
    (cell.form === 'list' && Array.isArray(value) && value.length === 0)
  if (!nothing) return value
  if (empty === 'null') return null
  return empty === 'list' ? [] : undefined
}

function wordsIn(form: string, value: unknown): unknown {
  if (Array.isArray(value) && form !== 'json') return value.map(one => wordsIn(form, one))
  if (typeof value !== 'string') return value
  const text = value.trim()
  if (form !== 'time') return form === 'text' ? text : value
  const at = readGivenTime(text)
  return at instanceof Date ? at.toISOString() : text
}

/** What a row is looked up by; the pod's own functions say it. */
export function lookedUpBy({ entity }: EntityKind, body: JsonObject): EntityValue | { errors: readonly FieldError[] } {
  const [key1 = null, key2 = null, key3 = null] = entity.keys.map(({ of }) => of(body))
  const long = entity.keys.find((_, at) => ([key1, key2, key3][at]?.length ?? 0) > longestId)
  if (long !== undefined)
    return refused('', 'too_long', `has a ${long.group} of more than ${longestId} characters, by which it is looked up`)
  const span = entity.span?.of(body) ?? null
  if (span === null || entity.span === null) return { body, key1, key2, key3, spanFrom: null, spanTo: null }
  const [spanFrom, spanTo] = ends(span)
  const length = spanTo.getTime() - spanFrom.getTime()
  if (!(length >= 0)) return refused('', 'span', 'must end after it begins')
  if (!isWithinTime(spanFrom) || !isWithinTime(spanTo)) return refused('', 'span', timeRange)
  const { longestMs } = entity.span
  if (length > longestMs) return refused('', 'span', `must last at most ${longestMs / 3_600_000} hours`)
  return { body, key1, key2, key3, spanFrom, spanTo }
}

const ends = ([from, to]: Span): readonly [Date, Date] => [new Date(from), new Date(to)]
