import type { Reader, Tx } from './db.ts'
import { keptModels, type ModelPlace, type QuestionPlace, scopeOf } from './model-scope.ts'
import { insertRow, int4, json, type RowOf, table, text, time } from './table.ts'

/** A calibrator as it is stored: only the steps of the Venn-Abers curves, so that its size follows their shape and not the rows. */
export interface CalibratorBody {
  readonly score: number | null
  readonly scores: readonly number[]
  readonly p0: readonly number[]
  readonly p1: readonly number[]
  readonly radii: readonly (number | null)[]
  readonly limits: readonly [number | null, number | null]
  /** Rows by where they came from: `held_out`, `live`, `imported`, `csv`. */
  readonly sources: { readonly [source: string]: number }
}

const calibrators = table('calibrators', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  digest: text('model_digest'),
  version: int4('version'),
  /** When it was made, or last confirmed. */
  builtAt: time('built_at'),
  fittedAt: time('fitted_at'),
  /** The newest decision that was mature then. */
  fittedUntil: time('fitted_until'),
  n: int4('n'),
  positives: int4('positives'),
  body: json<CalibratorBody>('body'),
})
const withoutBody = calibrators.pick('version', 'builtAt', 'fittedAt', 'fittedUntil', 'n', 'positives')
/** The newest calibrator of a model, without its body. */
export type LastCalibrator = RowOf<typeof withoutBody>

/** null: none was made. */
export async function lastCalibrator(
  db: Reader,
  { tenant, pod, question, digest }: ModelPlace,
): Promise<LastCalibrator | null> {
  const { rows } = await db.query<LastCalibrator>({
    name: 'calibrator_last',
    text: `select ${withoutBody.columns()} from calibrators
      where tenant_id = $1 and pod = $2 and question = $3 and model_digest = $4 order by version desc limit 1`,
    values: [tenant, pod, question, digest],
  })
  return rows[0] ?? null
}

/** One version with its body; null: it is gone. */
export async function readCalibrator(db: Reader, place: ModelPlace, version: number): Promise<CalibratorBody | null> {
  const { rows } = await db.query<{ body: CalibratorBody }>({
    name: 'calibrator_body',
    text: 'select body from calibrators where tenant_id = $1 and pod = $2 and question = $3 and model_digest = $4 and version = $5',
    values: [place.tenant, place.pod, place.question, place.digest, version],
  })
  return rows[0]?.body ?? null
}

export async function confirmCalibrator(
  db: Tx,
  { tenant, pod, question, digest }: ModelPlace,
  version: number,
  now: Date,
): Promise<void> {
  await db.query({
    name: 'calibrator_confirm',
    text: `update calibrators set built_at = greatest(built_at, $6)
      where tenant_id = $1 and pod = $2 and question = $3 and model_digest = $4 and version = $5`,
    values: [tenant, pod, question, digest, version, now],
  })
}

const keptVersions = 20

/** false: another process has made this version, and nothing was written. */
export async function saveCalibrator(
  db: Tx,
  { tenant, pod, question, digest }: ModelPlace,
  made: Omit<RowOf<typeof calibrators>, keyof ModelPlace>,
): Promise<boolean> {
  const inserted = await insertRow(
    db,
    calibrators,
    { tenant, pod, question, digest, ...made },
    'on conflict (tenant_id, pod, question, model_digest, version) do nothing',
  )
  await db.query({
    name: 'calibrators_trim',
    text: 'delete from calibrators where tenant_id = $1 and pod = $2 and question = $3 and model_digest = $4 and version <= $5',
    values: [tenant, pod, question, digest, made.version - keptVersions],
  })
  return inserted === 1
}

/** Takes those of models that nobody returns to. */
export async function purgeCalibrators(db: Tx, tenant: string, question: QuestionPlace): Promise<void> {
  await db.query({
    name: 'calibrators_purge',
    text: `delete from calibrators where tenant_id = $1 and pod = $2 and question = $3 and model_digest not in (${keptModels})`,
    values: [tenant, question.pod, question.name, scopeOf(tenant, question)],
  })
}
