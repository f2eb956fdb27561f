import type { Reader } from './db.ts'
import { type EntityPiece, entities } from './entities.ts'
import { stillKnown } from './entity-changes.ts'
import { arraysOf, int2, orNull, type RowOf, table, text, time, unnested } from './table.ts'

/** Place of a look-up: 0 the id, 1 to 3 the look-up keys of the kind. */
export type KeySlot = 0 | 1 | 2 | 3

/** One thing to be looked up as it was at a moment. */
export interface ReferenceAsk {
  readonly kind: string
  readonly slot: KeySlot
  readonly key: string
  readonly at: Date
  /** Only rows whose span touches this one, ends included; rows without a span always do. null: all rows of the key. */
  readonly span: { readonly from: Date; readonly to: Date; readonly longestMs: number } | null
}

/** Which knowledge is read: the newest, that after a change (exact for ever), or that of a moment. */
export type Known = 'newest' | { readonly change: number } | { readonly at: Date }

export interface Reference {
  /** The last change that this answer knows: reading at it again gives the same. 0: there was none. */
  readonly change: number
  /** One list for each ask, in its place, by id. */
  readonly found: readonly (readonly EntityPiece[])[]
}

const asked = table('asked', {
  kind: text('kind'),
  slot: int2('slot'),
  key: text('key'),
  at: time('at'),
  from: orNull(time('span_from')),
  to: orNull(time('span_to')),
  least: orNull(time('least')),
})
const piece = entities.pick('kind', 'id', 'validFrom', 'validUntil', 'version', 'ended', 'body')

const column = (slot: KeySlot): string => (slot === 0 ? 'entity_id' : `key${slot}`)
/**
 * Conditions that an index serves each by itself: rows that are known still are one stretch of it, those that were known then
 * and are no more are few. A disjunction of them would be read row by row.
 */
const knowledge = {
  newest: [`e.known_until = ${stillKnown}`],
  past: [
    `e.known_until = ${stillKnown} and e.known_from <= known.change`,
    `e.known_until > known.change and e.known_until < ${stillKnown} and e.known_from <= known.change`,
  ],
} as const
const spans = {
  all: 'a.span_from is null',
  touching: 'e.span_from >= a.least and e.span_from <= a.span_to and e.span_to >= a.span_from',
  always: 'a.span_from is not null and e.span_from is null',
} as const

/** A plan of its own for each ask: joined at once, a planner without statistics walks the whole kind. */
const branch = (slot: KeySlot, known: string, span: string): string => `
  select a.n, f.* from known, asked a, lateral (
    select ${piece.columns('e')} from entities e
      where e.tenant_id = $1 and e.pod = $2 and e.kind = a.kind and e.${column(slot)} = a.key and ${known} and ${span}
        and e.valid_from <= a.at and (e.valid_until is null or e.valid_until > a.at) and not e.ended
      offset 0) f
    where a.slot = ${slot}`

const lastChange = (of: string): string =>
  `coalesce((select change from entity_changes where tenant_id = $1 and pod = $2 ${of} limit 1), 0)`
const changeOf = {
  newest: lastChange('order by change desc'),
  change: '$3::bigint',
  at: lastChange('and recorded_at <= $3 order by recorded_at desc, change desc'),
} as const

type Means = keyof typeof changeOf

function textOf(means: Means, slots: readonly KeySlot[], withSpans: boolean): string {
  const known = knowledge[means === 'newest' ? 'newest' : 'past']
  const first = means === 'newest' ? 3 : 4
  const branches = slots.flatMap(slot =>
    known.flatMap(one =>
      (withSpans && slot > 0 ? (['all', 'touching', 'always'] as const) : (['all'] as const)).map(span =>
        branch(slot, one, spans[span]),
      ),
    ),
  )
  return `with known as materialized (select ${changeOf[means]} as change),
    asked as materialized (select * from ${unnested(asked, first)} with ordinality as given(kind, slot, key, at, span_from, span_to, least, n))
    select known.change, found.* from known left join (${branches.join(' union all ')}) found on true order by found.n, found.id`
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
  const slots = ([0, 1, 2, 3] as const).filter(slot => slot === 0 || asks.some(ask => ask.slot === slot))
  const withSpans = asks.some(ask => ask.span !== null)
  const { rows } = await db.query<Row>({
    name: `reference_${means}_${slots.join('')}${withSpans ? '_spans' : ''}`,
    text: textOf(means, slots, withSpans),
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
  const least = span === null ? null : new Date(span.from.getTime() - span.longestMs)
  return { kind, slot, key, at, from: span?.from ?? null, to: span?.to ?? null, least }
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
      select known.change, ${piece.columns('e')} from known left join entities e
        on e.tenant_id = $1 and e.pod = $2 and e.kind = any ($${first}) and not e.ended
          and e.known_until > known.change and e.known_from <= known.change
      order by e.kind, e.entity_id, e.valid_from`,
    values: [tenant, pod, ...(known === 'newest' ? [] : ['change' in known ? known.change : known.at]), kinds],
  })
  const { change } = rows[0]!
  return { change, pieces: rows.filter((row): row is typeof row & EntityPiece => row.id !== null) }
}
