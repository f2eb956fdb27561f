import { isWithinTime, timeRange } from '@surety/contract'
import { type ColumnKind, inferColumns, isMissing } from '../csv/infer-columns.ts'
import { parseTime } from '../csv/parse-time.ts'
import { readCsv } from '../csv/read-csv.ts'
import { type LabelReader, scanLabels } from './labels.ts'
import { leakSuspects } from './leaks.ts'
import { ReplayError } from './replay-error.ts'

export interface CsvWish {
  readonly file: string
  readonly label: string
  readonly time: string | null
  readonly positive: string | null
  readonly subject: string | null
  readonly ignore: readonly string[]
  readonly knownLater: readonly string[]
  /** Only the yes are ever reported: so many whole days of silence tell of the rest. null: what the file says is reported. */
  readonly windowDays: number | null
}

/** What becomes of a column. */
export type ColumnUse = 'feature' | 'label' | 'time' | 'subject' | 'ignored' | 'known_later' | 'left_out'

export interface PlannedColumn {
  readonly name: string
  readonly place: number
  readonly kind: ColumnKind
  readonly use: ColumnUse
  readonly missingShare: number
  readonly distinct: number
  readonly examples: readonly string[]
  /** Why it is left out. */
  readonly because: string | null
}

/** What one look through the whole file has found; nothing has been written yet. */
export interface CsvPlan {
  readonly wish: CsvWish
  readonly columns: readonly PlannedColumn[]
  readonly rows: number
  readonly readLabel: LabelReader
  readonly labels: {
    readonly positive: string
    readonly positives: number
    readonly negatives: number
    readonly missing: number
  }
  readonly timeOrder: 'given' | 'sorted' | 'rows'
  /** First and last moment, epoch milliseconds; null where the file has no time. */
  readonly span: { readonly from: number; readonly to: number } | null
  readonly warnings: readonly string[]
  /** The rows themselves where they are few enough to keep; null: the file is read again. */
  readonly kept: readonly (readonly string[])[] | null
}

const mostKeptCells = 2_000_000
const sampleRows = 5000
const featureKinds: ReadonlySet<ColumnKind> = new Set(['numeric', 'categorical', 'boolean'])
const mostYears = 100
const mostFeatures = 500

/** Looks through the whole file once: faults come out before anything is written. @throws CsvError, ReplayError */
export async function planCsv(wish: CsvWish): Promise<CsvPlan> {
  const sample: (readonly string[])[] = []
  let kept: (readonly string[])[] | null = []
  const labelScan = scanLabels(wish.label, wish.positive, wish.windowDays !== null)
  let header: readonly string[] = []
  let places: { label: number; time: number } | null = null
  let rows = 0
  let last = Number.NEGATIVE_INFINITY
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let inOrder = true
  // Columns with one value so far; the first rows of a history are one short time.
  let constant = new Map<number, Set<string>>()
  for await (const chunk of readCsv(wish.file)) {
    if (places === null) {
      header = chunk.header
      places = placesOf(header, wish)
      constant = new Map(header.map((_, place) => [place, new Set<string>()]))
    }
    if (kept !== null && (rows + chunk.rows.length) * header.length > mostKeptCells) kept = null
    for (const row of chunk.rows) {
      rows++
      kept?.push(row)
      if (sample.length < sampleRows) sample.push(row)
      labelScan.add(row[places.label]!)
      if (places.time < 0) continue
      const at = readMoment(row[places.time]!, header[places.time]!, rows)
      if (at < last) inOrder = false
      last = at
      if (at < from) from = at
      if (at > to) to = at
    }
    for (const [place, values] of constant) {
      for (const row of chunk.rows) if (values.size < sampleRows && !isMissing(row[place]!)) values.add(row[place]!)
      if (values.size > 1 && rows <= sampleRows) constant.delete(place)
    }
  }
  const { read, ...labels } = labelScan.reader()
  if (to - from > mostYears * 366 * 86_400_000)
    throw new ReplayError(
      'time_span',
      `The column ${wish.time} runs from ${iso(from)} to ${iso(to)}, more than ${mostYears} years: is a time wrong?`,
    )
  const columns = header.map((name, place) => planColumn(name, place, sample, constant.get(place), wish))
  const features = columns.filter(({ use }) => use === 'feature')
  if (features.length === 0)
    throw new ReplayError(
      'no_features',
      `No column is left to learn from: ${columns.map(column => `${column.name} is ${column.because ?? `the ${column.use}`}`).join(', ')}.`,
    )
  if (features.length > mostFeatures)
    throw new ReplayError(
      'too_many_columns',
      `The file has ${features.length} columns to learn from, ${mostFeatures} are possible: leave some out with --ignore.`,
    )
  const timeOrder = wish.time === null ? 'rows' : inOrder ? 'given' : 'sorted'
  const warnings = [
    ...columns
      .filter(({ use }) => use === 'known_later')
      .map(({ name }) => `Column ${name} is known only after the outcome, as you say: no model sees it.`),
    ...leakSuspects(
      features,
      sample,
      sample.map(row => read(row[places!.label]!)),
    ).map(
      ({ column, auc, n }) =>
        `Column ${column} alone ranks the first ${n} rows with AUC ${auc.toFixed(3)}: if it is known only after the outcome, name it with --known-later ${column}; it was kept.`,
    ),
    ...(labelScan.missing > 0 && wish.windowDays === null
      ? [`${labelScan.missing} rows have no label: they ask for a decision and are never answered.`]
      : []),
    ...(timeOrder === 'rows'
      ? ['The file has no time column (--time): its rows were replayed in their order, evenly over 60 virtual days.']
      : []),
    ...(timeOrder === 'sorted' ? [`The rows were not in order of ${wish.time}: they were sorted by it.`] : []),
  ]
  return {
    wish,
    columns,
    rows,
    readLabel: read,
    labels: { ...labels, missing: wish.windowDays === null ? labelScan.missing : 0 },
    timeOrder,
    span: wish.time === null ? null : { from, to },
    warnings,
    kept,
  }
}

const iso = (at: number): string => new Date(at).toISOString()

export function readMoment(cell: string, column: string, row: number): number {
  const at = parseTime(cell)
  if (at !== null && isWithinTime(at)) return at
  const what = isMissing(cell) ? 'is empty' : `holds ${JSON.stringify(cell.slice(0, 40))}`
  if (at !== null)
    throw new ReplayError('time_unreadable', `Row ${row}: the time column ${column} ${what}; a time ${timeRange}.`, row)
  throw new ReplayError(
    'time_unreadable',
    `Row ${row}: the time column ${column} ${what}; a date (2024-05-31), a date and time (2024-05-31T13:45:00Z) or epoch seconds are read.`,
    row,
  )
}

function placesOf(header: readonly string[], wish: CsvWish): { label: number; time: number } {
  const named: [string, string][] = [
    ['--label', wish.label],
    ...(wish.time === null ? [] : [['--time', wish.time] as [string, string]]),
    ...(wish.subject === null ? [] : [['--subject', wish.subject] as [string, string]]),
    ...wish.ignore.map((name): [string, string] => ['--ignore', name]),
    ...wish.knownLater.map((name): [string, string] => ['--known-later', name]),
  ]
  for (const [option, name] of named)
    if (!header.includes(name))
      throw new ReplayError(
        'no_such_column',
        `${option} ${name}: the file has no such column; it has ${header.join(', ')}.`,
      )
  return { label: header.indexOf(wish.label), time: wish.time === null ? -1 : header.indexOf(wish.time) }
}

const leftOut: { readonly [kind in ColumnKind]?: string } = {
  constant: 'always the same',
  identifier: 'a name for each row',
  text: 'free text',
  time: 'a time',
}

function planColumn(
  name: string,
  place: number,
  sample: readonly (readonly string[])[],
  wholeFile: ReadonlySet<string> | undefined,
  wish: CsvWish,
): PlannedColumn {
  const inferred = inferColumns(
    [name],
    sample.map(row => [row[place]!]),
  )[0]!
  const late = inferred.kind === 'constant' && (wholeFile?.size ?? 0) > 1
  const kind = late
    ? inferColumns(
        [name],
        [...wholeFile!].map(value => [value]),
      )[0]!.kind
    : inferred.kind
  const { missingShare, distinct, examples } = inferred
  const known = { name, place, missingShare, distinct: late ? wholeFile!.size : distinct, examples, because: null }
  const use = useOf(name, wish)
  if (use !== null) return { ...known, kind, use }
  // A column whose few values all differ says nothing about being an identifier when they are all that it has.
  const settled = late && (kind === 'identifier' || kind === 'text') ? 'categorical' : kind
  if (!isColumnName(name))
    return { ...known, kind, use: 'left_out', because: 'named with more than 100 or unprintable characters' }
  if (featureKinds.has(settled)) return { ...known, kind: settled, use: 'feature' }
  return { ...known, kind: settled, use: 'left_out', because: leftOut[settled] ?? null }
}

const isColumnName = (name: string): boolean => name.isWellFormed() && /^\P{Cc}{1,100}$/u.test(name)

function useOf(name: string, wish: CsvWish): ColumnUse | null {
  if (name === wish.label) return 'label'
  if (name === wish.time) return 'time'
  if (wish.knownLater.includes(name)) return 'known_later'
  if (name === wish.subject) return 'subject'
  if (wish.ignore.includes(name)) return 'ignored'
  return null
}
