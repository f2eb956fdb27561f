import { type Action, type JsonObject, mainQuestion, placeOf, recordFormat } from '@surety/contract'
import {
  binomialCdf,
  type CertifiedRecord,
  type ChainStart,
  certificateDays,
  cutBounds,
  cutTotals,
  passLevel,
  type RecordCounts,
  recordDelta,
  walkedEvidence,
} from '@surety/stats'
import type { NewCertificate } from '../../../store/certificates.ts'
import type { LabellerLines, RecordLines } from '../../../store/record-lines.ts'
import type { CheckDetail } from '../../../store/version-checks.ts'
import type { Context } from '../context.ts'
import { certificateText, idOf, type SignedCertificate } from '../document.ts'
import { sideOf } from './side-of.ts'

const dayMs = 86_400_000

/** What a certificate says of its record. */
export interface CertifyingRecord {
  readonly id: string
  readonly begunAt: Date
  readonly rowsFrom: Date
  readonly why: string
  /** Share that its starts were made of; null: a certificate in force gave them. */
  readonly plan: number | null
  readonly starts: readonly ChainStart[]
  readonly suspensions: number
  readonly budgetChanges: number
}

/** Which rows count, and how complete labels are. */
export interface Completeness {
  /** `all`: every labelled row; `audited`: those drawn by the audit coin alone, because labels of the others are incomplete. */
  readonly basis: 'all' | 'audited'
  /** Mature decisions inside the region that were looked at, and those of them with a label that counts. */
  readonly decisions: number
  readonly labelled: number
  /** Of `audited`: rows whose coin lies below this count. */
  readonly drawnBelow: number | null
  /** Cases without a label that count as wrong, inside each of the 64 cuts; see `countMissing`. */
  readonly assumed: readonly number[]
}

/** The version whose scores are acted on, as it stands when the certificate is issued. */
export interface ActingStanding {
  readonly version: number
  readonly digest: string
  /** Its score at each cut, the loosest first, without the operator's threshold; null: it has no cuts yet. */
  readonly thresholds: readonly number[] | null
  /** Its newest decisions, and those of them inside the cut that meet what else the action asks. */
  readonly covered: { readonly decisions: number; readonly inside: number }
  /** null: it was not looked at yet. */
  readonly check: CheckDetail | null
}

export interface RecordCertificateFacts {
  readonly context: Pick<Context, 'tenant' | 'question' | 'floor' | 'acceptedBy'>
  readonly action: Action
  readonly at: Date
  readonly record: CertifyingRecord
  /** Those that count: `found` was made of them. */
  readonly counts: RecordCounts
  readonly found: CertifiedRecord & { readonly loosest: number }
  readonly lines: RecordLines
  readonly labellers: readonly LabellerLines[]
  /** Of keys that told labels. */
  readonly names: ReadonlyMap<string, string>
  readonly completeness: Completeness
  readonly acting: ActingStanding
  /** Does it wait to be accepted: not, until an admin does, or accepted at once because it is of a history. */
  readonly first: 'use' | 'waits' | 'history'
}

/** What is signed: docs/certificates.md tells every field, and `bin/verify-receipt.mjs` computes anew what can be. */
export function recordDocument(facts: RecordCertificateFacts): JsonObject {
  const { context, action, at, record, counts, found, acting, completeness } = facts
  const { tenant, question, floor } = context
  const cut = found.loosest
  const totals = cutTotals(counts)
  const delta = deltaOf(action, record)
  const bounds = cutBounds(totals, cut, sideOf(action), delta)
  const { covered } = acting
  return {
    format: recordFormat,
    id: idOf([recordFormat, tenant, record.id, record.budgetChanges, at.toISOString()]),
    tenant,
    ...placeOf(question),
    action: action.name,
    side: action.side,
    model: { version: acting.version, digest: acting.digest },
    budget: { alpha: action.alpha, delta: action.delta, miss_budget: action.missBudget },
    record: {
      ...recordPart(facts),
      rows: totals.all,
      in_region: bounds.rows,
      wrong: bounds.wrong,
      positives: totals.positives,
    },
    delta: { suspensions: record.suspensions, budget_changes: record.budgetChanges, of_record: delta },
    cut: {
      k: cut,
      share: covered.decisions === 0 ? null : covered.inside / covered.decisions,
      share_of: covered.decisions,
      threshold: acting.thresholds === null ? null : thresholdAt(action, acting.thresholds, cut, floor),
      floor,
    },
    cuts: [...found.cuts],
    evidence: { ln: walkedEvidence(found.evidence, record.starts)[cut]!, limit: found.limit },
    upper: bounds.upper,
    miss_upper: action.missBudget === null ? null : bounds.missUpper,
    plan: record.plan,
    chains: record.starts.map(({ cut: start, weight }) => ({ cut: start, weight })),
    pairs: Array.from(totals.rows, (rows, k) => [rows, totals.wrong[k]!]),
    check: checkPart(action, acting, cut),
    completeness: {
      basis: completeness.basis,
      decisions: completeness.decisions,
      labelled: completeness.labelled,
      drawn_below: completeness.drawnBelow,
      assumed_wrong: [...completeness.assumed],
    },
    labelled_by: labelledBy(facts.labellers, facts.names),
    issued_at: at.toISOString(),
    expires_at: new Date(at.getTime() + certificateDays * dayMs).toISOString(),
    accepted_by: context.acceptedBy,
    first_certificate: facts.first,
    method: 'record_betting_mixture',
  }
}

/** delta that a record has left: halved by each suspension before it began, and by each change of its budget since. */
export const deltaOf = (
  { delta }: Pick<Action, 'delta'>,
  { suspensions, budgetChanges }: Pick<CertifyingRecord, 'suspensions' | 'budgetChanges'>,
): number => recordDelta(delta, suspensions + budgetChanges)

/** A version's score at a cut, or the operator's threshold where that is stricter. */
export function thresholdAt(
  { side }: Pick<Action, 'side'>,
  thresholds: readonly number[],
  cut: number,
  floor: number,
): number {
  return side === 'act' ? Math.max(thresholds[cut]!, floor) : Math.min(thresholds[cut]!, floor)
}

function recordPart({ record, lines, labellers, names }: RecordCertificateFacts): JsonObject {
  const imported = labellers.filter(({ source }) => source === 'imported')
  return {
    id: record.id,
    begun_at: record.begunAt.toISOString(),
    rows_from: record.rowsFrom.toISOString(),
    why: record.why,
    first_decision: lines.first?.toISOString() ?? null,
    last_decision: lines.last?.toISOString() ?? null,
    versions: lines.versions === null ? null : { ...lines.versions },
    lines: lines.lines,
    digest: lines.digest,
    imported: { rows: sumOf(imported), by: labelledBy(imported, names) },
  }
}

/** What its unseen rows say of the acting version at the cut; null: nothing yet. */
function checkPart(
  { alpha, missBudget }: Action,
  { version, digest, check }: ActingStanding,
  cut: number,
): JsonObject | null {
  if (check === null) return null
  const { rows, positives } = check
  const [inside, wrong] = [check.inside[cut]!, check.wrong[cut]!]
  return {
    version,
    digest,
    rows,
    positives,
    in_cut: inside,
    wrong,
    p: binomialCdf(wrong, inside, alpha),
    miss_p: missBudget === null ? null : binomialCdf(wrong, positives, missBudget),
    level: passLevel,
  }
}

/** Who told a label: a key, silence, an import, or the service itself. */
function labellerOf({ labelledBy, quality, source }: LabellerLines): string {
  if (labelledBy !== null) return `key:${labelledBy}`
  if (quality === 'silence') return 'silence'
  return source === 'imported' || quality === 'imported' ? 'import' : 'inside'
}

const sumOf = (lines: readonly LabellerLines[]): number => lines.reduce((sum, { n }) => sum + n, 0)

/** How many rows each told, and of how many (0..1): whoever told most comes first. */
function labelledBy(lines: readonly LabellerLines[], names: ReadonlyMap<string, string>): JsonObject[] {
  const all = sumOf(lines)
  return [...Map.groupBy(lines, labellerOf)]
    .map(([who, told]) => ({ who, key: told[0]!.labelledBy, rows: sumOf(told) }))
    .toSorted((a, b) => b.rows - a.rows || (a.who < b.who ? -1 : 1))
    .map(({ who, key, rows }) => ({
      who,
      ...(key !== null && { name: names.get(key) ?? null }),
      rows,
      share: rows / all,
    }))
}

/** The same as it is stored, with what is looked for beside it. */
export function recordCertificateRow(signed: SignedCertificate): NewCertificate {
  const { id, tenant, pod, question, action, model, cut, cuts, record, issued_at, expires_at } = signed.document
  const { version, digest } = model as JsonObject
  return {
    tenant: String(tenant),
    id: String(id),
    pod: String(pod),
    question: question === undefined ? mainQuestion : String(question),
    action: String(action),
    modelDigest: String(digest),
    modelVersion: Number(version),
    // Attempts are of the time before records.
    attempt: 0,
    threshold: Number((cut as JsonObject)['threshold'] ?? (cut as JsonObject)['floor']),
    below: null,
    issuedAt: new Date(String(issued_at)),
    expiresAt: new Date(String(expires_at)),
    document: certificateText(signed),
    recordId: String((record as JsonObject)['id']),
    cuts: cuts as number[],
  }
}
