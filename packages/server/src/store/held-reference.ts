import type { Reader } from './db.ts'
import { entities } from './entities.ts'
import { stillKnown } from './entity-changes.ts'
import { heldGroups, heldValues, type WantedGroups } from './groups.ts'
import type { KeySlot } from './reference.ts'
import { arraysOf, int2, names, orNull, type RowOf, table, text, time, unnested } from './table.ts'

/** Reference data of all held groups of a name: found by their keys, in a place of the look-up. */
export interface HeldReferenceAsk {
  readonly kind: string
  readonly slot: KeySlot
  /** The name of the group. */
  readonly group: string
  /** Rows that hold at a moment of this stretch, ends included. */
  readonly from: Date
  readonly to: Date
  /** Only rows whose span touches this one, and rows without a span. null: whatever their span. */
  readonly span: { readonly from: Date; readonly to: Date; readonly longestMs: number } | null
}

const piece = entities.pick('id', 'validFrom', 'validUntil', 'body', 'spanFrom', 'spanTo')
export type HeldPiece = RowOf<typeof piece>

export interface HeldReference {
  /** The last change that this answer knows: reading at it again gives the same. 0: there was none. */
  readonly change: number
  /** One list for each ask, in its place: each row with the id of the group by which it was found. */
  readonly found: readonly (readonly (HeldPiece & { readonly group: string })[])[]
}

const asked = table('asked', {
  kind: text('kind'),
  slot: int2('slot'),
  group: text('group_name'),
  from: time('held_from'),
  to: time('held_to'),
  least: orNull(time('least')),
  spanFrom: orNull(time('span_from')),
  spanTo: orNull(time('span_to')),
})

const column = (slot: KeySlot): string => (slot === 0 ? 'entity_id' : `key${slot}`)
/** Each is one stretch of the index by look-up key. */
const conditions = {
  all: { asked: 'a.least is null', row: 'true' },
  touching: {
    asked: 'a.least is not null',
    row: 'e.span_from >= a.least and e.span_from <= a.span_to and e.span_to >= a.span_from',
  },
  always: { asked: 'a.least is not null', row: 'e.span_from is null' },
} as const
type Rows = keyof typeof conditions

// Taken apart beforehand: within the condition on a row of a tenant these functions would keep its index from being used, because
// a policy of rows is heard before whatever might tell of them.
const keyed = `keyed as materialized (
  select group_key, split_part(group_key, ':', 1) as name, substr(group_key, strpos(group_key, ':') + 1) as key from held)`

const branch = (slot: KeySlot, rows: Rows): string => `
  select a.n, keyed.group_key as "group", f.* from asked a join keyed on keyed.name = a.group_name
    cross join lateral (
    select ${piece.columns('e')} from entities e
      where e.tenant_id = $1 and e.pod = $2 and e.kind = a.kind
        and e.${column(slot)} = keyed.key
        and e.known_until = ${stillKnown} and ${conditions[rows].row}
        and e.valid_from <= a.held_to and (e.valid_until is null or e.valid_until > a.held_from) and not e.ended
      offset 0) f
    where a.slot = ${slot} and ${conditions[rows].asked}`

/**
 * Everything that is known now of the groups of a batch, also of those that are found through links, and the number of the last
 * change. In a statement after their locks. No lock is taken on what is read: what is changed meanwhile has a higher number.
 */
export async function readHeldReference(
  db: Reader,
  held: WantedGroups,
  asks: readonly HeldReferenceAsk[],
): Promise<HeldReference> {
  const branches = [
    ...new Set(
      asks.flatMap(({ slot, span }) => (span === null ? [`${slot} all`] : [`${slot} touching`, `${slot} always`])),
    ),
  ].toSorted()
  const found = branches.map(one => branch(Number(one[0]) as KeySlot, one.slice(2) as Rows)).join(' union all ')
  const none = `select null::bigint as n, null::text as id`
  const { rows } = await db.query<{ change: number; n: number | null } & HeldPiece & { group: string }>({
    name: `held_reference_${branches.map(one => one[0] + one.slice(2, 4)).join('')}`,
    text: `with recursive ${heldGroups}, ${keyed}, asked as materialized (
        select * from ${unnested(asked, 6)} with ordinality as given(${names(asked)}, n))
      select known.change, found.* from (
        select coalesce((select change from entity_changes where tenant_id = $1 and pod = $2
          order by change desc limit 1), 0) as change) known
        left join (${found === '' ? none : found}) found on true order by found.n, found.id`,
    values: [...heldValues(held), ...arraysOf(asked, asks.map(rowOf))],
  })
  const lists: (HeldPiece & { group: string })[][] = asks.map(() => [])
  for (const { n, change: _, ...row } of rows) if (n !== null) lists[n - 1]!.push(row)
  return { change: rows[0]!.change, found: lists }
}

function rowOf({ kind, slot, group, from, to, span }: HeldReferenceAsk): RowOf<typeof asked> {
  const whole = { kind, slot, group, from, to }
  if (span === null) return { ...whole, least: null, spanFrom: null, spanTo: null }
  return { ...whole, least: new Date(span.from.getTime() - span.longestMs), spanFrom: span.from, spanTo: span.to }
}
