import type { AttributeSpec, Json, JsonObject } from '@surety/contract'
import { newCaseId } from './case-id.ts'
import { bankDates } from './demo-dates.ts'
import { history } from './history.ts'

/**
 * The bank telemarketing file (see data/README.md) as leads. Left out are `y`, the answer, and `duration`, which is known
 * only after the call and would give the answer away.
 */
const bankColumns = {
  age: 'numeric',
  job: 'categorical',
  marital: 'categorical',
  education: 'categorical',
  default: 'categorical',
  housing: 'categorical',
  loan: 'categorical',
  contact: 'categorical',
  month: 'categorical',
  day_of_week: 'categorical',
  campaign: 'numeric',
  pdays: 'numeric',
  previous: 'numeric',
  poutcome: 'categorical',
  'emp.var.rate': 'numeric',
  'cons.price.idx': 'numeric',
  'cons.conf.idx': 'numeric',
  euribor3m: 'numeric',
  'nr.employed': 'numeric',
} as const satisfies { [column: string]: AttributeSpec['kind'] }

const attributeName = (column: string): string => column.replaceAll('.', '_')

/** What the demo tenant declares: 19 attributes, in the order of the file; dots in names become `_`. */
export const bankAttributes: readonly AttributeSpec[] = Object.entries(bankColumns).map(([column, kind]) => ({
  name: attributeName(column),
  kind,
}))

const plan = Object.entries(bankColumns).map(([column, kind]) => ({ column, kind, name: attributeName(column) }))
const places = new WeakMap<readonly string[], readonly number[]>()

function placesIn(columns: readonly string[]): readonly number[] {
  const cached = places.get(columns)
  if (cached !== undefined) return cached
  const found = plan.map(({ column }) => columns.indexOf(column))
  const missing = plan.filter((_, at) => found[at] === -1).map(({ column }) => column)
  if (missing.length > 0) throw new Error(`this is not the bank file: no column ${missing.join(', ')}`)
  places.set(columns, found)
  return found
}

const firstNames =
  'Ada Bela Caio Dora Elio Fina Gil Hana Ivo Jana Kai Lena Milo Nina Otto Pia Quim Rosa Sami Tara Ugo Vera Wim Xenia Yara Zeno Alba Bruno Clara Dario Elsa Fabio'.split(
    ' ',
  )
const lastNames =
  'Arden Birch Cedar Dale Elm Fern Grove Heath Iris Juniper Kelp Linden Maple Nettle Oak Poplar Quince Rowan Sorrel Thorn Ulex Vetch Willow Yarrow Aster Briar Clover Daisy Erica Fennel Garlic Hazel'.split(
    ' ',
  )

/**
 * One row as the data of a `lead.created`. The name is made up from the row number and the address ends in
 * `@example.invalid`, which exists nowhere; `source: 'demo'` marks both as invented. Details stay empty: the file has no text.
 * @param row      cells, in the order of `columns`
 * @param columns  the file's header
 * @param index    number of the row; the id is `bank-<index>`
 */
export function bankLead(row: readonly string[], columns: readonly string[], index: number): JsonObject {
  // An odd multiplier and the high bits: neighbours get different names, the same row always the same one.
  const mix = Math.imul(index + 1, 0x9e3779b1) >>> 22
  const first = firstNames[mix & 31] ?? 'Ada'
  const last = lastNames[mix >>> 5] ?? 'Arden'
  const at = placesIn(columns)
  const attributes: { [name: string]: Json } = {}
  for (const [position, { name, kind }] of plan.entries()) {
    const cell = row[at[position] ?? -1]
    if (cell === undefined) throw new Error(`row ${index} of the bank file is too short`)
    attributes[name] = kind === 'numeric' ? Number(cell) : cell
  }
  return {
    name: `${first} ${last}`,
    email: `${first}.${last}.${index}@example.invalid`.toLowerCase(),
    details: '',
    source: 'demo',
    external_id: `bank-${index}`,
    attributes,
  }
}

/** One call of the bank: when, and the events that ask about it and answer it. */
export interface BankCall {
  readonly at: Date
  readonly caseId: string
  readonly eventId: string
  readonly asks: { readonly kind: string; readonly data: JsonObject }
  readonly answers: { readonly kind: string; readonly data: JsonObject }
}

/** The column of the answer, and those that come with it. */
export const bankAnswer = 'y'
const eventPrefix = 'bank-'
export const isBankEvent = (eventId: string): boolean => eventId.startsWith(eventPrefix)

/** The calls in the order of the file, which is that of their days. Never shuffled. */
export function bankCalls(header: readonly string[], rows: readonly (readonly string[])[]): readonly BankCall[] {
  const column = (name: string): readonly string[] => {
    const place = header.indexOf(name)
    return rows.map(row => row[place] ?? '')
  }
  const dates = bankDates(column('month'), column('day_of_week'))
  const said = column(bankAnswer)
  return rows.map((row, index) => {
    const at = dates[index]!
    const caseId = newCaseId(at, index)
    return {
      at,
      caseId,
      eventId: `${eventPrefix}${index}`,
      asks: { kind: history.asks, data: bankLead(row, header, index) },
      answers: { kind: history.answers, data: history.answerData(caseId, said[index] === 'yes' ? 1 : 0) },
    }
  })
}
