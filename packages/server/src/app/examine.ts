import { access, constants, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { searchBounds } from '../store/case-search.ts'
import { embeddedDoctor } from '../store/embedded/doctor.ts'
import { indexableSearch } from '../store/migrate.ts'
import { mostClocksApartMs, serverFacts } from '../store/server.ts'
import { tablesCheck } from './examine-tables.ts'

export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly sentence: string
}

/** Looks at everything a start needs; changes nothing. */
export async function examine(config: Config, now: () => Date): Promise<readonly Check[]> {
  const checks: Check[] = [
    { name: 'node', ok: true, sentence: `Node ${process.versions.node} runs Surety.` },
    await portCheck(config),
    await keysCheck(config),
  ]
  if (config.databaseUrl === null) checks.push(...(await embeddedDoctor(join(config.dataDir, 'postgres'))))
  else checks.push(...(await serverChecks(config.migrateUrl ?? config.databaseUrl, now)))
  checks.push(await tablesCheck(config))
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

export async function serverChecks(url: string, now: () => Date): Promise<readonly Check[]> {
  try {
    const { version, creates, indexed, superuser, writable, clockAheadMs } = await serverFacts(url, now)
    const bad = (sentence: string) => [{ name: 'database', ok: false, sentence }]
    if (version < 150_000) return bad(`PostgreSQL ${Math.floor(version / 10_000)} is too old; 15 or newer is needed.`)
    if (!creates) return bad('This role may not create schemas: grant create on the database to it.')
    if (!writable)
      return bad(
        'PostgreSQL answers and takes no writes: it is a standby, or made read-only (default_transaction_read_only, a full disk).',
      )
    return [
      { name: 'database', ok: true, sentence: `PostgreSQL ${Math.floor(version / 10_000)} answers.` },
      { name: 'search', ok: true, sentence: searchSentence(indexed, superuser) },
      clockCheck(clockAheadMs),
    ]
  } catch (error) {
    const why = error instanceof Error ? error.message || error.name : 'no reason given'
    return [{ name: 'database', ok: false, sentence: `The database does not answer (${why}).` }]
  }
}

/** @param aheadMs of the clock of this machine */
export function clockCheck(aheadMs: number): Check {
  const ok = Math.abs(aheadMs) <= mostClocksApartMs
  const far = `${Math.round(Math.abs(aheadMs) / (ok ? 1_000 : 60_000))} ${ok ? 'seconds' : 'minutes'}`
  return {
    name: 'clock',
    ok,
    sentence: ok
      ? `This machine and the database agree on the time (${far} apart).`
      : `The clock of this machine is ${far} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of the database: set both by NTP. Retention deletes nothing until they agree.`,
  }
}

function searchSentence(indexed: boolean, superuser: boolean): string {
  if (indexed) return 'Search uses its index.'
  if (superuser) return 'Search will use its index: the next start allows it in this database.'
  return `Search reads only the newest ${searchBounds.readAtMost.toLocaleString('en')} leads, because this login may not use the search index. A superuser allows it once, in this database: ${indexableSearch};`
}
