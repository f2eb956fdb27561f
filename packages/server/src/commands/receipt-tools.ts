import type { JsonObject } from '@surety/contract'
import { type Beside, openBeside } from '../app/open-beside.ts'
import type { Config } from '../config/config.ts'
import { loadSecrets } from '../config/secrets.ts'
import { issueReceipt, NoReceipt } from '../manage/receipts/issue.ts'
import { receiptKey } from '../manage/receipts/open-receipts.ts'
import { headsFile, readHeadsFile } from '../manage/receipts/saved-heads.ts'
import { type LedgerReport, verifyLedger } from '../manage/receipts/verify-ledger.ts'
import { readSigningKey, readTrustedKeys } from '../model/signature.ts'

const keyOf = async (beside: Beside) => receiptKey(readSigningKey((await beside.secrets()).modelSigningKey))

/** The receipt of a decision; a sentence when there is none. */
export async function makeReceipt(config: Config, tenant: string, id: string): Promise<JsonObject | string> {
  await using beside = await openBeside(config)
  const { db, now } = beside
  try {
    return await issueReceipt({ db, key: await keyOf(beside), now }, tenant, id)
  } catch (error) {
    if (error instanceof NoReceipt) return error.message
    throw error
  }
}

/** The newest signed head of every chain. @param tenant null: of all tenants */
export async function makeHeads(config: Config, tenant: string | null): Promise<object> {
  await using beside = await openBeside(config)
  const tenants = tenant === null ? await beside.tenants() : [tenant]
  // Awaited here: the database is closed when this function is left.
  return await headsFile(beside.db, await keyOf(beside), tenants, beside.now())
}

/** The public key of this installation, base64 of its 32 bytes. */
export async function publicKeyOf({ secrets, dataDir }: Config): Promise<string> {
  return readSigningKey((await loadSecrets(secrets, dataDir)).modelSigningKey).publicText
}

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
  await using beside = await openBeside(config)
  const reports: LedgerReport[] = []
  const tenants = await beside.tenants()
  for (const tenant of new Set([...tenants, ...saved.map(head => head.tenant)])) {
    let toldAt = performance.now()
    reports.push(
      await verifyLedger(beside.db, tenant, {
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
}
