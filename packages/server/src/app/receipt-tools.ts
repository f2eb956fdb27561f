import type { JsonObject } from '@surety/contract'
import type { Config } from '../config/config.ts'
import { loadSecrets } from '../config/secrets.ts'
import { issueReceipt, NoReceipt } from '../manage/receipts/issue.ts'
import { headsFile, readHeadsFile } from '../manage/receipts/saved-heads.ts'
import { type LedgerReport, verifyLedger } from '../manage/receipts/verify-ledger.ts'
import { readTrustedKeys } from '../model/signature.ts'
import { type Database, openDatabase } from '../store/db.ts'
import { tenantsOf } from '../store/tenants.ts'
import { openEmbeddedOrJoin } from './open-or-join.ts'
import { receiptKey } from './open-receipts.ts'

const keyFrom = async (config: Config) =>
  receiptKey((await loadSecrets(config.secrets, config.dataDir)).modelSigningKey)

async function withDatabase<T>(config: Config, work: (db: Database) => Promise<T>): Promise<T> {
  await using store = await openEmbeddedOrJoin(config)
  await using db = openDatabase(store.address, store.role, 2)
  return await work(db)
}

/** The receipt of a decision; a sentence when there is none. */
export async function makeReceipt(config: Config, tenant: string, id: string): Promise<JsonObject | string> {
  const key = await keyFrom(config)
  return withDatabase(config, async db => {
    try {
      return await issueReceipt({ db, key, now: () => new Date() }, tenant, id)
    } catch (error) {
      if (error instanceof NoReceipt) return error.message
      throw error
    }
  })
}

/** The newest signed head of every chain. @param tenant null: of all tenants */
export async function makeHeads(config: Config, tenant: string | null): Promise<object> {
  const key = await keyFrom(config)
  return withDatabase(config, async db => {
    const tenants = tenant === null ? await db.transaction([], tenantsOf) : [tenant]
    return headsFile(db, key, tenants, new Date())
  })
}

/** The public key of this installation, base64 of its 32 bytes. */
export const publicKeyOf = async (config: Config): Promise<string> =>
  (await keyFrom(config)).publicKey.toString('base64')

/** Every tenant's ledger against its receipts. @param headsText a file of heads that was kept elsewhere */
export async function verifyReceipts(
  config: Config,
  headsText: string | null,
  onProgress: (sentence: string) => void,
): Promise<readonly LedgerReport[]> {
  const saved = headsText === null ? [] : readHeadsFile(headsText)
  const listed = [...readTrustedKeys(config.modelTrustedKeys).values()]
  const raw = listed.map(key => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64'))
  const keys = new Set([await publicKeyOf(config), ...raw])
  return withDatabase(config, async db => {
    const reports: LedgerReport[] = []
    const tenants = await db.transaction([], tenantsOf)
    for (const tenant of new Set([...tenants, ...saved.map(head => head.tenant)])) {
      let toldAt = performance.now()
      reports.push(
        await verifyLedger(db, tenant, {
          saved,
          keys,
          onProgress({ links, records }) {
            if (performance.now() - toldAt < 2_000) return
            toldAt = performance.now()
            onProgress(`${tenant}: ${links.toLocaleString('en-US')} links, ${records.toLocaleString('en-US')} records`)
          },
        }),
      )
    }
    return reports
  })
}
