import type { Reader, Tx } from './db.ts'
import type { ModelPlace } from './model-scope.ts'
import { insertRow, int4, int8, json, type RowOf, table, text, time } from './table.ts'

/** Scores by cut, the loosest first, without the operator's threshold; null: the question has no such side. */
export interface CutThresholds {
  readonly act: readonly number[] | null
  readonly clear: readonly number[] | null
}

/** The cuts of each version, frozen when it began to serve the tenant. */
const versionCuts = table('version_cuts', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  digest: text('model_digest'),
  version: int8('model_version'),
  begunAt: time('begun_at'),
  /** Decisions they are made of. */
  n: int4('n'),
  thresholds: json<CutThresholds>('thresholds'),
})
const kept = versionCuts.pick('digest', 'version', 'begunAt', 'n', 'thresholds')
export type VersionCuts = RowOf<typeof kept>

/** null: fewer than 50 decisions were scored by it until now, so that no case is in any cut. */
export async function readVersionCuts(
  db: Reader,
  { tenant, pod, question, digest }: ModelPlace,
): Promise<VersionCuts | null> {
  const { rows } = await db.query<VersionCuts>({
    name: 'version_cuts_read',
    text: `select ${kept.columns()} from version_cuts
      where tenant_id = $1 and pod = $2 and question = $3 and model_digest = $4`,
    values: [tenant, pod, question, digest],
  })
  return rows[0] ?? null
}

/** What is frozen stays as it is. @returns false: it was frozen before, and nothing was written */
export async function insertVersionCuts(
  db: Tx,
  { tenant, pod, question }: Omit<ModelPlace, 'digest'>,
  cuts: VersionCuts,
): Promise<boolean> {
  const inserted = await insertRow(
    db,
    versionCuts,
    { tenant, pod, question, ...cuts },
    'on conflict (tenant_id, pod, question, model_digest) do nothing',
  )
  return inserted === 1
}
