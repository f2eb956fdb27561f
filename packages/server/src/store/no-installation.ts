import { join } from 'node:path'
import { clientConfig, type DbAddress, schemaName } from './db.ts'
import { thisMachine } from './embedded/machine.ts'
import { neverStarted } from './embedded/place.ts'
import type { Installation } from './open-or-join.ts'
import { ownClient } from './own-client.ts'

/** Nothing was ever started where a command looked: an empty answer about it would pass for a good one. */
export class NoInstallation extends Error {
  constructor({ databaseUrl, dataDir }: Pick<Installation, 'databaseUrl' | 'dataDir'>) {
    const where = databaseUrl === null ? dataDir : 'the database of DATABASE_URL'
    super(
      `There is no installation in ${where}: set the environment of the service (with systemd: set -a; DATA_DIR=/var/lib/surety; . /etc/surety/surety.env; set +a), or make one here with surety start.`,
    )
  }
}

/** Looks, and makes nothing. @throws NoInstallation where the embedded database was never started */
export async function refuseEmptyFolder(installation: Installation): Promise<void> {
  if (await neverStarted(thisMachine(), join(installation.dataDir, 'postgres'))) throw new NoInstallation(installation)
}

/** @throws NoInstallation where no start has made tables */
export async function refuseEmptyDatabase(address: DbAddress, installation: Installation): Promise<void> {
  const client = ownClient(clientConfig(address, null))
  await client.connect()
  try {
    const { rowCount } = await client.query(
      `select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = 'migrations'`,
      [schemaName],
    )
    if (rowCount === 0) throw new NoInstallation(installation)
  } finally {
    await client.end()
  }
}
