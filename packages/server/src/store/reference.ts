import type { Reader } from './db.ts'
import { type EntityPiece, knownAt, shown, validAt } from './entities.ts'
import { stillKnown } from './entity-changes.ts'
import { arraysOf, bool, int2, names, orNull, type RowOf, table, text, time, unnested } from './table.ts'

/** Place of a look-up: 0 the id, 1 to 3 the look-up keys of the kind. */
export type KeySlot = 0 | 1 | 2 | 3

/** One thing to be looked up as it was at a moment. */
export interface ReferenceAsk {
  readonly kind: string
  readonly slot: KeySlot
  readonly key: string
  readonly at: Date
  /**
   * Only rows whose span touches this one, ends included, and rows without a span; `all`: every row of the key, however many
   * there are. null: rows without a span, which is all of them where the kind has none.
   */
  readonly span: { readonly from: Date; readonly to: Date; readonly longestMs: number } | 'all' | null
}

/** Which knowledge is read: the newest, that after a change (exact for ever), or that of a moment. */
export type Known = 'newest' | { readonly change: number } | { readonly at: Date }

export interface Reference {
  /** The last change that this answer knows: reading at it again gives the same. 0: there was none. */
  readonly change: number
  /** One list for each ask, in its place, by id. */
  readonly found: readonly (readonly EntityPiece[])[]
}

type Rows = 'touching' | 'always' | 'all'

const asked = table('asked', {
  kind: text('kind'),
  slot: int2('slot'),
  key: text('key'),
  at: time('at'),
  /** Every row of the key, whatever its span. */
  all: bool('every_row'),
  from: orNull(time('span_from')),
  to: orNull(time('span_to')),
  least: orNull(time('least')),
})

const column = (slot: KeySlot): string => (slot === 0 ? 'entity_id' : `key${slot}`)
const newest = `e.known_until = ${stillKnown}`
const past = knownAt('known.change', 'e.')
/** Each is one stretch of the index by look-up key; a disjunction of them would be read row by row. */
const conditions: { readonly [rows in Rows]: { readonly asked: string; readonly row: string } } = {
  touching: {
    asked: 'a.span_from is not null',
    row: 'e.span_from >= a.least and e.span_from <= a.span_to and e.span_to >= a.span_from',
  },
  always: { asked: 'not a.every_row', row: 'e.span_from is null' },
  all: { asked: 'a.every_row', row: 'true' },
}

/** A plan of its own for each ask: joined at once, a planner without statistics walks the whole kind. */
const branch = (slot: KeySlot, rows: Rows, known: string): string => `
  select a.n, f.* from known, asked a, lateral (
    select ${shown.columns('e')} from entities e
      where e.tenant_id = $1 and e.pod = $2 and e.kind = a.kind and e.${column(slot)} = a.key and ${known}
        and ${conditions[rows].row}
        and ${validAt('a.at', 'e.')}
      offset 0) f
    where a.slot = ${slot} and ${conditions[rows].asked}`

const lastChange = (of: string): string =>
  `coalesce((select change from entity_changes where tenant_id = $1 and pod = $2 ${of} limit 1), 0)`
const changeOf = {
  newest: lastChange('order by change desc'),
  change: '$3::bigint',
  at: lastChange('and recorded_at <= $3 order by recorded_at desc, change desc'),
} as const

type Means = keyof typeof changeOf

/** What is looked up in this query: by which keys, and which of their rows. */
function branchesOf(asks: readonly ReferenceAsk[]): readonly (readonly [KeySlot, Rows])[] {
  const wanted = asks.flatMap(({ slot, span }) => {
    if (slot === 0 || span === 'all') return [`${slot} all`]
    return span === null ? [`${slot} always`] : [`${slot} touching`, `${slot} always`]
  })
  return [...new Set(wanted)].toSorted().map(one => [Number(one[0]) as KeySlot, one.slice(2) as Rows])
}

function textOf(means: Means, branches: readonly (readonly [KeySlot, Rows])[]): string {
  const known = means === 'newest' ? newest : past
  const first = means === 'newest' ? 3 : 4
  const found = branches.map(([slot, rows]) => branch(slot, rows, known)).join(' union all ')
  const none = `select null::bigint as n, null::text as id`
  return `with known as materialized (select ${changeOf[means]} as change),
    asked as materialized (select * from ${unnested(asked, first)} with ordinality as given(${names(asked)}, n))
    select known.change, found.* from known left join (${found === '' ? none : found}) found on true order by found.n, found.id`
}

type Row = { readonly change: number; readonly n: number | null } & EntityPiece

/**
 * Everything that is asked, in one query. It reads one state of the database, takes no lock and waits for nobody: what is
 * changed meanwhile has a number above the one that is answered.
 */
export async function readReference(
  db: Reader,
  tenant: string,
  pod: string,
  known: Known,
  asks: readonly ReferenceAsk[],
): Promise<Reference> {
  const means: Means = known === 'newest' ? 'newest' : 'change' in known ? 'change' : 'at'
  const branches = branchesOf(asks)
  const { rows } = await db.query<Row>({
    // One a set of look-ups, of which a pod has few; a name has at most 63 characters.
    name: `reference_${means}_${branches.map(([slot, rows]) => `${slot}${rows.slice(0, 2)}`).join('')}`,
    text: textOf(means, branches),
    values: [
      tenant,
      pod,
      ...(known === 'newest' ? [] : ['change' in known ? known.change : known.at]),
      ...arraysOf(asked, asks.map(rowOf)),
    ],
  })
  const found: EntityPiece[][] = asks.map(() => [])
  for (const row of rows) if (row.n !== null) found[row.n - 1]!.push(row)
  return { change: rows[0]!.change, found }
}

function rowOf({ kind, slot, key, at, span }: ReferenceAsk): RowOf<typeof asked> {
  const all = slot === 0 || span === 'all'
  if (all || span === null) return { kind, slot, key, at, all, from: null, to: null, least: null }
  const { from, to, longestMs } = span
  return { kind, slot, key, at, all, from, to, least: new Date(from.getTime() - longestMs) }
}

/** All that was known of these kinds, over all time, by kind, id and time: what a process holds in memory. */
export async function readSnapshot(
  db: Reader,
  tenant: string,
  pod: string,
  known: Known,
  kinds: readonly string[],
): Promise<{ readonly change: number; readonly pieces: readonly EntityPiece[] }> {
  const means: Means = known === 'newest' ? 'newest' : 'change' in known ? 'change' : 'at'
  const first = means === 'newest' ? 3 : 4
  const { rows } = await db.query<{ change: number } & { [K in keyof EntityPiece]: EntityPiece[K] | null }>({
    name: `reference_snapshot_${means}`,
    text: `with known as materialized (select ${changeOf[means]} as change)
      select known.change, ${shown.columns('e')} from known left join entities e
        on e.tenant_id = $1 and e.pod = $2 and e.kind = any ($${first}) and not e.ended and ${past}
      order by e.kind, e.entity_id, e.valid_from`,
    values: [tenant, pod, ...(known === 'newest' ? [] : ['change' in known ? known.change : known.at]), kinds],
  })
  const { change } = rows[0]!
  return { change, pieces: rows.filter((row): row is typeof row & EntityPiece => row.id !== null) }
}
