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
 * One private PostgreSQL for the whole run.
 * @param folder goes away with the run
 * @param tuning `replay` where nothing has to reach the disk, `durable` where what runs is what a user has
 */
export async function embeddedServer(folder: string, tuning: Tuning): Promise<TestServer> {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startEmbedded({ dataDir: join(folder, 'server'), tuning }))
  const open = stack.move()
  return {
    address: JSON.stringify(server.admin),
    sentence: 'on the embedded PostgreSQL',
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/**
 * The server of DATABASE_URL; throws one sentence where none answers.
 * @param twoLogins services log in as somebody else than the owner of the tables
 */
export async function givenServer(twoLogins: boolean): Promise<TestServer> {
  const url = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  try {
    await client.connect()
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    return {
      address: JSON.stringify({ url, twoLogins }),
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
