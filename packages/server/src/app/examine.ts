import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import type { DbAddress } from '../store/db.ts'
import { embeddedDoctor } from '../store/embedded/doctor.ts'
import { embeddedState, isHeld } from '../store/embedded/look.ts'
import { notedAddress } from '../store/open-or-join.ts'
import { bad, type Check, good, made } from './doctor/check.ts'
import { lookAtServer } from './doctor/database.ts'
import { diskCheck, leastFreeMb } from './doctor/disk.ts'
import { keysCheck } from './doctor/keys.ts'
import { portChecks } from './doctor/port.ts'
import { lookAtRecords } from './doctor/records.ts'
import { tablesCheck } from './examine-tables.ts'

export type { Check } from './doctor/check.ts'

export interface Examination {
  /** Chains from their beginning and every record, however long that takes. */
  readonly whole?: boolean
  /** How long each check has. */
  readonly mostMs?: number
}

const usualMs = 10_000

/** Looks at everything that a start and a service need, and at what they leave; changes and starts nothing. */
export async function examine(config: Config, now: () => Date, options: Examination = {}): Promise<readonly Check[]> {
  const { mostMs = usualMs, whole = false } = options
  const embedded = config.databaseUrl === null
  const least = embedded ? leastFreeMb.withDatabase : leastFreeMb.withoutDatabase
  return [
    { name: 'node', ok: true, sentence: `Node ${process.versions.node} runs Surety.` },
    ...(await portChecks(config, embedded && !(await isHeld(join(config.dataDir, 'postgres'))))),
    await made('keys', mostMs, () => keysCheck(config)),
    await made('disk', mostMs, () => diskCheck(config.dataDir, least)),
    ...(embedded ? await embeddedDoctor(join(config.dataDir, 'postgres')) : []),
    await made('tables', mostMs, () => tablesCheck(config)),
    ...(await databaseChecks(config, { now, mostMs, whole })),
  ]
}

type Look = Required<Examination> & { readonly now: () => Date }

async function databaseChecks(config: Config, look: Look): Promise<readonly Check[]> {
  const address = await addressOf(config)
  if (address === 'none')
    return [{ name: 'records', ...good('There are none yet; the first start makes the database.') }]
  if (address === 'stopped') return [notLookedAt('the embedded PostgreSQL does not run', 'start Surety and ask again')]
  // The owner brings the tables up to date; whoever serves reads them.
  const asked = config.migrateUrl === null ? address : { url: config.migrateUrl }
  const { checks, facts } = await lookAtServer(asked, look.now, look.mostMs)
  if (facts === null) return [...checks, notLookedAt('the database did not answer', 'mend that first and ask again')]
  if (!facts.tables)
    return [...checks, { name: 'records', ...good('There are none yet; the first start makes the tables.') }]
  const records = lookAtRecords({
    address,
    config,
    facts,
    plain: config.migrateUrl !== null || !facts.bypasses,
    ...look,
  })
  const why = (error: unknown) => (error instanceof Error ? error.message : 'no reason given')
  return [...checks, ...(await records.catch(error => [notLookedAt(why(error), 'mend that first and ask again')]))]
}

/** One line for all of them: it is one thing that is wrong. */
const notLookedAt = (why: string, todo: string): Check => ({
  name: 'records',
  ...bad(`Audit, receipts, tasks and partitions were not looked at: ${why}.`, todo),
})

async function addressOf({ databaseUrl, dataDir }: Config): Promise<DbAddress | 'none' | 'stopped'> {
  if (databaseUrl !== null) return { url: databaseUrl }
  const state = await embeddedState(join(dataDir, 'postgres'))
  if (state === 'none') return 'none'
  return state === 'runs' ? ((await notedAddress(dataDir)) ?? 'stopped') : 'stopped'
}
