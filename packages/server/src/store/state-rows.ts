import type { Json } from '@surety/contract'
import type { Reader } from './db.ts'
import { heldGroups, heldValues, type WantedGroups } from './groups.ts'
import { arraysOf, lineColumns, names, orNull, type RowOf, table, text, unnested } from './table.ts'

/** One row of state as a batch leaves it. */
export interface StateRow {
  readonly tenant: string
  readonly pod: string
  readonly group: string
  readonly kind: string
  /** Empty where the group has one row of the kind. */
  readonly bucket: string
  /** Json, as text of at most 1,000 bytes. */
  readonly value: string
  readonly updatedAt: Date
}

const column = lineColumns<StateRow>()

/** The past of groups, as far as it matters. */
export const stateRows = table('state_rows', {
  tenant: column.text('tenant_id', row => row.tenant),
  pod: column.text('pod', row => row.pod),
  group: column.text('group_key', row => row.group),
  kind: column.text('kind', row => row.kind),
  bucket: column.text('bucket', row => row.bucket),
  value: column.json<Json>('value', row => row.value),
  updatedAt: column.time('updated_at', row => row.updatedAt),
})

/** Rows of one kind, of all held groups of a name. */
export interface StateAsk {
  readonly kind: string
  /** The name of the group. */
  readonly group: string
  /** Only buckets from this one to that, both included, in the order of their bytes; null: all. */
  readonly buckets: readonly [from: string, to: string] | null
}

const asked = table('asked', {
  kind: text('kind'),
  group: text('group_name'),
  from: text('bucket_from'),
  to: orNull(text('bucket_to')),
})
const found = stateRows.pick('group', 'kind', 'bucket', 'value')
export type FoundState = RowOf<typeof found>

/** The rows of held groups. In a statement of its own after their locks: one that waited for a lock still sees what was before. */
export async function readState(
  db: Reader,
  held: WantedGroups,
  asks: readonly StateAsk[],
): Promise<readonly FoundState[]> {
  if (asks.length === 0) return []
  const { rows } = await db.query<FoundState>({
    name: 'read_state',
    text: `with recursive ${heldGroups}
      select found.* from held join ${unnested(asked, 6)} as asked(${names(asked)})
        on asked.group_name = split_part(held.group_key, ':', 1)
      cross join lateral (
        select ${found.columns('s')} from state_rows s where s.tenant_id = $1 and s.pod = $2
          and s.group_key = held.group_key and s.kind = asked.kind
          and s.bucket >= asked.bucket_from and (asked.bucket_to is null or s.bucket <= asked.bucket_to) offset 0
      ) found`,
    values: [
      ...heldValues(held),
      ...arraysOf(
        asked,
        asks.map(({ kind, group, buckets }) => ({ kind, group, from: buckets?.[0] ?? '', to: buckets?.[1] ?? null })),
      ),
    ],
  })
  return rows
}
