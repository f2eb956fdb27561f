import type { QuestionKey } from '@surety/contract'
import type { Db } from './db.ts'

/** The one version of each setting that a replay runs under, given before its first event. */
export async function saveSettings(
  db: Db,
  tenant: string,
  { pod, question }: QuestionKey,
  values: { readonly [name: string]: unknown },
): Promise<void> {
  for (const [name, value] of Object.entries(values))
    await db.query(
      `insert into settings (tenant_id, pod, question, name, version, value, recorded_at, actor)
        values ($1, $2, $3, $4, 1, $5, 'epoch', 'system') on conflict do nothing`,
      [tenant, pod, question, name, JSON.stringify(value)],
    )
}
