import type { JsonObject } from '@surety/contract'
import type { Database, Reader, Tx } from './db.ts'
import { type EntityPlace, stillKnown, type Timed } from './entity-changes.ts'
import {
  arraysOf,
  bool,
  insertRows,
  int4,
  int8,
  json,
  orNull,
  type RowOf,
  table,
  text,
  time,
  unnested,
} from './table.ts'

/** One version of an entity over one stretch of time, as it was known over one stretch of changes. */
export const entities = table('entities', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  kind: text('kind'),
  id: text('entity_id'),
  validFrom: time('valid_from'),
  validUntil: orNull(time('valid_until')),
  knownFrom: int8('known_from'),
  knownUntil: int8('known_until'),
  version: int4('version'),
  madeIn: int8('made_in'),
  ended: bool('ended'),
  body: json<JsonObject>('body'),
  key1: orNull(text('key1')),
  key2: orNull(text('key2')),
  key3: orNull(text('key3')),
  spanFrom: orNull(time('span_from')),
  spanTo: orNull(time('span_to')),
})
export type EntityRecord = RowOf<typeof entities>

/** What a read shows of an entity. */
export const shown = entities.pick('kind', 'id', 'validFrom', 'validUntil', 'version', 'ended', 'body')
export type EntityPiece = RowOf<typeof shown>

/** Everything that is known now of these ids, ended stretches too; those of an id by time. */
export async function currentPieces(
  db: Reader,
  { tenant, pod, kind }: EntityPlace,
  ids: readonly string[],
): Promise<readonly EntityRecord[]> {
  const { rows } = await db.query<EntityRecord>({
    name: 'entities_current',
    // One look each: planned as a whole before anything is known of the table, it walks the kind for every lot of an import.
    text: `select found.* from unnest($4::text[]) as asked(id), lateral (
        select ${entities.columns()} from entities
        where tenant_id = $1 and pod = $2 and kind = $3 and entity_id = asked.id and known_until = ${stillKnown}
        order by valid_from offset 0) found`,
    values: [tenant, pod, kind, ids],
  })
  return rows
}

const closing = entities.pick('id', 'validFrom')

/** Some is known no more from this change on, and other is. Whoever calls it holds the changes of the place. */
export async function writePieces(
  db: Tx,
  { tenant, pod, kind }: EntityPlace,
  change: number,
  closed: readonly RowOf<typeof closing>[],
  added: readonly EntityRecord[],
): Promise<void> {
  if (closed.length > 0)
    await db.query({
      name: 'entities_close',
      text: `update entities e set known_until = $1 from ${unnested(closing, 5)} as given(entity_id, valid_from)
        where e.tenant_id = $2 and e.pod = $3 and e.kind = $4 and e.entity_id = given.entity_id
          and e.known_until = ${stillKnown} and e.valid_from = given.valid_from`,
      values: [change, tenant, pod, kind, ...arraysOf(closing, closed)],
    })
  await insertRows(db, entities, added)
}

/** Conditions on a row: known after this change, and holding at a moment. @param e what its columns are prefixed with */
export const knownAt = (change: string, e = ''): string => `${e}known_from <= ${change} and ${e}known_until > ${change}`
export const validAt = (at: string, e = ''): string =>
  `${e}valid_from <= ${at} and (${e}valid_until is null or ${e}valid_until > ${at}) and not ${e}ended`

/** As it was known after this change, at a moment; null: it was not there, or not known. */
export async function entityAt(
  db: Reader,
  { tenant, pod, kind }: EntityPlace,
  id: string,
  change: number,
  at: Date,
): Promise<EntityPiece | null> {
  const { rows } = await db.query<EntityPiece>({
    name: 'entity_at',
    text: `select ${shown.columns()} from entities
      where tenant_id = $1 and pod = $2 and kind = $3 and entity_id = $4 and ${knownAt('$5')} and ${validAt('$6')}`,
    values: [tenant, pod, kind, id, change, at],
  })
  return rows[0] ?? null
}

/** Entities of a kind by id, after `after`: as they were known after this change, at a moment. */
export async function entitiesAt(
  db: Reader,
  { tenant, pod, kind }: EntityPlace,
  change: number,
  at: Date,
  after: string,
  limit: number,
): Promise<readonly EntityPiece[]> {
  const { rows } = await db.query<EntityPiece>({
    name: 'entities_at',
    text: `select ${shown.columns()} from entities
      where tenant_id = $1 and pod = $2 and kind = $3 and entity_id > $4 and ${knownAt('$5')} and ${validAt('$6')}
      order by entity_id limit $7`,
    values: [tenant, pod, kind, after, change, at, limit],
  })
  return rows
}

/** Ids of the entities of a kind that are there at a moment, as is known now; by id, after `after`. */
export async function entityIdsAt(
  db: Reader,
  { tenant, pod, kind }: EntityPlace,
  at: Date,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'entity_ids_at',
    text: `select entity_id as id from entities
      where tenant_id = $1 and pod = $2 and kind = $3 and entity_id > $4 and known_until = ${stillKnown} and ${validAt('$5')}
      order by entity_id limit $6`,
    values: [tenant, pod, kind, after, at, limit],
  })
  return rows.map(({ id }) => id)
}

/** When what stands in these rows ends for good, where that is known and lies ahead: by id. */
export async function plannedEnds(
  db: Reader,
  { tenant, pod, kind }: EntityPlace,
  ids: readonly string[],
  change: number,
  at: Date,
): Promise<ReadonlyMap<string, Date>> {
  const { rows } = await db.query<{ id: string; validFrom: Date }>({
    name: 'entity_ends',
    text: `select entity_id as id, valid_from as "validFrom" from entities
      where tenant_id = $1 and pod = $2 and kind = $3 and entity_id = any ($4) and ${knownAt('$5')}
        and ended and valid_until is null and valid_from > $6`,
    values: [tenant, pod, kind, ids, change, at],
  })
  return new Map(rows.map(({ id, validFrom }) => [id, validFrom]))
}

const versions = entities.pick('version', 'madeIn', 'validFrom', 'validUntil', 'ended', 'body')
export type EntityVersion = RowOf<typeof versions> & Timed

/** Every version of an entity as it was written, the newest first, below `before`. */
export async function entityVersions(
  db: Reader,
  { tenant, pod, kind }: EntityPlace,
  id: string,
  before: number,
  limit: number,
): Promise<readonly EntityVersion[]> {
  const { rows } = await db.query<EntityVersion>({
    name: 'entity_versions',
    text: `select ${versions.columns('e')}, c.recorded_at as "recordedAt", c.actor, c.reason
      from entities e join entity_changes c on c.tenant_id = e.tenant_id and c.pod = e.pod and c.change = e.made_in
      where e.tenant_id = $1 and e.pod = $2 and e.kind = $3 and e.entity_id = $4 and e.known_from = e.made_in and e.version < $5
      order by e.version desc limit $6`,
    values: [tenant, pod, kind, id, before, limit],
  })
  return rows
}

/** After many rows at once: until the server knows how they lie it reads a whole kind for one key. */
export const analyzeEntities = (db: Database): Promise<unknown> =>
  db.owner.transaction([], owner => owner.query('analyze entities, entity_changes'))
