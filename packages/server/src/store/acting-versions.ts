import type { QuestionKey } from '@surety/contract'
import type { Reader, Tx } from './db.ts'
import { excluded, insertRow, int8, type RowOf, table, text, time } from './table.ts'

/** Which version's scores are acted on while a certificate of a record is in force. */
const actingVersions = table('acting_versions', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  digest: text('model_digest'),
  version: int8('model_version'),
  since: time('since'),
})
const named = actingVersions.pick('digest', 'version', 'since')
export type ActingVersion = RowOf<typeof named>

/** null: none was ever named, so the newest promoted version acts. */
export async function readActing(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
): Promise<ActingVersion | null> {
  const { rows } = await db.query<ActingVersion>({
    name: 'acting_version',
    text: `select ${named.columns()} from acting_versions where tenant_id = $1 and pod = $2 and question = $3`,
    values: [tenant, pod, question],
  })
  return rows[0] ?? null
}

/** It acts from now on. Whoever calls it counts the epoch on: what was decided by another version is void. */
export async function saveActing(
  db: Tx,
  tenant: string,
  { pod, question }: QuestionKey,
  { digest, version, since }: ActingVersion,
): Promise<void> {
  await insertRow(
    db,
    actingVersions,
    { tenant, pod, question, digest, version, since },
    `on conflict (tenant_id, pod, question) do update set ${excluded(named)}`,
  )
}

/** Nobody is named any more: the newest promoted version acts, until it is named itself. */
export async function forgetActing(db: Tx, tenant: string, { pod, question }: QuestionKey): Promise<void> {
  await db.query({
    name: 'acting_version_forget',
    text: 'delete from acting_versions where tenant_id = $1 and pod = $2 and question = $3',
    values: [tenant, pod, question],
  })
}
