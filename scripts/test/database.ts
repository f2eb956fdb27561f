import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Tuning } from '../../packages/server/src/store/embedded/settings.ts'
import { startEmbedded } from '../../packages/server/src/store/embedded/start.ts'

export interface TestServer extends AsyncDisposable {
  /** JSON for SURETY_TEST_DATABASE. */
  readonly address: string
  readonly sentence: string
}

/**
 * One private PostgreSQL for the whole run, in a temporary folder that goes away with it.
 * @param tuning `replay` where nothing has to reach the disk, `durable` where what runs is what a user has
 */
export async function embeddedServer(tuning: Tuning): Promise<TestServer> {
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'surety-test-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const server = stack.use(await startEmbedded({ dataDir, tuning }))
  const open = stack.move()
  return {
    address: JSON.stringify(server.admin),
    sentence: 'on the embedded PostgreSQL',
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** The server of DATABASE_URL; throws one sentence where none answers. */
export async function givenServer(): Promise<TestServer> {
  const url = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  try {
    await client.connect()
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    // A template of an older checkout would test yesterday's tables.
    await client.query('select pg_advisory_lock(7283647)')
    await client.query('drop database if exists surety_template')
    return {
      address: JSON.stringify({ url }),
      sentence: `on PostgreSQL ${rows[0]?.server_version}`,
      async [Symbol.asyncDispose]() {},
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message || String(error) : String(error)
    throw new Error(
      `No PostgreSQL can be used at ${shown(url)} (${reason}): start one, or set DATABASE_URL to a superuser of yours.`,
    )
  } finally {
    await client.end().catch(() => undefined)
  }
}

function shown(url: string): string {
  return url.replace(/:[^:@/]*@/, ':***@')
}
