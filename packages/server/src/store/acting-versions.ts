import type { QuestionKey } from '@surety/contract'
import type { Reader } from './db.ts'
import { int8, type RowOf, table, text, time } from './table.ts'

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
