import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { canonical, type Json, type JsonObject, mainQuestion, placeOf, type Question } from '@surety/contract'
import type { Signature } from '../../model/artefact.ts'
import { type SigningKey, signDigest, type TrustedKeys, verifySignature } from '../../model/signature.ts'
import type { CalibrationRow } from '../../store/calibration-rows.ts'
import type { NewCertificate } from '../../store/certificates.ts'
import type { Certified } from './certify.ts'
import type { ActionContext, Context } from './context.ts'

export const certificateFormat = 'surety.certificate/1'
/** A certificate lives this long, whatever happens. */
export const lifeDays = 30
const dayMs = 86_400_000

/** A certificate as it is kept and handed out: the document, its SHA-256 digest, and Ed25519 over that. */
export interface SignedCertificate {
  readonly document: JsonObject
  readonly digest: string
  readonly signature: Signature
}

export interface CertificateFacts {
  readonly context: Context & { readonly model: NonNullable<Context['model']> }
  readonly one: ActionContext
  readonly at: Date
  readonly attempt: number
  readonly spending: number
  /** The last time that an admin let the count of attempts begin anew; null: never. */
  readonly restarted: JsonObject | null
  /** What it stands on, of `rowsOf`. */
  readonly data: JsonObject
  /** Does it wait to be accepted: not, until an admin does, or accepted at once because it is of a history. */
  readonly first: 'use' | 'waits' | 'history'
  /** `all`: every labelled case; `audited`: blind-audited ones alone, because labels of the others are incomplete. */
  readonly basis: 'all' | 'audited'
  readonly found: Certified
}

export function certificateDocument(facts: CertificateFacts): JsonObject {
  const { context, one, at, attempt, spending, data, basis, found } = facts
  const { tenant, question, model } = context
  const { action } = one
  const { walk, miss } = found
  return {
    format: certificateFormat,
    id: certificateId(tenant, question, action.name, attempt, model.digest),
    tenant,
    ...placeOf(question),
    action: action.name,
    side: action.side,
    model: { version: model.version, digest: model.digest },
    budget: { alpha: action.alpha, delta: action.delta, miss_budget: action.missBudget },
    floor: context.floor,
    attempt,
    spending,
    restarted: facts.restarted,
    delta_t: found.deltaSpent,
    data: { basis, ...data },
    counts: {
      n: walk.n,
      accepted: walk.accepted,
      wrong: walk.wrong,
      region: found.accepted,
      region_wrong: found.wrong,
    },
    upper: walk.upper,
    threshold: walk.threshold,
    below: miss?.below ?? null,
    miss:
      miss === null
        ? null
        : { positives: miss.positives, cleared: miss.cleared, missed: miss.missed, delta: miss.delta },
    share: basis === 'all' ? found.share : null,
    issued_at: at.toISOString(),
    expires_at: new Date(at.getTime() + lifeDays * dayMs).toISOString(),
    accepted_by: context.acceptedBy,
    first_certificate: facts.first,
    method: miss === null ? walk.method : `${walk.method} and ${miss.method}`,
  }
}

/** The same as it is stored, with what is looked for beside it. */
export function certificateRow(signed: SignedCertificate): NewCertificate {
  const { id, tenant, pod, question, action, model, attempt, threshold, below, issued_at, expires_at } = signed.document
  const { version, digest } = model as JsonObject
  return {
    tenant: String(tenant),
    id: String(id),
    pod: String(pod),
    question: question === undefined ? mainQuestion : String(question),
    action: String(action),
    modelDigest: String(digest),
    modelVersion: Number(version),
    attempt: Number(attempt),
    threshold: Number(threshold),
    below: below === null ? null : Number(below),
    issuedAt: new Date(String(issued_at)),
    expiresAt: new Date(String(expires_at)),
    document: certificateText(signed),
  }
}

/** Rows that are looked at before others may have their turn: about 2 ms. */
const rowsPerTurn = 2_000

/**
 * How many of each source, from when to when, and a digest that holds them to what they were: SHA-256 over one line of
 * canonical JSON `[id, probability, label]` for each, the newest decision first. In turns, so that serving goes on meanwhile.
 */
export async function rowsOf(rows: readonly CalibrationRow[]): Promise<JsonObject> {
  const sources: { [source: string]: number } = {}
  const hash = createHash('sha256')
  let [from, to] = [Infinity, -Infinity]
  for (const [i, { rowId, source, probability, label, decidedAt }] of rows.entries()) {
    if (i % rowsPerTurn === rowsPerTurn - 1) await setImmediate()
    sources[source] = (sources[source] ?? 0) + 1
    hash.update(`${canonical([rowId, probability, label])}\n`)
    // Rows of a file are undated.
    if (decidedAt.getTime() <= 0) continue
    from = Math.min(from, decidedAt.getTime())
    to = Math.max(to, decidedAt.getTime())
  }
  return {
    rows: rows.length,
    sources,
    from: from === Infinity ? null : new Date(from).toISOString(),
    to: to === -Infinity ? null : new Date(to).toISOString(),
    digest: hash.digest('hex'),
  }
}

/** Who told the label of a row: a key, or where it came from. */
export function labellerOf({ labelledBy, source, quality }: CalibrationRow): string {
  if (labelledBy !== null) return `key:${labelledBy}`
  if (source === 'csv') return 'file'
  if (quality === 'silence') return 'silence'
  return quality === 'imported' ? 'import' : 'inside'
}

/** How many labels each told, and of how many (0..1): whoever told most comes first. */
export function labelledBy(rows: readonly CalibrationRow[], names: ReadonlyMap<string, string>): JsonObject[] {
  const counts = new Map<string, { n: number; key: string | null }>()
  for (const row of rows) {
    const who = labellerOf(row)
    const known = counts.get(who)
    if (known === undefined) counts.set(who, { n: 1, key: row.labelledBy })
    else known.n++
  }
  return [...counts]
    .toSorted(([a, { n: ofA }], [b, { n: ofB }]) => ofB - ofA || (a < b ? -1 : 1))
    .map(([who, { n, key }]) => ({
      who,
      ...(key !== null && { name: names.get(key) ?? null }),
      rows: n,
      share: n / rows.length,
    }))
}

/** Made from what it is about, so that the same history issues the same certificates. */
function certificateId(
  tenant: string,
  question: Pick<Question, 'pod'>,
  action: string,
  attempt: number,
  digest: string,
): string {
  const bytes = sha256(canonical([certificateFormat, tenant, question.pod, action, attempt, digest])).subarray(0, 16)
  // RFC 9562: version 8 (made by a rule of ours), variant 10.
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

export function signCertificate(document: JsonObject, key: SigningKey): SignedCertificate {
  const digest = sha256(canonical(document)).toString('hex')
  return { document, digest, signature: signDigest(digest, key) }
}

/** Is the document unchanged, and signed by a key that is believed? Needs nothing but the certificate and the keys. */
export function verifyCertificate(
  { document, digest, signature }: SignedCertificate,
  trusted: TrustedKeys,
): { readonly ok: boolean; readonly why: string } {
  if (document['format'] !== certificateFormat) return { ok: false, why: `The format is not ${certificateFormat}.` }
  if (sha256(canonical(document)).toString('hex') !== digest)
    return { ok: false, why: 'The document was changed: its digest is another one.' }
  if (!verifySignature(digest, signature, trusted))
    return { ok: false, why: `No trusted key made this signature (key ${signature.key_id}).` }
  return { ok: true, why: `Unchanged, and signed by key ${signature.key_id}.` }
}

/** As it is stored: canonical, so that the same certificate is the same bytes. */
export const certificateText = (signed: SignedCertificate): string => canonical(signed as unknown as Json)

export const readCertificate = (text: string): SignedCertificate => JSON.parse(text) as SignedCertificate
