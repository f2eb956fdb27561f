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

/** The sessions of a web shop, each a visitor who may buy; all columns are known as the session ends but for the answer. */
const shopColumns = {
  Administrative: 'numeric',
  Administrative_Duration: 'numeric',
  Informational: 'numeric',
  Informational_Duration: 'numeric',
  ProductRelated: 'numeric',
  ProductRelated_Duration: 'numeric',
  BounceRates: 'numeric',
  ExitRates: 'numeric',
  PageValues: 'numeric',
  SpecialDay: 'numeric',
  Month: 'categorical',
  OperatingSystems: 'categorical',
  Browser: 'categorical',
  Region: 'categorical',
  TrafficType: 'categorical',
  VisitorType: 'categorical',
  Weekend: 'boolean',
} as const satisfies { [column: string]: AttributeSpec['kind'] }

/** A public file as leads: which of its columns are known as one asks, and when each row did. */
export interface DemoFile {
  readonly name: string
  /** The column of the answer, and its value that counts as yes. */
  readonly answer: string
  readonly yes: string
  /** What the demo tenant declares, in the order of the file; dots in names become `_`. */
  readonly attributes: readonly AttributeSpec[]
  readonly columns: readonly string[]
  dates(column: (name: string) => readonly string[], rows: number): readonly Date[]
}

const demoFile = (
  columns: { readonly [column: string]: AttributeSpec['kind'] },
  more: Omit<DemoFile, 'attributes' | 'columns'>,
): DemoFile => ({
  ...more,
  columns: Object.keys(columns),
  attributes: Object.entries(columns).map(([column, kind]) => ({ name: column.replaceAll('.', '_'), kind })),
})

export const bankFile = demoFile(bankColumns, {
  name: 'bank',
  answer: 'y',
  yes: 'yes',
  dates: column => bankDates(column('month'), column('day_of_week')),
})

const shopStart = Date.UTC(2024, 0, 1)
const yearMs = 365 * 86_400_000

/** Its months are mixed, so they stay an attribute: the rows keep their order and lie evenly over a year. */
export const shopFile = demoFile(shopColumns, {
  name: 'shop',
  answer: 'Revenue',
  yes: '1',
  dates: (_, rows) =>
    Array.from({ length: rows }, (_, row) => new Date(shopStart + Math.floor(((row + 0.5) * yearMs) / rows))),
})

const places = new WeakMap<readonly string[], readonly number[]>()

function placesIn({ name, columns }: DemoFile, header: readonly string[]): readonly number[] {
  const cached = places.get(header)
  if (cached !== undefined) return cached
  const found = columns.map(column => header.indexOf(column))
  const missing = columns.filter((_, at) => found[at] === -1)
  if (missing.length > 0) throw new Error(`this is not the ${name} file: no column ${missing.join(', ')}`)
  places.set(header, found)
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
 * @param row    cells, in the order of `header`
 * @param index  number of the row; the id is `<name of the file>-<index>`
 */
export function demoLead(file: DemoFile, row: readonly string[], header: readonly string[], index: number): JsonObject {
  // An odd multiplier and the high bits: neighbours get different names, the same row always the same one.
  const mix = Math.imul(index + 1, 0x9e3779b1) >>> 22
  const first = firstNames[mix & 31] ?? 'Ada'
  const last = lastNames[mix >>> 5] ?? 'Arden'
  const at = placesIn(file, header)
  const attributes: { [name: string]: Json } = {}
  for (const [position, { name, kind }] of file.attributes.entries()) {
    const cell = row[at[position] ?? -1]
    if (cell === undefined) throw new Error(`row ${index} of the ${file.name} file is too short`)
    attributes[name] = kind === 'numeric' ? Number(cell) : kind === 'boolean' ? cell === 'True' : cell
  }
  return {
    name: `${first} ${last}`,
    email: `${first}.${last}.${index}@example.invalid`.toLowerCase(),
    details: '',
    source: 'demo',
    external_id: `${file.name}-${index}`,
    attributes,
  }
}

/** One case of a demo: when, and the events that ask about it and answer it. */
export interface DemoCase {
  readonly at: Date
  readonly caseId: string
  readonly eventId: string
  readonly isYes: boolean
  readonly asks: { readonly kind: string; readonly data: JsonObject }
  readonly answers: { readonly kind: string; readonly data: JsonObject }
}

export const isDemoEvent = (file: DemoFile, eventId: string): boolean => eventId.startsWith(`${file.name}-`)

/** The rows in the order of the file, which is that of their time. Never shuffled. */
export function demoCases(
  file: DemoFile,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): readonly DemoCase[] {
  const column = (name: string): readonly string[] => {
    const place = header.indexOf(name)
    return rows.map(row => row[place] ?? '')
  }
  const dates = file.dates(column, rows.length)
  const said = column(file.answer)
  return rows.map((row, index) => {
    const at = dates[index]!
    const caseId = newCaseId(at, index)
    const isYes = said[index] === file.yes
    return {
      at,
      caseId,
      eventId: `${file.name}-${index}`,
      isYes,
      asks: { kind: history.asks, data: demoLead(file, row, header, index) },
      answers: { kind: history.answers, data: history.answerData(caseId, isYes ? 1 : 0) },
    }
  })
}
