import { type Action, eachSide, placeOf, type Question } from '@surety/contract'
import { type CertifiedRecord, certifyRecord, issueVerdict } from '@surety/stats'
import { forgetActing, readActing } from '../../../store/acting-versions.ts'
import type { ActionPlace } from '../../../store/action-states.ts'
import { keyNames } from '../../../store/api-keys.ts'
import { bumpEpoch, lockAutonomy } from '../../../store/autonomy-epochs.ts'
import { matureUntil, readEligible } from '../../../store/calibration-rows.ts'
import { hadCertificate, insertCertificate, recordsInForce } from '../../../store/certificates.ts'
import { type Covered, coveredDecisions, sharesOf } from '../../../store/covered-decisions.ts'
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
import { enoughKnown, type Shortfall, shortfalls } from '../shortfall.ts'
import { alignBudgets } from './align-budgets.ts'
import type { NamedVersion } from './check-versions.ts'
import { evidenceOfRecords, type RecordEvidence } from './completeness.ts'
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
 * @param maturity as of this look, in milliseconds
 */
export async function certifyRecords(
  deps: AutonomyDeps,
  tenant: string,
  question: Question,
  at: Date,
  maturity?: number,
): Promise<readonly CertifyOutcome[]> {
  return deps.db.transaction([tenant], async db => {
    await lockAutonomy(db, tenant, question.pod)
    const before = await readContext(db, tenant, question)
    const records = await readRecords(db, { tenant, ...placeOf(question) })
    // Another release may have another default.
    const changed = await alignBudgets(db, before, at, records)
    const context = changed.length === 0 ? before : await readContext(db, tenant, question)
    const asked = eachSide(context.sides).filter(({ row }) => row === null || row.suspendedAt === null)
    const known = { maturity, ...(changed.length === 0 && { records }) }
    const outcomes = await certifyActions(db, deps, context, asked, at, known)
    if (changed.length > 0 || outcomes.some(({ certificate }) => certificate !== null))
      await bumpEpoch(db, tenant, question.pod)
    for (const outcome of outcomes) await auditIssued(db, deps, context, outcome, at)
    return outcomes
  })
}

interface KnownToLook {
  /** In milliseconds. */
  readonly maturity?: number | undefined
  /** Those of the question that go on. */
  readonly records?: readonly KeptRecord[]
}

/** What several actions stand on is read once for all of them. */
async function certifyActions(
  db: Tx,
  deps: Pick<AutonomyDeps, 'signingKey' | 'history'>,
  context: Context,
  asked: readonly ActionContext[],
  at: Date,
  known: KnownToLook,
  by: 'look' | 'rearm' = 'look',
): Promise<readonly CertifyOutcome[]> {
  const { model } = context
  if (model === null || asked.length === 0) return []
  const ground = await readGround(db, { ...context, model }, asked, at, known)
  const outcomes: CertifyOutcome[] = []
  for (const one of asked) outcomes.push(await certifyOn(db, deps, ground, one, by))
  return outcomes
}

/** What a look at the actions of a question stands on. */
interface Ground {
  readonly context: Context & { readonly model: NamedVersion }
  readonly at: Date
  /** The version whose scores are acted on, or will be by what is issued. */
  readonly acting: NamedVersion
  /** By action its record in charge, and what of it counts by now. */
  readonly charged: ReadonlyMap<string, { readonly record: KeptRecord; readonly evidence: RecordEvidence }>
  /** Outcomes of cases that it was not fitted on, as far as a first record waits for them. */
  readonly known: number
  /** Of the newest decisions; read once, and only where it is told. */
  readonly covered: () => Promise<Covered>
}

async function readGround(
  db: Tx,
  context: Ground['context'],
  asked: readonly ActionContext[],
  at: Date,
  { maturity, records: read }: KnownToLook,
): Promise<Ground> {
  const { tenant, question, model } = context
  const place = { tenant, ...placeOf(question) }
  const living = read ?? (await readRecords(db, place))
  const records = asked.flatMap(({ action: { name } }) => {
    const record = inCharge(
      living.filter(({ action }) => action === name),
      at,
    )
    return record === null ? [] : [record]
  })
  const acting = (await actingNow(db, context, at)) ?? model
  const mature = { now: at, maturityMs: await maturityMs(db, tenant, question, at, maturity) }
  const evidence = records.length === 0 ? [] : await evidenceOfRecords(db, records, matureUntil(mature))
  const known =
    records.length === asked.length
      ? enoughKnown
      : (await readEligible(db, { ...place, digest: acting.digest, ...mature }, enoughKnown)).length
  const charged = new Map(records.map((record, i) => [record.action, { record, evidence: evidence[i]! }]))
  let covered: Promise<Covered> | null = null
  return {
    context,
    at,
    acting,
    charged,
    known,
    covered: () => {
      covered ??= coveredDecisions(db, place)
      return covered
    },
  }
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
  const [outcome] = await certifyActions(db, deps, context, [one], at, {}, by)
  return outcome ?? null
}

async function certifyOn(
  db: Tx,
  deps: Pick<AutonomyDeps, 'signingKey' | 'history'>,
  ground: Ground,
  one: ActionContext,
  by: 'look' | 'rearm',
): Promise<CertifyOutcome> {
  const { context, at, charged } = ground
  const place: ActionPlace = { tenant: context.tenant, ...placeOf(context.question), action: one.action.name }
  const looked: Looked = { ...ground, one, place }
  const found = charged.get(place.action)
  if (found === undefined) {
    const lack = shortfalls.noRecord(fewestToCertify(one.action), ground.known)
    return short(db, looked, null, lack)
  }
  const { record, evidence } = found
  if (!evidence.ok) return short(db, looked, record, shortfalls.incompleteLabels(evidence.have, evidence.need))
  const budget = { ...record.budget, side: one.action.side }
  const certified = certifyRecord(evidence.counts, record.starts, budgetsOfRecord(budget), deltaOf(budget, record))
  if (!certified.ok) throw new Error(`a budget that was saved certifies nothing: ${certified.detail}`)
  const { loosest } = certified
  if (issueVerdict(loosest, standing(one, at)) === 'issue' && loosest !== null) {
    const certificate = await issue(db, deps, looked, record, evidence, { ...certified, loosest }, by)
    await saveShortfall(db, place, null)
    return { action: place.action, certificate, shortfall: null }
  }
  if (holds(looked)) return short(db, looked, record, null)
  const lack = recordLack({
    action: record.budget,
    starts: record.starts,
    counts: evidence.counts,
    assumed: evidence.assumed,
    delta: deltaOf(budget, record),
    covered: sharesOf((await ground.covered()).of(one.action.side)),
  })
  return short(db, looked, record, lack)
}

interface Looked extends Ground {
  readonly one: ActionContext
  readonly place: ActionPlace
}

const holds = ({ one: { certificate }, at }: Looked): boolean => certificate !== null && certificate.expiresAt > at

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

/**
 * Nothing new: what is missing is kept where no certificate holds.
 * @param lack null: one does
 */
async function short(
  db: Tx,
  looked: Looked,
  record: KeptRecord | null,
  lack: Shortfall | null,
): Promise<CertifyOutcome> {
  const { place, at, context, acting } = looked
  if (lack === null || holds(looked)) {
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
    ...(await unlockingRegion(db, looked, acting, record)),
    detail,
  })
  return { action: place.action, certificate: null, shortfall: lack }
}

const recordRows = ({ counts }: KeptRecord): number => counts.outside + counts.rows.reduce((sum, rows) => sum + rows, 0)

/** With fewer decisions of the acting version nothing is said of how much a region holds. */
const enoughDecided = 50

/**
 * The score from which on a case counts towards the first certificate, and how much lies there; where no version has cuts, all on the
 * side do.
 */
async function unlockingRegion(
  db: Tx,
  { context, one, place, covered }: Looked,
  acting: NamedVersion,
  record: KeptRecord | null,
): Promise<{ readonly unlocksFrom: number; readonly unlocksShare: number | null }> {
  const { action } = one
  const cuts = await readVersionCuts(db, { ...place, digest: acting.digest })
  const thresholds = cuts?.thresholds[action.side] ?? null
  if (thresholds === null || record === null) return { unlocksFrom: context.floor, unlocksShare: null }
  const cut = unlockingCut(record.plan, record.starts)
  const { decisions, inside } = (await covered()).ofVersion(action.side, acting.version)
  const share = decisions < enoughDecided ? null : Math.max(1, inside[cut]!) / decisions
  return { unlocksFrom: thresholdAt(action, thresholds, cut, context.floor), unlocksShare: share }
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

async function standingOf(db: Tx, looked: Looked, cut: number): Promise<ActingStanding> {
  const { one, place, acting } = looked
  const { action } = one
  const cuts = await readVersionCuts(db, { ...place, digest: acting.digest })
  const checks = await readChecks(db, place, [acting.digest])
  const { decisions, inside } = (await looked.covered()).ofVersion(action.side, acting.version)
  return {
    ...acting,
    thresholds: cuts?.thresholds[action.side] ?? null,
    covered: { decisions, inside: inside[cut]! },
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
