import { boolArray, bytesArray, numberArray, textArray, timeArray, uuidArray } from './binary-array.ts'

/**
 * A table's columns, once: the property of a row, the column's name and its type. What is selected and inserted, and the
 * type of a row, follow from them.
 *
 *   const settings = table('settings', { tenant: text('tenant_id'), version: int4('version'), value: json<JsonObject>('value') })
 *   type SettingRow = RowOf<typeof settings>
 *   db.query<SettingRow>(`select ${settings.columns('s')} from settings s where s.tenant_id = $1`, [tenant])
 *   const brief = settings.pick('tenant', 'version')       // fewer columns, a narrower row
 *   insertRow(db, settings, row, 'on conflict do nothing')
 *   insertRows(db, settings, rows)                         // any number of rows as one statement
 */
export interface Column<Value> {
  readonly name: string
  readonly type: ColumnType
  /** Never read: carries the type of a value. */
  readonly value?: Value
}

export type ColumnType =
  | 'text'
  | 'json'
  | 'jsonb'
  | 'bytea'
  | 'timestamptz'
  | 'uuid'
  | 'float8'
  | 'int8'
  | 'int4'
  | 'int2'
  | 'bool'
  | 'text[]'
  | 'int2[]'
  | 'tsvector'

export type Columns = Readonly<Record<string, Column<unknown>>>
type ValueOf<C> = C extends Column<infer Value> ? Value : never
export type RowOf<T extends Table<Columns>> = { readonly [K in keyof T['of']]: ValueOf<T['of'][K]> }

export interface Table<C extends Columns> {
  readonly name: string
  readonly of: C
  /** For a select: each column under the name of its property; `alias` is that of the table in the statement. */
  columns(alias?: string): string
  /** The same table with fewer columns. */
  pick<K extends keyof C & string>(...properties: readonly K[]): Table<Pick<C, K>>
}

const column =
  (type: ColumnType) =>
  <Value>(name: string): Column<Value> => ({ name, type })

export const text = <Value extends string = string>(name: string): Column<Value> => column('text')(name)
export const json = <Value>(name: string): Column<Value> => column('json')(name)
export const jsonb = <Value>(name: string): Column<Value> => column('jsonb')(name)
export const bytes = (name: string): Column<Buffer> => column('bytea')(name)
export const time = (name: string): Column<Date> => column('timestamptz')(name)
export const uuid = (name: string): Column<string> => column('uuid')(name)
export const float8 = (name: string): Column<number> => column('float8')(name)
export const int8 = (name: string): Column<number> => column('int8')(name)
export const int4 = (name: string): Column<number> => column('int4')(name)
export const int2 = <Value extends number = number>(name: string): Column<Value> => column('int2')(name)
export const bool = (name: string): Column<boolean> => column('bool')(name)
export const texts = (name: string): Column<readonly string[]> => column('text[]')(name)
export const orNull = <Value>(of: Column<Value>): Column<Value | null> => of as Column<Value | null>

/** A column of a table that the line writes: it says itself where its values lie in the rows of a batch. */
export interface LineColumn<Row, Value> extends Column<Value> {
  readonly arrayOf: (rows: readonly Row[]) => Buffer
}
export type LineColumns<Row> = Readonly<Record<string, LineColumn<Row, unknown>>>

/**
 * Columns of a table that the line writes. Each has a function of its own that takes its value out of a row, which is several
 * times as fast as one for all by name; columns of type json are handed their text, made once for the digest too. A property
 * with a dot (`score.probability`) is read back as an object within the row, by `nested`.
 *
 *   const column = lineColumns<DecisionRow>()
 *   table('decisions', { id: column.uuid('decision_id', row => row.id), 'score.probability': column.float8('probability', …) })
 */
export const lineColumns = <Row>() => {
  const number =
    (type: 'float8' | 'int8' | 'int4' | 'int2') =>
    <Value extends number | null>(name: string, of: (row: Row, place: number) => Value): LineColumn<Row, Value> => ({
      name,
      type,
      arrayOf: rows => numberArray(type, rows.map(of)),
    })
  return {
    text: <Value extends string | null>(name: string, of: (row: Row) => Value): LineColumn<Row, Value> => ({
      name,
      type: 'text',
      arrayOf: rows => textArray('text', rows.map(of)),
    }),
    tsvector: <Value extends string | null>(name: string, of: (row: Row) => Value): LineColumn<Row, Value> => ({
      name,
      type: 'tsvector',
      arrayOf: rows => textArray('text', rows.map(of)),
    }),
    json: <Value>(name: string, textOf: (row: Row) => string | null): LineColumn<Row, Value> => ({
      name,
      type: 'json',
      arrayOf: rows => textArray('json', rows.map(textOf)),
    }),
    jsonb: <Value>(name: string, textOf: (row: Row) => string | null): LineColumn<Row, Value> => ({
      name,
      type: 'jsonb',
      arrayOf: rows => textArray('text', rows.map(textOf)),
    }),
    float8: number('float8'),
    int8: number('int8'),
    int4: number('int4'),
    int2: number('int2'),
    bool: (name: string, of: (row: Row) => boolean): LineColumn<Row, boolean> => ({
      name,
      type: 'bool',
      arrayOf: rows => boolArray(rows.map(of)),
    }),
    uuid: <Value extends string | null>(name: string, of: (row: Row) => Value): LineColumn<Row, Value> => ({
      name,
      type: 'uuid',
      arrayOf: rows => uuidArray(rows.map(of)),
    }),
    time: <Value extends Date | null>(name: string, of: (row: Row) => Value): LineColumn<Row, Value> => ({
      name,
      type: 'timestamptz',
      arrayOf: rows => timeArray(rows.map(of)),
    }),
    texts: (name: string, of: (row: Row) => readonly string[]): LineColumn<Row, readonly string[]> => ({
      name,
      type: 'text[]',
      arrayOf: rows => textArray('text', rows.map(of).map(asArrayText)),
    }),
    int2s: (name: string, of: (row: Row) => readonly number[]): LineColumn<Row, readonly number[]> => ({
      name,
      type: 'int2[]',
      arrayOf: rows => textArray('text', rows.map(of).map(asArrayText)),
    }),
    bytes: <Value extends Buffer | null>(name: string, of: (row: Row) => Value): LineColumn<Row, Value> => ({
      name,
      type: 'bytea',
      arrayOf: rows => bytesArray(rows.map(of)),
    }),
  }
}

/** A row whose properties are paths, as objects within an object. */
export type Nested<Row> = {
  readonly [K in keyof Row as K extends `${infer Outer}.${string}` ? Outer : K]: K extends `${infer Outer}.${string}`
    ? { readonly [I in keyof Row as I extends `${Outer}.${infer Inner}` ? Inner : never]: Row[I] }
    : Row[K]
}

export function nested<Row extends object>(row: Row): Nested<Row> {
  const whole: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(row)) {
    const [outer, inner] = path.split('.') as [string, string?]
    if (inner === undefined) whole[outer] = value
    else {
      whole[outer] ??= {}
      ;(whole[outer] as Record<string, unknown>)[inner] = value
    }
  }
  return whole as Nested<Row>
}

/** Rows that came as json (`json_agg`), under the names of their properties: times are texts there. */
export function fromJson<C extends Columns>(of: Table<C>, rows: readonly object[] | null): readonly RowOf<Table<C>>[] {
  const times = Object.keys(of.of).filter(property => of.of[property]!.type === 'timestamptz')
  const read = (row: object): RowOf<Table<C>> => {
    const whole = { ...row } as Record<string, unknown>
    for (const property of times) {
      const value = whole[property]
      if (typeof value === 'string') whole[property] = new Date(value)
    }
    return whole as RowOf<Table<C>>
  }
  return (rows ?? []).map(read)
}

export function table<C extends Columns>(name: string, of: C): Table<C> {
  return {
    name,
    of,
    columns(alias) {
      const before = alias === undefined ? '' : `${alias}.`
      return Object.entries(of)
        .map(([property, { name }]) => `${before}${name}${property === name ? '' : ` as "${property}"`}`)
        .join(', ')
    },
    pick(...properties) {
      const kept = Object.fromEntries(properties.map(property => [property, of[property]!]))
      return table(name, kept as Pick<C, (typeof properties)[number]>)
    },
  }
}

interface Queries {
  query(query: { name?: string; text: string; values: unknown[] }): Promise<{ rowCount: number | null }>
}

/** By text: a statement with a name is parsed once a connection, and what is written at each look has few texts. */
const insertNames = new Map<string, string>()

function insertNamed(of: Table<Columns>, text: string): string {
  const known = insertNames.get(text)
  if (known !== undefined) return known
  const name = `insert_${of.name}_${insertNames.size}`
  insertNames.set(text, name)
  return name
}

/** @param tail what follows the values: `on conflict …` */
export async function insertRow<C extends Columns>(
  db: Queries,
  of: Table<C>,
  row: RowOf<Table<C>>,
  tail = '',
): Promise<number> {
  const columns = Object.entries(of.of)
  const text = `insert into ${of.name} (${names(of)}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')}) ${tail}`
  const { rowCount } = await db.query({
    name: insertNamed(of, text),
    text,
    values: columns.map(([property, { type }]) => given(type, (row as Record<string, unknown>)[property])),
  })
  return rowCount ?? 0
}

/** All rows in one statement, as arrays in binary form; no rows, no statement. */
export async function insertRows<C extends Columns>(
  db: Queries,
  of: Table<C>,
  rows: readonly RowOf<Table<C>>[],
  tail = '',
): Promise<number> {
  if (rows.length === 0) return 0
  const text = `${insertText(of)} ${tail}`
  const { rowCount } = await db.query({ name: insertNamed(of, text), text, values: arraysOf(of, rows) })
  return rowCount ?? 0
}

/** An insert of all rows at once, handed in as one array a column. */
export const insertText = (of: Table<Columns>): string =>
  `insert into ${of.name} (${names(of)}) select ${selected(of, 'given')} from ${unnested(of, 1)} as given(${names(of)})`

/** The columns' names as an insert lists them. */
export const names = (of: Table<Columns>): string =>
  Object.values(of.of)
    .map(({ name }) => name)
    .join(', ')

/** `a = excluded.a, …`: of a row that is there, what an insert with `on conflict` writes over it. */
export const excluded = (of: Table<Columns>): string =>
  Object.values(of.of)
    .map(({ name }) => `${name} = excluded.${name}`)
    .join(', ')

/** `unnest($1::text[], …)`: rows handed in as one array a column, beginning with parameter `from`. */
export const unnested = (of: Table<Columns>, from: number): string =>
  `unnest(${Object.values(of.of)
    .map(({ type }, index) => `$${from + index}::${arrayType(type)}[]`)
    .join(', ')})`

/** The same rows as a select reads them from `alias`, each in the type of its column. */
export const selected = (of: Table<Columns>, alias: string): string =>
  Object.values(of.of)
    .map(({ name, type }) => `${alias}.${name}${arrayType(type) === type ? '' : `::${type}`}`)
    .join(', ')

/** The same for a table that the line writes. */
export const lineArrays = <Row>(of: Table<LineColumns<Row>>, rows: readonly Row[]): Buffer[] =>
  Object.values(of.of).map(column => column.arrayOf(rows))

/** One array a column, in the order of the columns. */
export function arraysOf<C extends Columns>(of: Table<C>, rows: readonly RowOf<Table<C>>[]): Buffer[] {
  return Object.entries(of.of).map(([property, { type }]) =>
    arrayOf(
      type,
      rows.map(row => (row as Record<string, unknown>)[property]),
    ),
  )
}

const sentAsText: ReadonlySet<ColumnType> = new Set(['jsonb', 'text[]', 'int2[]', 'tsvector'])
const arrayType = (type: ColumnType): string => (sentAsText.has(type) ? 'text' : type)

function given(type: ColumnType, value: unknown): unknown {
  return (type === 'json' || type === 'jsonb') && value !== null ? JSON.stringify(value) : value
}

function arrayOf(type: ColumnType, values: readonly unknown[]): Buffer {
  switch (type) {
    case 'text':
    case 'tsvector':
      return textArray('text', values as (string | null)[])
    case 'json':
      return textArray('json', values.map(asJson))
    case 'jsonb':
      return textArray('text', values.map(asJson))
    case 'text[]':
    case 'int2[]':
      return textArray('text', (values as (readonly (string | number)[] | null)[]).map(asArrayText))
    case 'bytea':
      return bytesArray(values as (Buffer | null)[])
    case 'timestamptz':
      return timeArray(values as (Date | null)[])
    case 'uuid':
      return uuidArray(values as (string | null)[])
    case 'bool':
      return boolArray(values as (boolean | null)[])
    default:
      return numberArray(type, values as (number | null)[])
  }
}

const asJson = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))

/** As the server reads an array out of a text: arrays of arrays would have to have rows of one length. */
function asArrayText(values: readonly (string | number)[] | null): string | null {
  if (values === null) return null
  return `{${values.map(one => (typeof one === 'number' ? one : `"${one.replace(/["\\]/g, '\\$&')}"`)).join(',')}}`
}
