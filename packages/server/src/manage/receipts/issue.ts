import type { JsonObject } from '@surety/contract'
import type { Signer } from '../../model/signer.ts'
import type { Context } from '../../runtime/context.ts'
import { blindedOpinions } from '../../store/blinded-opinions.ts'
import type { Reader } from '../../store/db.ts'
import { decisionWasKnown } from '../../store/event-keys.ts'
import { predictionsDigest, predictionsOf, shownPrediction } from '../../store/predictions.ts'
import { recordsHash } from '../../store/receipt-chain.ts'
import { decisionDigest, formatOf, type RecordRow } from '../../store/receipt-record.ts'
import {
  aboutDecision,
  decisionRows,
  type HeadRow,
  headsBetween,
  type LinkRow,
  linksAfter,
  linkWith,
} from '../../store/receipt-rows.ts'
import { signHeads } from './head.ts'

/** Why there is no receipt: one sentence that says what to do. */
export class NoReceipt extends Error {}

type IssueContext = Pick<Context, 'db' | 'now'> & { readonly key: Signer }

const hex = (bytes: Buffer): string => bytes.toString('hex')

/**
 * The receipt of one decision: its record, the link that holds its digest, the links after it up to the first signed head,
 * and that head. What else is known of the decision is added under a signature of its own. Verified by
 * bin/verify-receipt.mjs with nothing of ours.
 * @throws NoReceipt with a sentence
 */
export async function issueReceipt(deps: IssueContext, tenant: string, id: string): Promise<JsonObject> {
  const at = momentOf(id)
  const decision = id.toLowerCase()
  const { record, digest, link } = await deps.db.read([tenant], db => findLinked(db, tenant, decision, at))
  await coverByHead(deps, tenant, link)
  return deps.db.read([tenant], async db => {
    const [head] = await headsBetween(db, tenant, link.chainId, link.seq, Number.MAX_SAFE_INTEGER, 1)
    if (head === undefined) throw new NoReceipt('The chain of this decision could not be signed; try again.')
    const following = await linksAfter(db, tenant, link.chainId, link.seq, head.length - link.seq)
    const about = await aboutDecision(db, tenant, decision, textOrNull(record['certificate_id']))
    const said = await predictionsOf(db, { tenant, pod: String(record['pod']), recordedAt: at, id: decision })
    const predictions = said.map(shownPrediction)
    const named = textOrNull(record['predictions_digest'])
    if (named === null ? predictions.length > 0 : predictionsDigest(predictions) !== named)
      throw new NoReceipt(
        `What another version said of decision ${id} was changed after it was written; run surety verify --receipts.`,
      )
    const information = JSON.parse(JSON.stringify({ issued_at: deps.now(), ...about })) as JsonObject
    return {
      format: `surety.receipt/${plain(record['record_format'] ?? null)}`,
      record: Object.fromEntries(formatOf(record).fields.map(([name]) => [name, plain(record[name] ?? null)])),
      ...(named !== null && { predictions: predictions as unknown as JsonObject[] }),
      digest: hex(digest),
      link: {
        chain_id: link.chainId,
        seq: link.seq,
        recorded_at: link.recordedAt.toISOString(),
        previous: hex(link.previous),
        digests: hex(link.digests).match(/.{64}/g) ?? [],
        hash: hex(link.hash),
      },
      following: following.map(({ seq, recordedAt, digests, hash }) => ({
        seq,
        recorded_at: recordedAt.toISOString(),
        records: hex(recordsHash(digests)),
        hash: hex(hash),
      })),
      head: headBody(head),
      information,
      information_signature: deps.key.sign(informationText(hex(digest), information)).toString('base64'),
      information_key: deps.key.publicKey.toString('base64'),
    }
  })
}

/** What the signature beside the information covers. */
export const informationText = (digest: string, information: JsonObject): string =>
  JSON.stringify(['surety.information/1', digest, information])

/** A head as it stands in a receipt and in a file of heads. */
export const headBody = (head: HeadRow) => ({
  tenant: head.tenant,
  chain_id: head.chainId,
  length: head.length,
  hash: hex(head.hash),
  signed_at: head.signedAt.toISOString(),
  key_id: head.keyId,
  public_key: head.publicKey.toString('base64'),
  signature: head.signature.toString('base64'),
})

const plain = (value: RecordRow[string]): string | number | boolean | null =>
  value instanceof Date ? value.toISOString() : (value ?? null)
const textOrNull = (value: RecordRow[string] | undefined): string | null => (typeof value === 'string' ? value : null)

/** Ids of decisions begin with the millisecond in which they were recorded (RFC 9562, version 7). */
function momentOf(id: string): Date {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(id))
    throw new NoReceipt(
      `"${id}" is not the id of a decision: it is a uuid of version 7, as "decision.id" of an answer gives it.`,
    )
  return new Date(Number.parseInt(id.replace('-', '').slice(0, 12), 16))
}

async function findLinked(db: Reader, tenant: string, id: string, at: Date) {
  const [record, second] = await decisionRows(db, tenant, id, at)
  if (second !== undefined)
    throw new NoReceipt(`Decision ${id} is stored twice: somebody added a row; run surety verify --receipts.`)
  if (record === undefined) {
    if (await decisionWasKnown(db, tenant, id))
      throw new NoReceipt(
        `Decision ${id} was recorded and its record is gone (erased or expired): there is nothing left to give a receipt for. surety verify --receipts says whether it went by retention.`,
      )
    throw new NoReceipt(
      `Tenant ${tenant} has no decision ${id}; if it belongs to another tenant, name that one with --tenant.`,
    )
  }
  if (record['erased'] === true)
    throw new NoReceipt(`What decision ${id} was made from was erased: there is nothing left to give a receipt for.`)
  // A record says what was decided and, by its coin, whether it is an audit: whoever is to judge unseen may not have it.
  const [pod, caseId] = [String(record['pod']), String(record['case_id'])]
  if ((await blindedOpinions(db, tenant, pod, [caseId])).size > 0)
    throw new NoReceipt(
      `Decision ${id} is withheld until somebody has answered the case without seeing it: ask for its receipt after that.`,
    )
  const digest = decisionDigest(record)
  const link = await linkWith(db, tenant, at, digest)
  if (link === null)
    throw new NoReceipt(
      `No link holds the digest of decision ${id}: the record was changed after it was written, or it was written without receipts. surety verify --receipts says which.`,
    )
  return { record, digest, link }
}

/** A link that is newer than every signed head is signed at once. */
async function coverByHead({ db, key, now }: IssueContext, tenant: string, link: LinkRow): Promise<void> {
  const covered = await db.read([tenant], reader =>
    headsBetween(reader, tenant, link.chainId, link.seq, Number.MAX_SAFE_INTEGER, 1),
  )
  if (covered.length === 0) await signHeads(db, key, tenant, [link.chainId], now())
}
