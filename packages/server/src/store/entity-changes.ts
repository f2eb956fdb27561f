import type { Reader, Tx } from './db.ts'
import { insertRow, int4, int8, orNull, type RowOf, table, text, time } from './table.ts'
import { tell } from './tell.ts'

/** Changes of reference data: numbered without a gap per tenant and pod, kept for ever. */
const entityChanges = table('entity_changes', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  change: int8('change'),
  recordedAt: time('recorded_at'),
  actor: text('actor'),
  kind: text('kind'),
  what: text<'created' | 'replaced' | 'ended' | 'imported'>('what'),
  entities: int4('entities'),
  reason: orNull(text('reason')),
})
export type EntityChange = RowOf<typeof entityChanges>

export interface EntityPlace {
  readonly tenant: string
  readonly pod: string
  readonly kind: string
}

/** When and by whom a version was made. */
export interface Timed {
  readonly recordedAt: Date
  readonly actor: string
  readonly reason: string | null
}

/** `known_until` of what is known still: above every number of a change. */
export const stillKnown = Number.MAX_SAFE_INTEGER

/** Where every process hears that reference data of a tenant changed; the payload is the tenant. */
export const referenceChannel = 'surety_reference'

/** The number and the moment of the last change; 0 where there was none. */
export async function lastEntityChange(
  db: Reader,
  tenant: string,
  pod: string,
): Promise<{ readonly change: number; readonly recordedAt: Date | null }> {
  const { rows } = await db.query<{ change: number; recordedAt: Date }>({
    name: 'entity_change_last',
    text: `select change, recorded_at as "recordedAt" from entity_changes where tenant_id = $1 and pod = $2
      order by change desc limit 1`,
    values: [tenant, pod],
  })
  return rows[0] ?? { change: 0, recordedAt: null }
}

/** The last change that was recorded up to then; 0: nothing was known. */
export async function entityChangeAt(db: Reader, tenant: string, pod: string, at: Date): Promise<number> {
  const { rows } = await db.query<{ change: number }>({
    name: 'entity_change_at',
    text: `select change from entity_changes where tenant_id = $1 and pod = $2 and recorded_at <= $3
      order by recorded_at desc, change desc limit 1`,
    values: [tenant, pod, at],
  })
  return rows[0]?.change ?? 0
}

/** One change at a time per tenant and pod, until the commit. Who reads waits for nobody. */
export async function lockEntities(db: Tx, tenant: string, pod: string): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(hashtextextended($1, 7283653))`, [`${tenant}/${pod}`])
}

/** The next change, inside a transaction that holds `lockEntities`: every process hears of it at the commit. */
export async function addEntityChange(db: Tx, change: EntityChange): Promise<void> {
  await insertRow(db, entityChanges, change)
  await tell(db, referenceChannel, change.tenant)
}
