import type { AttributeSpec, Json, JsonObject } from '@surety/contract'

export { bankDates } from './demo-dates.ts'

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
