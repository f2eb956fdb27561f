import type { Reader, Tx } from './db.ts'
import { insertRow, type RowOf, table, text, time } from './table.ts'

export type KeyName = 'data_key' | 'pii_key' | 'signing_key'

const installationKeys = table('installation_keys', {
  name: text<KeyName>('name'),
  fingerprint: text('fingerprint'),
  notedAt: time('noted_at'),
})
export type InstallationKey = RowOf<typeof installationKeys>

/** Of two processes that start at once on an empty database the second sees what the first has noted. */
export const lockInstallationKeys = (db: Tx): Promise<unknown> =>
  db.query('lock table installation_keys in share row exclusive mode')

/** false: no start of a version that notes keys has been here. */
export async function hasInstallationKeys(db: Reader): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>(`select to_regclass('installation_keys') is not null as there`)
  return rows[0]!.there
}

export async function readInstallationKeys(db: Reader): Promise<readonly InstallationKey[]> {
  const { rows } = await db.query<InstallationKey>(
    `select ${installationKeys.columns()} from installation_keys order by name, noted_at, fingerprint`,
  )
  return rows
}

export const noteInstallationKey = (db: Tx, key: InstallationKey): Promise<number> =>
  insertRow(db, installationKeys, key, 'on conflict (name, fingerprint) do nothing')

export async function forgetInstallationKeys(db: Tx, name: KeyName): Promise<void> {
  await db.query('delete from installation_keys where name = $1', [name])
}
