import { mostLinks } from '@surety/contract'
import { textArray } from './binary-array.ts'
import type { Tx } from './db.ts'
import { lineColumns, type RowOf, table } from './table.ts'

/** By kind of state the ids of the groups that a group's row points to. */
export type Links = { readonly [kind: string]: readonly string[] }

/** A group as a batch leaves it. */
export interface GroupRow {
  readonly tenant: string
  readonly pod: string
  /** As in `groupId` of the contract: `person:P7`. */
  readonly id: string
  readonly version: number
  readonly links: Links
}

const column = lineColumns<GroupRow>()

/** What is locked together: the row of a group is its lock, and never goes. */
export const groups = table('groups', {
  tenant: column.text('tenant_id', row => row.tenant),
  pod: column.text('pod', row => row.pod),
  id: column.text('group_key', row => row.id),
  version: column.int8('version', row => row.version),
  links: column.jsonb<Links>('links', row => JSON.stringify(row.links)),
})

/** What a batch wants to hold. */
export interface WantedGroups {
  readonly tenant: string
  readonly pod: string
  /** Names of groups, the lowest rank first: in this order they are locked. */
  readonly ranks: readonly string[]
  /** Ids of the groups that its events name. */
  readonly named: readonly string[]
  /** Kinds of state whose links are followed: what a row just locked points to is locked with the next rank. */
  readonly follow: readonly string[]
}

const held = groups.pick('id', 'version', 'links')
export type HeldGroup = RowOf<typeof held>

/** Said because tables would be made for the hundreds of links of each group that are expected else. */
const mostFollowed = mostLinks * mostLinks

/**
 * The groups of a batch, as `held (group_key)` after `with recursive`: what its events name and what those point to. Exact once
 * they are locked; before, only for the ranks that are. Parameters $1 to $5: tenant, pod, ids, kinds that are followed, names.
 */
export const heldGroups = `held (group_key) as (
  select group_key from unnest($3::text[]) as named(group_key)
  union
  select l.id from held cross join lateral (
      select g.links from groups g where g.tenant_id = $1 and g.pod = $2 and g.group_key = held.group_key offset 0
    ) pointing cross join lateral (
      select id from unnest($4::text[]) as followed(kind)
        cross join lateral jsonb_array_elements_text(pointing.links -> followed.kind) as link(id)
      where split_part(id, ':', 1) = any ($5::text[]) limit ${mostFollowed}
    ) l
)`

/** Values of the parameters of `heldGroups`. */
export const heldValues = ({ tenant, pod, named, follow, ranks }: WantedGroups): readonly unknown[] => [
  tenant,
  pod,
  textArray('text', named),
  follow,
  ranks,
]

/**
 * Locks the groups to the commit, rank by rank and within a rank by id, so that two batches never wait for each other in a circle.
 * The questions leave together, without waiting for an answer.
 * @returns one list for each rank; a group that is not there is not in it
 */
export function lockGroups(db: Tx, wanted: WantedGroups): readonly Promise<readonly HeldGroup[]>[] {
  return wanted.ranks.map(async (rank, place) => {
    const ranks = wanted.ranks.slice(0, place + 1)
    const named = wanted.named.filter(id => ranks.includes(nameOf(id)))
    const { rows } = await db.query<HeldGroup>({
      name: 'lock_groups',
      // The inner select runs once for each row of the outer one, in its order.
      text: `with recursive ${heldGroups}
        select locked.* from (
          select group_key from held where split_part(group_key, ':', 1) = $6 order by group_key collate "C" offset 0
        ) wanted cross join lateral (
          select ${held.columns('g')} from groups g
          where g.tenant_id = $1 and g.pod = $2 and g.group_key = wanted.group_key for no key update
        ) locked`,
      values: [...heldValues({ ...wanted, named, ranks }), rank],
    })
    return rows
  })
}

export const nameOf = (groupId: string): string => groupId.slice(0, groupId.indexOf(':'))

/** Makes those that are missing, in the order of their ids: a row that is not there cannot be locked. */
export async function makeGroups(db: Tx, tenant: string, pod: string, ids: readonly string[]): Promise<void> {
  await db.query({
    name: 'make_groups',
    text: `insert into groups (tenant_id, pod, group_key) select $1, $2, id from unnest($3::text[]) as given(id)
      order by id collate "C" on conflict (tenant_id, pod, group_key) do nothing`,
    values: [tenant, pod, ids],
  })
}
