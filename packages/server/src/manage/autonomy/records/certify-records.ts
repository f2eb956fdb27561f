import { type Action, eachSide, placeOf, type Question } from '@surety/contract'
import { type CertifiedRecord, certifyRecord, issueVerdict } from '@surety/stats'
import { forgetActing, readActing } from '../../../store/acting-versions.ts'
import type { ActionPlace } from '../../../store/action-states.ts'
import { keyNames } from '../../../store/api-keys.ts'
import { bumpEpoch, lockAutonomy } from '../../../store/autonomy-epochs.ts'
import { matureUntil } from '../../../store/calibration-rows.ts'
import { hadCertificate, insertCertificate, recordsInForce } from '../../../store/certificates.ts'
import { coveredDecisions } from '../../../store/covered-decisions.ts'
import type { Tx } from '../../../store/db.ts'
import { countLabellers, readRecordLines } from '../../../store/record-lines.ts'
import { type KeptRecord, readRecords } from '../../../store/records.ts'
import { saveShortfall } from '../../../store/shortfalls.ts'
import { readChecks } from '../../../store/version-checks.ts'
import { readVersionCuts } from '../../../store/version-cuts.ts'
import { type ActionContext, type Context, readContext } from '../context.ts'
import type { AutonomyDeps } from '../deps.ts'
import { type SignedCertificate, signCertificate } from '../document.ts'
import { maturityMs } from '../maturity.ts'
import { type Shortfall, shortfalls } from '../shortfall.ts'
import { alignBudgets } from './align-budgets.ts'
import type { NamedVersion } from './check-versions.ts'
import { evidenceOfRecord, type RecordEvidence } from './completeness.ts'
import { type ActingStanding, deltaOf, recordCertificateRow, recordDocument, thresholdAt } from './document-2.ts'
import { inCharge } from './in-charge.ts'
import { fewestToCertify, recordLack, unlockingCut } from './record-lack.ts'
import { budgetsOfRecord } from './side-of.ts'

/** What one look at the record of an action came to. */
export interface CertifyOutcome {
  readonly action: string
  /** One that was issued now. */
  readonly certificate: SignedCertificate | null
  /** null: a certificate holds. */
  readonly shortfall: Shortfall | null
}

const dayMs = 86_400_000

/**
 * Looks at the records of a question and issues what they certify: where there was no certificate, where it reaches further than the
 * one in force, or where that is about to end. Looking costs nothing, so it may be done after every label.
 */
export async function certifyRecords(
  deps: AutonomyDeps,
  tenant: string,
  question: Question,
  at: Date,
): Promise<readonly CertifyOutcome[]> {
  return deps.db.transaction([tenant], async db => {
    await lockAutonomy(db, tenant, question.pod)
    const before = await readContext(db, tenant, question)
    // Another release may have another default.
    const changed = await alignBudgets(db, before, at)
    const context = changed.length === 0 ? before : await readContext(db, tenant, question)
    const outcomes: CertifyOutcome[] = []
    for (const one of eachSide(context.sides)) {
      if (one.row !== null && one.row.suspendedAt !== null) continue
      const outcome = await certifyOne(db, deps, context, one, at)
      if (outcome !== null) outcomes.push(outcome)
    }
    if (changed.length > 0 || outcomes.some(({ certificate }) => certificate !== null))
      await bumpEpoch(db, tenant, question.pod)
    for (const outcome of outcomes) await auditIssued(db, deps, context, outcome, at)
    return outcomes
  })
}

/**
 * One action, inside the caller's transaction under the lock of the tenant and pod; the caller counts the epoch on and audits what
 * was issued.
 * @param by `rearm`: an admin puts it to work by what is found, so that nobody has to accept it
 * @returns null: no model serves
 */
export async function certifyOne(
  db: Tx,
  deps: Pick<AutonomyDeps, 'signingKey' | 'history'>,
  context: Context,
  one: ActionContext,
  at: Date,
  by: 'look' | 'rearm' = 'look',
): Promise<CertifyOutcome | null> {
  const { tenant, question, model } = context
  if (model === null) return null
  const place: ActionPlace = { tenant, ...placeOf(question), action: one.action.name }
  const records = (await readRecords(db, place)).filter(({ action }) => action === place.action)
  const record = inCharge(records, at)
  const acting = await actingNow(db, context, at)
  const looked = { context: { ...context, model }, one, place, at, acting: acting ?? model }
  if (record === null) return short(db, looked, null, shortfalls.noRecord(fewestToCertify(one.action)))
  const until = matureUntil({ now: at, maturityMs: await maturityMs(db, tenant, question, at) })
  const evidence = await evidenceOfRecord(db, record, until)
  if (!evidence.ok) return short(db, looked, record, shortfalls.incompleteLabels(evidence.have, evidence.need))
  const budget = { ...record.budget, side: one.action.side }
  const found = certifyRecord(evidence.counts, record.starts, budgetsOfRecord(budget), deltaOf(budget, record))
  if (!found.ok) throw new Error(`a budget that was saved certifies nothing: ${found.detail}`)
  const { loosest } = found
  if (issueVerdict(loosest, standing(one, at)) === 'issue' && loosest !== null) {
    const certificate = await issue(db, deps, looked, record, evidence, { ...found, loosest }, by)
    await saveShortfall(db, place, null)
    return { action: place.action, certificate, shortfall: null }
  }
  const lack = recordLack({
    action: record.budget,
    starts: record.starts,
    counts: evidence.counts,
    assumed: evidence.assumed,
    delta: deltaOf(budget, record),
  })
  return short(db, looked, record, lack)
}

interface Looked {
  readonly context: Context & { readonly model: NamedVersion }
  readonly one: ActionContext
  readonly place: ActionPlace
  readonly at: Date
  /** The version whose scores are acted on, or will be by what is issued. */
  readonly acting: NamedVersion
}

/** The version that acts while a certificate of a record is in force; null: none is, so the champion acts. */
export async function actingNow(db: Tx, context: Context, at: Date): Promise<NamedVersion | null> {
  const { tenant, question } = context
  const place = { tenant, ...placeOf(question) }
  if ((await recordsInForce(db, place, at)).size === 0) return null
  return (await readActing(db, tenant, place)) ?? context.model
}

/** The certificate of a record that a new one is held against: one that waits counts as well, as it need not be made again. */
function standing({ certificate }: ActionContext, at: Date): Parameters<typeof issueVerdict>[1] {
  if (certificate === null || certificate.cuts === null) return null
  return { loosest: certificate.cuts[0]!, daysLeft: (certificate.expiresAt.getTime() - at.getTime()) / dayMs }
}

/** Nothing new: what is missing is kept where no certificate holds. */
async function short(db: Tx, looked: Looked, record: KeptRecord | null, lack: Shortfall): Promise<CertifyOutcome> {
  const { one, place, at, context, acting } = looked
  const holds = one.certificate !== null && one.certificate.expiresAt > at
  if (holds) {
    await saveShortfall(db, place, null)
    return { action: place.action, certificate: null, shortfall: null }
  }
  const { code, have, need, ...detail } = lack
  await saveShortfall(db, place, {
    digest: context.model.digest,
    at,
    eligible: record === null ? 0 : recordRows(record),
    code,
    have,
    need,
    unlocksFrom: await unlocksFrom(db, looked, acting, record),
    detail,
  })
  return { action: place.action, certificate: null, shortfall: lack }
}

const recordRows = ({ counts }: KeptRecord): number => counts.outside + counts.rows.reduce((sum, rows) => sum + rows, 0)

/** The score from which on a case counts towards the first certificate; where no version has cuts, all on the side do. */
async function unlocksFrom(
  db: Tx,
  { context, one, place }: Looked,
  acting: NamedVersion,
  record: KeptRecord | null,
): Promise<number> {
  const { action } = one
  const cuts = await readVersionCuts(db, { ...place, digest: acting.digest })
  const thresholds = cuts?.thresholds[action.side] ?? null
  if (thresholds === null || record === null) return context.floor
  return thresholdAt(action, thresholds, unlockingCut(record.plan, record.starts), context.floor)
}

async function issue(
  db: Tx,
  deps: Pick<AutonomyDeps, 'signingKey' | 'history'>,
  looked: Looked,
  record: KeptRecord,
  evidence: Extract<RecordEvidence, { ok: true }>,
  found: CertifiedRecord & { readonly loosest: number },
  by: 'look' | 'rearm',
): Promise<SignedCertificate> {
  const { context, one, place, at } = looked
  const { side } = one.action
  const lines = {
    ...place,
    side,
    rowsFrom: record.rowsFrom,
    drawnBelow: evidence.basis === 'all' ? null : record.drawn.rate,
  }
  const labellers = await countLabellers(db, lines)
  const keys = [...new Set(labellers.flatMap(({ labelledBy }) => labelledBy ?? []))]
  // Who arms an action anew accepts what it is armed by.
  const isFirst = one.action.firstCertificate === 'accept' && by === 'look' && !(await hadCertificate(db, place))
  const first = isFirst ? (deps.history?.() === true ? 'history' : 'waits') : 'use'
  const { decisions, labelled } = evidence.completeness
  const certificate = signCertificate(
    recordDocument({
      context,
      action: heldTo(one.action, record),
      at,
      record,
      counts: evidence.counts,
      found,
      lines: await readRecordLines(db, lines),
      labellers,
      names: keys.length === 0 ? new Map() : await keyNames(db, place.tenant, keys),
      completeness: {
        basis: evidence.basis,
        decisions,
        labelled,
        drawnBelow: lines.drawnBelow,
        assumed: evidence.assumed,
      },
      acting: await standingOf(db, looked, found.loosest),
      first,
    }),
    deps.signingKey,
  )
  // While nothing was certified the champion acted, whoever was named once: it goes on with what is certified now.
  if (first !== 'waits' && (await recordsInForce(db, place, at)).size === 0) await forgetActing(db, place.tenant, place)
  await insertCertificate(db, recordCertificateRow(certificate), {
    waits: isFirst,
    accepted: first === 'history' ? { at, by: 'history', reason: 'A history has nobody to accept it.' } : null,
  })
  return certificate
}

/** The budget that its record was tested at. */
const heldTo = (action: Action, { budget: { alpha, delta, missBudget } }: KeptRecord): Action => ({
  ...action,
  alpha,
  delta,
  missBudget,
})

async function standingOf(db: Tx, { one, place, acting }: Looked, cut: number): Promise<ActingStanding> {
  const { action } = one
  const cuts = await readVersionCuts(db, { ...place, digest: acting.digest })
  const checks = await readChecks(db, place, [acting.digest])
  return {
    ...acting,
    thresholds: cuts?.thresholds[action.side] ?? null,
    covered: await coveredDecisions(db, place, action.side, acting.version, cut),
    check: checks.find(check => check.action === action.name)?.detail ?? null,
  }
}

/** Certificates are entries of the audit log; call it last in the transaction. */
export async function auditIssued(
  db: Tx,
  deps: Pick<AutonomyDeps, 'audit'>,
  { tenant, question }: Context,
  { action, certificate }: CertifyOutcome,
  at: Date,
): Promise<void> {
  if (certificate === null) return
  const { id, cut, record, upper } = certificate.document
  await deps.audit(db, {
    tenant,
    at,
    actor: 'system',
    action: 'autonomy.certified',
    after: certificate.document,
    detail: { ...placeOf(question), action, id: id!, cut: cut!, record: record!, upper: upper! },
  })
}
