import type { JsonObject } from '@surety/contract'
import type { Db } from '../../store/db.ts'

/** The pointer to what serves, as every process reads it. */
export interface ActiveRow {
  readonly digest: string
  readonly validated: boolean
  readonly activatedAt: Date
}

export interface ModelRow {
  readonly version: number
  readonly digest: string
  readonly artefact: string
  readonly validated: boolean
  /** Holds `min_auc`: the floor at which it was accepted, which stays valid for this digest. */
  readonly verdict: JsonObject
  readonly acceptedAt: Date | null
}

export interface Place {
  readonly pod: string
  /** A tenant, or `*` for all. */
  readonly scope: string
}

export async function readActive(db: Db, { pod, scope }: Place): Promise<ActiveRow | null> {
  const { rows } = await db.query<{ digest: string; validated: boolean; activated_at: Date }>({
    name: 'model_active',
    text: 'select digest, validated, activated_at from active_models where tenant_id = $1 and pod = $2',
    values: [scope, pod],
  })
  const row = rows[0]
  return row === undefined ? null : { digest: row.digest, validated: row.validated, activatedAt: row.activated_at }
}

/** The pointers of many scopes of one pod, by scope; none where nothing is active. */
export async function readAllActive(
  db: Db,
  pod: string,
  scopes: readonly string[],
): Promise<ReadonlyMap<string, ActiveRow>> {
  const { rows } = await db.query<{ tenant_id: string; digest: string; validated: boolean; activated_at: Date }>({
    name: 'models_active',
    text: 'select tenant_id, digest, validated, activated_at from active_models where tenant_id = any ($1) and pod = $2',
    values: [scopes, pod],
  })
  return new Map(
    rows.map(row => [row.tenant_id, { digest: row.digest, validated: row.validated, activatedAt: row.activated_at }]),
  )
}

interface StoredRow {
  readonly version: number
  readonly digest: string
  readonly artefact: string
  readonly validated: boolean
  readonly verdict: JsonObject
  readonly accepted_at: Date | null
}

const columns = 'version, digest, artefact, validated, verdict, accepted_at'
const toModelRow = ({ accepted_at: acceptedAt, ...row }: StoredRow): ModelRow => ({ ...row, acceptedAt })

/** An accepted model by digest. */
export async function readModel(db: Db, { pod, scope }: Place, digest: string): Promise<ModelRow | null> {
  const { rows } = await db.query<StoredRow>({
    name: 'model_by_digest',
    text: `select ${columns} from models where tenant_id = $1 and pod = $2 and digest = $3 and accepted limit 1`,
    values: [scope, pod, digest],
  })
  return rows[0] === undefined ? null : toModelRow(rows[0])
}

/** Accepted models that served before this one and were not rolled back, the newest first. */
export async function readEarlier(db: Db, { pod, scope }: Place, digest: string): Promise<readonly ModelRow[]> {
  const { rows } = await db.query<StoredRow>({
    name: 'model_earlier',
    text: `select ${columns} from models where tenant_id = $1 and pod = $2 and accepted and digest <> $3
      and accepted_at < (select accepted_at from models where tenant_id = $1 and pod = $2 and digest = $3 and accepted limit 1)
      order by accepted_at desc limit 20`,
    values: [scope, pod, digest],
  })
  return rows.map(toModelRow)
}

export interface NewModel {
  readonly version: number
  readonly digest: string
  readonly artefact: string
  readonly accepted: boolean
  readonly validated: boolean
  readonly verdict: JsonObject
  readonly at: Date
}

/** A model accepted once more counts from now on. A refused one is kept for its verdict only. */
export async function saveModel(db: Db, { pod, scope }: Place, model: NewModel): Promise<void> {
  await db.query({
    name: 'model_save',
    text: `insert into models (tenant_id, pod, version, digest, artefact, accepted, validated, verdict, created_at, accepted_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $6 then $9::timestamptz end)
      on conflict (tenant_id, pod, version, digest) do update set artefact = excluded.artefact,
        accepted = models.accepted or excluded.accepted, validated = excluded.validated, verdict = excluded.verdict,
        accepted_at = coalesce(excluded.accepted_at, models.accepted_at)`,
    values: [
      scope,
      pod,
      model.version,
      model.digest,
      model.artefact,
      model.accepted,
      model.validated,
      JSON.stringify(model.verdict),
      model.at,
    ],
  })
}

/** Moves the pointer and tells every process, when the transaction commits, at which scope. */
export async function pointAt(
  db: Db,
  { pod, scope }: Place,
  model: { version: number; digest: string; validated: boolean },
  at: Date,
): Promise<void> {
  await db.query({
    name: 'model_point',
    text: `insert into active_models (tenant_id, pod, version, digest, validated, activated_at) values ($1, $2, $3, $4, $5, $6)
      on conflict (tenant_id, pod) do update set version = excluded.version, digest = excluded.digest,
        validated = excluded.validated, activated_at = excluded.activated_at`,
    values: [scope, pod, model.version, model.digest, model.validated, at],
  })
  await db.query({ name: 'model_tell', text: `select pg_notify('surety_models', $1)`, values: [scope] })
}

/** A model that was rolled back is kept, but no later rollback returns to it. */
export async function withdraw(db: Db, { pod, scope }: Place, digest: string): Promise<void> {
  await db.query({
    name: 'model_withdraw',
    text: 'update models set accepted_at = null where tenant_id = $1 and pod = $2 and digest = $3',
    values: [scope, pod, digest],
  })
}
