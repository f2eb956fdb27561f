import type { TObject } from 'typebox'

/** How the values of a field are written in one cell of a file. */
export type CellForm =
  | { readonly form: 'text' | 'number' | 'whole' | 'boolean' | 'time' | 'json' }
  | { readonly form: 'list'; readonly of: 'text' | 'number' | 'whole' | 'boolean' | 'time' }

/** One column of a file of an entity, which is one field of its schema. */
export interface EntityColumn {
  readonly name: string
  readonly cell: CellForm
  /** What an empty cell stands for: no field, null, an empty list, or a mistake. */
  readonly empty: 'absent' | 'null' | 'list' | 'refused'
  /** What is wanted, in words: "a whole number", "texts, separated by ;". */
  readonly wanted: string
}

interface Field {
  readonly type?: string
  readonly format?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Field[]
  readonly items?: Field
}

/** The columns of a file, in the order of the fields of the schema. */
export function entityColumns(schema: TObject): readonly EntityColumn[] {
  const required: ReadonlySet<string> = new Set(schema.required ?? [])
  return Object.entries(schema.properties).map(([name, field]) => {
    const { inner, nullable } = withoutNull(field as Field)
    const cell = cellOf(inner)
    const empty = nullable ? 'null' : !required.has(name) ? 'absent' : cell.form === 'list' ? 'list' : 'refused'
    return { name, cell, empty, wanted: wantedOf(cell, inner) }
  })
}

function withoutNull(field: Field): { readonly inner: Field; readonly nullable: boolean } {
  const others = field.anyOf?.filter(one => one.type !== 'null')
  if (others === undefined || others.length === field.anyOf?.length) return { inner: field, nullable: false }
  return { inner: others.length === 1 ? others[0]! : { ...field, anyOf: others }, nullable: true }
}

function cellOf(field: Field): CellForm {
  const word = wordOf(field)
  if (word !== null) return { form: word }
  if (field.type === 'array' && field.items !== undefined) {
    const of = wordOf(field.items)
    if (of !== null) return { form: 'list', of }
  }
  return { form: 'json' }
}

/** The form of what is one word; null: it is not. */
function wordOf(field: Field): 'text' | 'number' | 'whole' | 'boolean' | 'time' | null {
  if (wordsOf(field) !== null) return 'text'
  if (field.type === 'string') return field.format === 'date-time' ? 'time' : 'text'
  if (field.type === 'integer') return 'whole'
  return field.type === 'number' || field.type === 'boolean' ? field.type : null
}

/** The closed list of texts that a field may hold; null: it is open. */
function wordsOf(field: Field): readonly string[] | null {
  const given = field.enum ?? (field.const === undefined ? field.anyOf?.map(one => one.const) : [field.const])
  return given?.every(one => typeof one === 'string') ? given : null
}

const words = {
  text: ['a text', 'texts'],
  number: ['a number', 'numbers'],
  whole: ['a whole number', 'whole numbers'],
  boolean: ['true or false', 'true or false'],
  time: [
    'a time such as 2026-03-10T12:00:00Z, from 1970 to 2100',
    'times such as 2026-03-10T12:00:00Z, from 1970 to 2100',
  ],
  json: ['JSON', 'JSON'],
} as const

function wantedOf(cell: CellForm, field: Field): string {
  if (cell.form === 'list') return `${words[cell.of][1]}, separated by ;`
  const known = wordsOf(field)
  return known === null ? words[cell.form][0] : `one of ${known.join(', ')}`
}
