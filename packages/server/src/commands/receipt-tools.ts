import type { JsonObject } from '@surety/contract'
import { type Beside, noKeysIn, openBeside } from '../app/open-beside.ts'
import type { Config } from '../config/config.ts'
import { loadSecrets, storedKeys } from '../config/secrets.ts'
import { auditKeys } from '../manage/audit/open-audit.ts'
import { auditHeads } from '../manage/audit/saved-heads.ts'
import { issueReceipt, NoReceipt } from '../manage/receipts/issue.ts'
import { headsFile, readHeadsFile } from '../manage/receipts/saved-heads.ts'
import { type LedgerReport, verifyLedger } from '../manage/receipts/verify-ledger.ts'
import { publicTextsOf, readSigningKey } from '../model/signature.ts'
import { signerOf } from '../model/signer.ts'

const keyOf = async (beside: Beside) => signerOf(readSigningKey((await beside.secrets()).modelSigningKey))

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

export interface HeadsFile {
  readonly heads: readonly JsonObject[]
  readonly audit: readonly JsonObject[]
}

/**
 * The newest signed head of every chain of receipts and of every audit log, all signed as they are now.
 * @param tenant null: of all tenants, and of the installation as a whole
 * @returns `broken`: where an audit log does not hold together; such a one is not signed anew
 */
export async function makeHeads(
  config: Config,
  tenant: string | null,
): Promise<{ readonly file: HeadsFile; readonly broken: readonly string[] }> {
  await using beside = await openBeside(config)
  const { db, now } = beside
  const tenants = tenant === null ? await beside.tenants() : [tenant]
  const audited = tenant === null ? ['*', ...tenants] : tenants
  const keys = auditKeys((await beside.secrets()).modelSigningKey, config.modelTrustedKeys)
  const receipts = await headsFile(db, keys.signer, tenants, now())
  const { heads, broken } = await auditHeads(db, keys, audited, now())
  return { file: { ...receipts, audit: heads }, broken }
}

/** The public key of this installation, base64 of its 32 bytes. */
export async function publicKeyOf({ secrets, dataDir }: Config): Promise<string> {
  const { modelSigningKey: key } = await storedKeys(secrets, dataDir)
  // One that is made for the question has signed nothing.
  if (key === null) throw noKeysIn(dataDir)
  return readSigningKey(key).publicText
}

/** Public keys of this installation whose signatures count. */
export const trustedTexts = async ({ secrets, dataDir, modelTrustedKeys }: Config): Promise<ReadonlySet<string>> =>
  publicTextsOf(readSigningKey((await loadSecrets(secrets, dataDir)).modelSigningKey), modelTrustedKeys)

/** Every tenant's ledger against its receipts. @param headsText a file of heads that was kept elsewhere */
export async function verifyReceipts(
  config: Config,
  headsText: string | null,
  onProgress: (sentence: string) => void,
): Promise<readonly LedgerReport[]> {
  const saved = headsText === null ? [] : readHeadsFile(headsText)
  await using beside = await openBeside(config)
  const keys = await trustedTexts(config)
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
