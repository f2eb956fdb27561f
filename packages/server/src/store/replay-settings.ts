import type { Db } from './db.ts'

/** The one version of settings that a replay runs under, given before its first event. */
export async function saveSettings(
  db: Db,
  tenant: string,
  pod: string,
  value: { readonly [name: string]: unknown },
): Promise<void> {
  await db.query(
    `insert into settings (tenant_id, pod, name, version, value, recorded_at, actor)
      values ($1, $2, 'policy', 1, $3, 'epoch', 'system') on conflict do nothing`,
    [tenant, pod, JSON.stringify(value)],
  )
}
