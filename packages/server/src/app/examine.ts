import { access, constants, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import type { Config } from '../config/config.ts'
import { clientConfig } from '../store/db.ts'
import { embeddedDoctor } from '../store/embedded/doctor.ts'

export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly sentence: string
}

/** Looks at everything a start needs; changes nothing. */
export async function examine(config: Config): Promise<readonly Check[]> {
  const checks: Check[] = [
    { name: 'node', ok: true, sentence: `Node ${process.versions.node} runs Surety.` },
    await portCheck(config),
    await keysCheck(config),
  ]
  if (config.databaseUrl === null) checks.push(...(await embeddedDoctor(join(config.dataDir, 'postgres'))))
  else checks.push(await serverCheck(config.databaseUrl))
  return checks
}

function portCheck({ port, host }: Config): Promise<Check> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () =>
      resolve({
        name: 'port',
        ok: false,
        sentence: `Something listens on ${host}:${port} already (perhaps Surety itself); set PORT to a free one.`,
      }),
    )
    probe.listen(port, host, () =>
      probe.close(() => resolve({ name: 'port', ok: true, sentence: `${host}:${port} is free.` })),
    )
  })
}

async function keysCheck({ dataDir, secrets }: Config): Promise<Check> {
  const name = 'keys'
  if (secrets.dataKeys !== null && secrets.piiKey !== null && secrets.modelSigningKey !== null)
    return { name, ok: true, sentence: 'All keys come from the environment.' }
  const path = join(dataDir, 'keys.json')
  const found = await stat(path).catch(() => null)
  if (found === null) return { name, ok: true, sentence: `${path} will be made at the first start.` }
  const readable = await access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
  if (!readable) return { name, ok: false, sentence: `${path} cannot be read by this user.` }
  const open = (found.mode & 0o077) !== 0
  return {
    name,
    ok: !open,
    sentence: open ? `${path} can be read by others: chmod 600 it.` : `${path} is there and private.`,
  }
}

async function serverCheck(url: string): Promise<Check> {
  const client = new pg.Client({ ...clientConfig({ url }, null), connectionTimeoutMillis: 5_000 })
  try {
    await client.connect()
    const { rows } = await client.query<{ version: number; creates: boolean }>(
      `select current_setting('server_version_num')::int as version, has_database_privilege(current_database(), 'create') as creates`,
    )
    const { version = 0, creates = false } = rows[0] ?? {}
    if (version < 150_000)
      return {
        name: 'database',
        ok: false,
        sentence: `PostgreSQL ${Math.floor(version / 10_000)} is too old; 15 or newer is needed.`,
      }
    if (!creates)
      return {
        name: 'database',
        ok: false,
        sentence: 'This role may not create schemas: grant create on the database to it.',
      }
    return { name: 'database', ok: true, sentence: `PostgreSQL ${Math.floor(version / 10_000)} answers.` }
  } catch (error) {
    const why = error instanceof Error ? error.message || error.name : 'no reason given'
    return { name: 'database', ok: false, sentence: `DATABASE_URL does not answer (${why}).` }
  } finally {
    await client.end().catch(() => undefined)
  }
}
