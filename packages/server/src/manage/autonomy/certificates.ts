import { setImmediate } from 'node:timers/promises'
import { canonical, eachSide, type JsonObject, placeOf, type Question, type QuestionKey } from '@surety/contract'
import type { ActionPlace } from '../../store/action-states.ts'
import { keyNames } from '../../store/api-keys.ts'
import type { CertificateRow } from '../../store/autonomy-context.ts'
import { bumpEpoch, lockAutonomy } from '../../store/autonomy-epochs.ts'
import { type CalibrationRow, countNew, lookBackDays, readAudited, readEligible } from '../../store/calibration-rows.ts'
import { insertAttempt, lastRestart } from '../../store/certificate-attempts.ts'
import { hadCertificate, insertCertificate } from '../../store/certificates.ts'
import type { Tx } from '../../store/db.ts'
import { type LabelledShare, labelledShare, labelledWithin } from '../../store/labelled-share.ts'
import type { ModelPlace } from '../../store/model-scope.ts'
import { type FoundShortfall, saveShortfall } from '../../store/shortfalls.ts'
import { type Claim, certify, type Finding, leastRows } from './certify.ts'
import { type ActionContext, type Context, readContext } from './context.ts'
import type { AutonomyDeps } from './deps.ts'
import {
  certificateDocument,
  certificateRow,
  labelledBy,
  rowsOf,
  type SignedCertificate,
  signCertificate,
} from './document.ts'
import { maturityMs } from './maturity.ts'
import { type Shortfall, shortfallOf } from './shortfall.ts'

/** Why it was time to ask. */
export type Due = 'activated' | 'more_labels' | 'expired' | 'budget_changed' | 'restarted' | 'rearm'

/** What became of one look at one action. */
export interface AttemptOutcome {
  readonly action: string
  readonly due: Due
  /** null: too little was there to ask, so nothing was spent. */
  readonly attempt: number | null
  readonly certificate: SignedCertificate | null
  /** null: certified. */
  readonly shortfall: Shortfall | null
}

/** Labels must have grown by this factor before the same question is asked again. */
const growth = 1.5
/** Share of the mature live decisions that must have a label, and from how many on that is judged. */
const completeShare = 0.9
const fewestJudged = 30
const dayMs = 86_400_000
const beforeEverything = new Date(-1)

/**
 * Asks for certificates where it is time to: when a model began to serve, when its labels have grown by half, when the
 * certificate has expired, or when the budget was changed. The moments never depend on what the labels say, and every
 * attempt spends its part of delta, so asking again is no peeking.
 */
export async function attemptCertificates(
  deps: AutonomyDeps,
  tenant: string,
  question: Question,
  at: Date,
): Promise<readonly AttemptOutcome[]> {
  return deps.db.transaction([tenant], async db => {
    await lockAutonomy(db, tenant, question.pod)
    const context = await readContext(db, tenant, question)
    const outcomes: AttemptOutcome[] = []
    for (const one of eachSide(context.sides)) {
      const outcome = await attemptOne(db, deps, context, one, at, null)
      if (outcome !== null) outcomes.push(outcome)
    }
    if (outcomes.some(({ certificate }) => certificate !== null)) await bumpEpoch(db, tenant, question.pod)
    for (const outcome of outcomes) await auditIssued(db, deps, context, outcome, at)
    return outcomes
  })
}

/**
 * One action, inside the caller's transaction under the lock of the tenant and pod; the caller counts the epoch on and
 * audits what was issued.
 * @param forced asks now, whatever the time; null: only when it is time
 * @returns null: it is not time
 */
export async function attemptOne(
  db: Tx,
  deps: Pick<AutonomyDeps, 'signingKey' | 'history'>,
  context: Context,
  one: ActionContext,
  at: Date,
  forced: 'rearm' | null,
): Promise<AttemptOutcome | null> {
  const { tenant, question, model } = context
  if (model === null || (one.row !== null && one.row.suspendedAt !== null && forced === null)) return null
  const place: ActionPlace = { tenant, ...placeOf(question), action: one.action.name }
  const since = one.row?.certifyFrom ?? beforeEverything
  const of = {
    tenant,
    ...placeOf(question),
    digest: model.digest,
    now: at,
    maturityMs: await maturityMs(db, tenant, question, at),
  }
  const eligible = await countNew(db, of, new Date('9999-12-31'), since)
  const claim: Claim = { action: one.action, floor: context.floor, spending: (one.last?.spending ?? 0) + 1 }
  const due = forced ?? dueNow(one, claim, eligible, at)
  if (due === null) return null
  const short = async (shortfall: Shortfall): Promise<AttemptOutcome> => {
    await saveShortfall(db, place, holds(one, at) ? null : lacking(model.digest, at, eligible, shortfall))
    return { action: place.action, due, attempt: null, certificate: null, shortfall }
  }
  const evidence = await evidenceFor(db, of, place, one, since, claim)
  if ('shortfall' in evidence) return short(evidence.shortfall)
  const { rows, basis } = evidence
  // Others have their turn before and after the walk, which is some 50 ms at 100,000 rows.
  await setImmediate()
  const found = certify(rows, claim)
  await setImmediate()
  if (found.kind === 'not_asked') return short(found.shortfall)

  const attempt = (one.last?.attempt ?? 0) + 1
  const labellers = new Set(rows.flatMap(row => row.labelledBy ?? []))
  const names = labellers.size === 0 ? new Map<string, string>() : await keyNames(db, tenant, [...labellers])
  const data = { ...(await rowsOf(rows)), labelled_by: labelledBy(rows, names) }
  // Who arms an action anew accepts what it is armed by.
  const isFirst = one.action.firstCertificate === 'accept' && forced === null && !(await hadCertificate(db, place))
  const first = isFirst ? (deps.history?.() === true ? 'history' : 'waits') : 'use'
  const certificate =
    found.kind === 'refused'
      ? null
      : signCertificate(
          certificateDocument({
            context: { ...context, model },
            one,
            at,
            attempt,
            spending: claim.spending,
            restarted: await lastRestart(db, place),
            data,
            basis,
            first,
            found,
          }),
          deps.signingKey,
        )
  const certificateId = certificate === null ? null : String(certificate.document['id'])
  await insertAttempt(db, place, {
    attempt,
    spending: claim.spending,
    digest: model.digest,
    at,
    eligible,
    delta: found.deltaSpent,
    certificateId,
    detail: { due, question: claimKey(claim), basis, data, ...resultOf(found) },
  })
  if (certificate !== null)
    await insertCertificate(db, certificateRow(certificate), {
      waits: isFirst,
      accepted: first === 'history' ? { at, by: 'history', reason: 'A history has nobody to accept it.' } : null,
    })
  const shortfall = found.kind === 'refused' ? found.shortfall : null
  const missing = shortfall === null || holds(one, at) ? null : lacking(model.digest, at, eligible, shortfall)
  await saveShortfall(db, place, missing)
  return { action: place.action, due, attempt, certificate, shortfall }
}

function lacking(
  digest: string,
  at: Date,
  eligible: number,
  { code, have, need, unlocksFrom, ...detail }: Shortfall,
): FoundShortfall {
  return { digest, at, eligible, code, have, need, unlocksFrom, detail }
}

/** Nothing was done by it, so nothing was audited. */
export const isWaiting = ({ waits, acceptedAt }: CertificateRow): boolean => waits && acceptedAt === null

/** Is there a certificate that still counts, whatever this attempt says? */
const holds = ({ certificate }: ActionContext, at: Date): boolean => certificate !== null && certificate.expiresAt > at

function dueNow(one: ActionContext, claim: Claim, eligible: number, at: Date): Due | null {
  const { last, lastOfModel, certificate } = one
  if (eligible === 0) return null
  if (lastOfModel === null) return 'activated'
  if (last !== null && last.spending === 0) return 'restarted'
  if (canonical(lastOfModel.detail['question'] ?? null) !== canonical(claimKey(claim))) return 'budget_changed'
  if (certificate !== null && certificate.expiresAt <= at && lastOfModel.at < certificate.expiresAt) return 'expired'
  return eligible >= lastOfModel.eligible * growth ? 'more_labels' : null
}

/** What was promised: a certificate of another promise says nothing of this one. */
const claimKey = ({ action, floor }: Claim): JsonObject => ({
  alpha: action.alpha,
  delta: action.delta,
  miss_budget: action.missBudget,
  floor,
})

/** Labels that are missing are not missing by chance: too many of them, and those that are there prove nothing. */
const isIncomplete = ({ decisions, share }: LabelledShare): boolean =>
  decisions >= fewestJudged && share < completeShare

/**
 * The rows a certificate may stand on: all labelled ones where labels are complete, among all decisions and on the side
 * that is walked, where a few unlabelled ones would hide; else the blind-audited ones alone.
 * Audits draw evenly from what a certificate let through, so only those since the newest one are a fair sample.
 */
async function evidenceFor(
  db: Tx,
  of: ModelPlace & { readonly now: Date; readonly maturityMs: number },
  place: ActionPlace,
  one: ActionContext,
  since: Date,
  claim: Claim,
): Promise<{ rows: readonly CalibrationRow[]; basis: 'all' | 'audited' } | { shortfall: Shortfall }> {
  const lookBack = new Date(of.now.getTime() - lookBackDays * dayMs)
  const decided = { ...of, since: since > lookBack ? since : lookBack }
  const live = await labelledShare(db, decided)
  const { action, floor } = claim
  const side = await labelledShare(db, { ...decided, ...(action.side === 'act' ? { from: floor } : { below: floor }) })
  const missingOf = ({ labelled, decisions }: LabelledShare): Shortfall =>
    shortfallOf({
      claim,
      code: 'incomplete_labels',
      have: labelled,
      need: Math.ceil(decisions * completeShare),
      unlocksFrom: floor,
      share: null,
    })
  const incomplete = [live, side].find(isIncomplete)
  if (incomplete === undefined) {
    const all = (await readEligible(db, of)).filter(row => row.decidedAt > since)
    const rows = live.decisions >= fewestJudged ? all : all.filter(row => row.source !== 'live')
    const judgedOn = await completeHeldOut(db, of, rows)
    const kept = judgedOn.incomplete === null ? rows : rows.filter(row => row.source !== 'held_out')
    if (judgedOn.incomplete !== null && kept.length === 0) return { shortfall: missingOf(judgedOn.incomplete) }
    return { rows: atMostHalfForeign(kept), basis: 'all' }
  }
  const missing = missingOf(incomplete)
  // The share of positives that is cleared cannot be told from what was cleared alone.
  if (one.certificate === null || isWaiting(one.certificate) || claim.action.missBudget !== null)
    return { shortfall: missing }
  const from = one.certificate.issuedAt > since ? one.certificate.issuedAt : since
  const until = new Date(of.now.getTime() - of.maturityMs)
  const audited = await readAudited(db, { ...place, digest: of.digest, since: from, until })
  const complete =
    audited.rows.length >= leastRows(claim).walk && audited.rows.length >= audited.decisions * completeShare
  return complete ? { rows: audited.rows, basis: 'audited' } : { shortfall: missing }
}

/** A model is judged on labelled cases: they are all there were, or they prove nothing. @param rows newest first */
async function completeHeldOut(
  db: Tx,
  of: QuestionKey & { readonly tenant: string; readonly now: Date; readonly maturityMs: number },
  rows: readonly CalibrationRow[],
): Promise<{ readonly incomplete: LabelledShare | null }> {
  const heldOut = rows.filter(row => row.source === 'held_out')
  const [newest, oldest] = [heldOut[0], heldOut.at(-1)]
  if (newest === undefined || oldest === undefined) return { incomplete: null }
  const mature = new Date(of.now.getTime() - of.maturityMs)
  const until = newest.decidedAt < mature ? newest.decidedAt : mature
  const within = await labelledWithin(db, { ...of, from: oldest.decidedAt, until })
  return { incomplete: isIncomplete(within) ? within : null }
}

const isForeign = ({ source, quality }: CalibrationRow): boolean =>
  source === 'imported' || source === 'csv' || quality === 'imported'

/** Labels from elsewhere are at most half of the rows; the oldest of them go first. @param rows newest first */
export function atMostHalfForeign(rows: readonly CalibrationRow[]): readonly CalibrationRow[] {
  let left = rows.reduce((own, row) => own + (isForeign(row) ? 0 : 1), 0)
  return rows.filter(row => !isForeign(row) || left-- > 0)
}

function resultOf(found: Exclude<Finding, { kind: 'not_asked' }>): JsonObject {
  if (found.kind === 'refused') {
    const { unlocksFrom, ...shortfall } = found.shortfall
    return { result: 'refused', refusal: shortfall, sentence: shortfall.sentence, unlocks_from: unlocksFrom }
  }
  const { walk, miss, accepted, wrong, share } = found
  const counts = { n: walk.n, accepted: walk.accepted, wrong: walk.wrong, region: accepted, region_wrong: wrong }
  return {
    result: 'certified',
    ...counts,
    upper: walk.upper,
    threshold: walk.threshold,
    below: miss?.below ?? null,
    share,
    unlocks_from: null,
  }
}

/** Certificates are entries of the audit log; call it last in the transaction. */
export async function auditIssued(
  db: Tx,
  deps: Pick<AutonomyDeps, 'audit'>,
  { tenant, question }: Context,
  { action, attempt, certificate, due }: AttemptOutcome,
  at: Date,
): Promise<void> {
  if (certificate === null) return
  const { id, threshold, below, share, upper } = certificate.document
  await deps.audit(db, {
    tenant,
    at,
    actor: 'system',
    action: 'autonomy.certified',
    after: certificate.document,
    detail: {
      ...placeOf(question),
      action,
      id: id!,
      attempt,
      due,
      threshold: threshold!,
      below: below!,
      share: share!,
      upper: upper!,
    },
  })
}
