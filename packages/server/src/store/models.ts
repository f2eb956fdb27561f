import type { JsonObject, QuestionKey } from '@surety/contract'
import type { Reader, Tx } from './db.ts'
import { type QuestionPlace, scopeNow, scopeOf } from './model-scope.ts'
import { bool, insertRow, int8, json, orNull, type RowOf, table, text, time } from './table.ts'
import { tell } from './tell.ts'

const models = table('models', {
  scope: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  version: int8('version'),
  digest: text('digest'),
  artefact: text('artefact'),
  accepted: bool('accepted'),
  validated: bool('validated'),
  /** Holds `min_auc`: the floor at which it was accepted, which stays valid for this digest. */
  verdict: json<JsonObject>('verdict'),
  createdAt: time('created_at'),
  acceptedAt: orNull(time('accepted_at')),
})
const stored = models.pick('version', 'digest', 'artefact', 'validated', 'verdict', 'acceptedAt')
export type ModelRow = RowOf<typeof stored>

const activeModels = table('active_models', {
  scope: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  version: int8('version'),
  digest: text('digest'),
  validated: bool('validated'),
  activatedAt: time('activated_at'),
})
const pointer = activeModels.pick('digest', 'validated', 'activatedAt')
/** The pointer to what serves, as every process reads it. */
export type ActiveRow = RowOf<typeof pointer>

export interface Place extends QuestionKey {
  /** A tenant, or `*` for all. */
  readonly scope: string
}

export async function readActive(db: Reader, { pod, question, scope }: Place): Promise<ActiveRow | null> {
  const { rows } = await db.query<ActiveRow>({
    name: 'model_active',
    text: `select ${pointer.columns()} from active_models where tenant_id = $1 and pod = $2 and question = $3`,
    values: [scope, pod, question],
  })
  return rows[0] ?? null
}

const serving = activeModels.pick('digest', 'version')

/** The model that serves a tenant; null: none does. */
export async function servingModel(
  db: Reader,
  tenant: string,
  question: QuestionPlace,
): Promise<RowOf<typeof serving> | null> {
  const { rows } = await db.query<RowOf<typeof serving>>({
    name: 'model_serving',
    text: `select ${serving.columns()} from active_models where tenant_id = ${scopeNow} and pod = $2 and question = $3`,
    values: [tenant, question.pod, question.name, scopeOf(tenant, question)],
  })
  return rows[0] ?? null
}

/** What serves at a place: the pointer and the model; null: the model is not there or was not accepted. */
export interface ServingRow {
  readonly active: ActiveRow
  readonly row: ModelRow | null
}

/** What serves at several places, in the order in which they are given: two questions, however many there are. */
export async function readServing(db: Reader, places: readonly Place[]): Promise<readonly (ServingRow | null)[]> {
  const { rows: active } = await db.query<ActiveRow & { place: number }>({
    name: 'models_serving_where',
    text: `select asked.place::int as place, ${pointer.columns('a')}
      from unnest($1::text[], $2::text[], $3::text[]) with ordinality as asked(scope, pod, question, place)
      join active_models a on a.tenant_id = asked.scope and a.pod = asked.pod and a.question = asked.question`,
    values: [places.map(({ scope }) => scope), places.map(({ pod }) => pod), places.map(({ question }) => question)],
  })
  if (active.length === 0) return places.map(() => null)
  const at = (row: { readonly place: number }): Place => places[row.place - 1]!
  const { rows: models } = await db.query<ModelRow & { place: number }>({
    name: 'models_serving_what',
    text: `select asked.place, ${stored.columns('m')}
      from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[]) as asked(scope, pod, question, digest, place)
      join models m on m.tenant_id = asked.scope and m.pod = asked.pod and m.question = asked.question
        and m.digest = asked.digest and m.accepted`,
    values: [
      active.map(row => at(row).scope),
      active.map(row => at(row).pod),
      active.map(row => at(row).question),
      active.map(row => row.digest),
      active.map(row => row.place),
    ],
  })
  const rows = new Map(models.map(({ place, ...row }) => [place, row]))
  const found = new Map(
    active.map(({ place, ...pointed }) => [place, { active: pointed, row: rows.get(place) ?? null }] as const),
  )
  return places.map((_, index) => found.get(index + 1) ?? null)
}

/** The pointers of many scopes of one question, by scope; none where nothing is active. */
export async function readAllActive(
  db: Reader,
  { pod, question }: QuestionKey,
  scopes: readonly string[],
): Promise<ReadonlyMap<string, ActiveRow>> {
  const { rows } = await db.query<ActiveRow & { scope: string }>({
    name: 'models_active',
    text: `select tenant_id as scope, ${pointer.columns()} from active_models where tenant_id = any ($1) and pod = $2 and question = $3`,
    values: [scopes, pod, question],
  })
  return new Map(rows.map(({ scope, ...row }) => [scope, row]))
}

/** The model that made a decision, by digest: one of all tenants, or the tenant's own. */
export async function modelOfDecision(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
  digest: string,
): Promise<(ModelRow & Pick<Place, 'scope'>) | null> {
  const { rows } = await db.query<ModelRow & Pick<Place, 'scope'>>({
    name: 'model_of_decision',
    text: `select tenant_id as scope, ${stored.columns()} from models where tenant_id in ('*', $1) and pod = $2 and question = $3
      and digest = $4 and accepted order by tenant_id limit 1`,
    values: [tenant, pod, question, digest],
  })
  return rows[0] ?? null
}

/** Rows that a model was fitted on; null: it is not there. */
export async function fittedRows(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
  digest: string,
): Promise<number | null> {
  const { rows } = await db.query<{ n: number | null }>({
    name: 'model_fitted_rows',
    text: `select (artefact::json->'metrics'->>'n_train')::int as n from models where tenant_id in ('*', $1) and pod = $2 and question = $3
      and digest = $4 and accepted order by tenant_id limit 1`,
    values: [tenant, pod, question, digest],
  })
  return rows[0]?.n ?? null
}

/** Is this model, of the tenant or of all, still accepted? One that was rolled back from is not. */
export async function isAccepted(
  db: Reader,
  { tenant, pod, question }: QuestionKey & { readonly tenant: string },
  digest: string,
): Promise<boolean> {
  const { rows } = await db.query({
    name: 'model_is_accepted',
    text: `select 1 as found from models where tenant_id in ('*', $1) and pod = $2 and question = $3 and digest = $4
      and accepted_at is not null limit 1`,
    values: [tenant, pod, question, digest],
  })
  return rows.length > 0
}

/** An accepted model by digest. */
export async function readModel(db: Reader, { pod, question, scope }: Place, digest: string): Promise<ModelRow | null> {
  const { rows } = await db.query<ModelRow>({
    name: 'model_by_digest',
    text: `select ${stored.columns()} from models where tenant_id = $1 and pod = $2 and question = $3 and digest = $4 and accepted limit 1`,
    values: [scope, pod, question, digest],
  })
  return rows[0] ?? null
}

/** Accepted models that served before this one and were not rolled back, the newest first. */
export async function readEarlier(
  db: Reader,
  { pod, question, scope }: Place,
  digest: string,
): Promise<readonly ModelRow[]> {
  const { rows } = await db.query<ModelRow>({
    name: 'model_earlier',
    text: `select ${stored.columns()} from models where tenant_id = $1 and pod = $2 and question = $3 and accepted and digest <> $4
      and accepted_at < (select accepted_at from models where tenant_id = $1 and pod = $2 and question = $3 and digest = $4 and accepted limit 1)
      order by accepted_at desc limit 20`,
    values: [scope, pod, question, digest],
  })
  return rows
}

const listed = models.pick(
  'scope',
  'pod',
  'question',
  'version',
  'digest',
  'artefact',
  'accepted',
  'validated',
  'verdict',
  'createdAt',
  'acceptedAt',
)
/** A model that is kept, accepted or refused. */
export type KeptModel = RowOf<typeof listed> & { readonly serves: boolean }

const isServing = `exists (select from active_models a where a.tenant_id = m.tenant_id and a.pod = m.pod
  and a.question = m.question and a.version = m.version and a.digest = m.digest) as serves`

/** Where a page of models ended. */
export type ModelMark = Pick<KeptModel, 'createdAt' | 'version' | 'digest' | 'pod' | 'question'>

/** Models of these places, the newest first. */
export async function listModels(
  db: Reader,
  places: readonly Place[],
  after: ModelMark | null,
  limit: number,
): Promise<readonly KeptModel[]> {
  const { rows } = await db.query<KeptModel>({
    name: 'models_listed',
    text: `select ${listed.columns('m')}, ${isServing}
      from unnest($1::text[], $2::text[], $3::text[]) as asked(scope, pod, question)
      join models m on m.tenant_id = asked.scope and m.pod = asked.pod and m.question = asked.question
      where $4::timestamptz is null or (m.created_at, m.version, m.digest, m.pod, m.question) < ($4, $5, $6, $7, $8)
      order by m.created_at desc, m.version desc, m.digest desc, m.pod desc, m.question desc limit $9`,
    values: [
      places.map(({ scope }) => scope),
      places.map(({ pod }) => pod),
      places.map(({ question }) => question),
      after?.createdAt ?? null,
      after?.version ?? null,
      after?.digest ?? null,
      after?.pod ?? null,
      after?.question ?? null,
      limit,
    ],
  })
  return rows
}

/** The model of a version: where there are several, the one that serves, then accepted ones, then the newest. */
export async function findModel(
  db: Reader,
  { pod, question, scope }: Place,
  version: number,
  digest: string | null,
): Promise<KeptModel | null> {
  const { rows } = await db.query<KeptModel>({
    name: 'model_by_version',
    text: `select ${listed.columns('m')}, ${isServing} from models m
      where tenant_id = $1 and pod = $2 and question = $3 and version = $4 and ($5::text is null or digest = $5)
      order by serves desc, accepted desc, created_at desc, digest limit 1`,
    values: [scope, pod, question, version, digest],
  })
  return rows[0] ?? null
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
export async function saveModel(db: Tx, { pod, question, scope }: Place, model: NewModel): Promise<void> {
  const { at, ...given } = model
  await insertRow(
    db,
    models,
    { ...given, scope, pod, question, createdAt: at, acceptedAt: model.accepted ? at : null },
    `on conflict (tenant_id, pod, question, version, digest) do update set artefact = excluded.artefact,
      accepted = models.accepted or excluded.accepted, validated = excluded.validated, verdict = excluded.verdict,
      accepted_at = coalesce(excluded.accepted_at, models.accepted_at)`,
  )
}

/** Moves the pointer and tells every process, when the transaction commits, at which scope. */
export async function pointAt(
  db: Tx,
  { pod, question, scope }: Place,
  { version, digest, validated }: { version: number; digest: string; validated: boolean },
  at: Date,
): Promise<void> {
  await insertRow(
    db,
    activeModels,
    { scope, pod, question, version, digest, validated, activatedAt: at },
    `on conflict (tenant_id, pod, question) do update set version = excluded.version, digest = excluded.digest,
      validated = excluded.validated, activated_at = excluded.activated_at`,
  )
  await tell(db, 'surety_models', scope)
}

/** A model that was rolled back is kept, but no later rollback returns to it. */
export async function withdraw(db: Tx, { pod, question, scope }: Place, digest: string): Promise<void> {
  await db.query({
    name: 'model_withdraw',
    text: 'update models set accepted_at = null where tenant_id = $1 and pod = $2 and question = $3 and digest = $4',
    values: [scope, pod, question, digest],
  })
}
