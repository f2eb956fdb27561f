import { performance } from 'node:perf_hooks'
import type { Config } from '../../config/config.ts'
import { storedKeys } from '../../config/secrets.ts'
import { auditKeys } from '../../manage/audit/open-audit.ts'
import { type DbAddress, openDatabase } from '../../store/db.ts'
import { plainRole } from '../../store/migrate.ts'
import type { ServerFacts } from '../../store/server.ts'
import { tenantsOf } from '../../store/tenants.ts'
import { fingerprintsOf } from '../installation-keys.ts'
import { auditCheck } from './audit.ts'
import { type Check, type Finding, made, within } from './check.ts'
import { installationCheck } from './installation.ts'
import { partitionsCheck } from './partitions.ts'
import { receiptsCheck } from './receipts.ts'
import { tasksCheck } from './tasks.ts'
import type { Records } from './visit.ts'

const checks: { readonly [name: string]: (records: Records) => Promise<Finding> } = {
  installation: installationCheck,
  audit: auditCheck,
  receipts: receiptsCheck,
  tasks: tasksCheck,
  partitions: partitionsCheck,
}

export interface RecordLook {
  readonly address: DbAddress
  readonly config: Pick<Config, 'secrets' | 'dataDir' | 'modelTrustedKeys'>
  readonly facts: ServerFacts
  /** The login of `address` is held by row-level security. */
  readonly plain: boolean
  readonly now: () => Date
  readonly mostMs: number
  readonly whole: boolean
}

/** What is in the tables: each with a time of its own, side by side, so that one that is silent keeps no other from speaking. */
export async function lookAtRecords(look: RecordLook): Promise<readonly Check[]> {
  const { address, config, facts, now, mostMs } = look
  const db = openDatabase(address, look.plain ? null : plainRole, Object.keys(checks).length)
  try {
    const begun = performance.now()
    const whole = look.whole
    const tenants = await within(mostMs, db.read([], tenantsOf))
    const keys = await storedKeys(config.secrets, config.dataDir)
    const { modelSigningKey } = keys
    const records: Records = {
      db,
      keys: fingerprintsOf(keys),
      tenants,
      whole,
      trusted: modelSigningKey === null ? null : auditKeys(modelSigningKey, config.modelTrustedKeys).trusted,
      // Half of its time is left for the tenant that was begun last.
      isOver: () => !whole && performance.now() - begun > mostMs / 2,
      now: new Date(now().getTime() - facts.clockAheadMs),
    }
    return await Promise.all(
      Object.entries(checks).map(([name, check]) => made(name, whole ? null : mostMs, () => check(records))),
    )
  } finally {
    // Whoever is silent would keep the process for the time that a statement has.
    db.suspend()
    await db[Symbol.asyncDispose]()
  }
}
