import { type ActionOverview, eachSide, placeOf, type Question, type QuestionOverview } from '@surety/contract'
import type { ActionPlace } from '../../store/action-states.ts'
import { lookBackDays } from '../../store/calibration-rows.ts'
import { newestAttempt } from '../../store/certificate-attempts.ts'
import { findCertificate } from '../../store/certificates.ts'
import type { Database, Reader, Tx } from '../../store/db.ts'
import { keepAuditEstimate, keptAuditEstimate } from '../../store/evidence-figures.ts'
import { readShortfall } from '../../store/shortfalls.ts'
import { readWire } from '../../store/tripwires.ts'
import { auditEstimate, auditsToCatchDoubling } from './audit-estimate.ts'
import { isWaiting } from './certificates.ts'
import { certify } from './certify.ts'
import { type ActionContext, type Context, readContext } from './context.ts'
import { costsOf } from './costs.ts'
import { readCertificate } from './document.ts'
import { maturityRule } from './maturity.ts'
import { armedFor, evidenceOf } from './tripwires.ts'

const dayMs = 86_400_000

/** How far the machine may go with one question of a tenant, and on what that rests; every number with its n. */
export async function overviewOf(db: Tx, tenant: string, question: Question, at: Date): Promise<QuestionOverview> {
  const context = await readContext(db, tenant, question)
  const maturity = await maturityRule(db, tenant, question, at)
  const until = new Date(at.getTime() - maturity.ms)
  const actions: ActionOverview[] = []
  // One after another: they share a connection.
  for (const one of eachSide(context.sides)) actions.push(await actionOf(db, context, one, at, until))
  return {
    ...placeOf(question),
    model: context.model,
    floor: context.floor,
    maturity_days: maturity.ms / dayMs,
    maturity_method: maturity.method,
    actions,
  }
}

async function actionOf(db: Tx, context: Context, one: ActionContext, at: Date, until: Date): Promise<ActionOverview> {
  const { tenant, question } = context
  const { action, row } = one
  const place: ActionPlace = { tenant, ...placeOf(question), action: action.name }
  const gate = row?.gate ?? 'certified'
  const certificate = await certificateOf(db, tenant, one, at)
  const waiting = await waitingOf(db, tenant, one, at)
  return {
    action: action.name,
    side: action.side,
    mode: row?.mode ?? question.defaultMode,
    gate,
    banner: gate === 'threshold' ? 'uncertified' : null,
    changed: row === null ? null : { at: row.changedAt.toISOString(), by: row.changedBy, reason: row.reason },
    budget: {
      alpha: action.alpha,
      delta: action.delta,
      miss_budget: action.missBudget,
      accepted_by: context.acceptedBy,
    },
    costs: costsOf(
      action,
      certificate === null ? null : { share: Number(certificate.share), upper: certificate.upper },
    ),
    reversible: action.reversible,
    cap_per_hour: action.capPerHour,
    audit_rate: action.auditRate,
    suspended: row?.suspendedAt == null ? null : { at: row.suspendedAt.toISOString(), why: row.suspendedWhy },
    certificate,
    first_certificate: action.firstCertificate ?? 'use',
    waiting,
    shortfall: certificate === null && waiting === null ? await shortfallOf(db, place, context, one) : null,
    attempts: await attemptsOf(db, place),
    tripwire: await tripwireOf(db, place, one, at),
    audit_estimate: (await keptAuditEstimate(db, place)) ?? (await estimateOf(db, place, action, at, until)),
  }
}

const estimateOf = (db: Tx, place: ActionPlace, action: ActionContext['action'], at: Date, until: Date) =>
  auditEstimate(db, place, action, new Date(at.getTime() - lookBackDays * dayMs), until)

/** At each look at the labels: it reads up to 100,000 rows, and the overview is asked for often. */
export async function renewAuditEstimates(db: Database, tenant: string, question: Question, at: Date): Promise<void> {
  await db.transaction([tenant], async handle => {
    const { sides } = await readContext(handle, tenant, question)
    const until = new Date(at.getTime() - (await maturityRule(handle, tenant, question, at)).ms)
    for (const { action } of eachSide(sides)) {
      const place = { tenant, ...placeOf(question), action: action.name }
      await keepAuditEstimate(handle, place, await estimateOf(handle, place, action, at, until), at)
    }
  })
}

async function certificateOf(
  db: Tx,
  tenant: string,
  { certificate }: ActionContext,
  at: Date,
): Promise<ActionOverview['certificate']> {
  if (certificate === null || certificate.expiresAt <= at || isWaiting(certificate)) return null
  const kept = await findCertificate(db, tenant, certificate.id)
  if (kept === null) return null
  // Signed documents are kept as they were written: `certificateDocument` made these fields.
  const { threshold, below, share, counts, upper, attempt, spending, issued_at, expires_at } = readCertificate(
    kept.document,
  ).document as Omit<NonNullable<ActionOverview['certificate']>, 'id'>
  return { id: certificate.id, threshold, below, share, counts, upper, attempt, spending, issued_at, expires_at }
}

async function waitingOf(
  db: Tx,
  tenant: string,
  { certificate }: ActionContext,
  at: Date,
): Promise<ActionOverview['waiting']> {
  if (certificate === null || certificate.expiresAt <= at || !isWaiting(certificate)) return null
  const kept = await findCertificate(db, tenant, certificate.id)
  if (kept === null) return null
  type Signed = Omit<NonNullable<ActionOverview['waiting']>, 'id' | 'labelled_by'> & {
    readonly data: Pick<NonNullable<ActionOverview['waiting']>, 'labelled_by'>
  }
  const { threshold, share, upper, data, issued_at, expires_at } = readCertificate(kept.document)
    .document as unknown as Signed
  return { id: certificate.id, threshold, share, upper, labelled_by: data.labelled_by, issued_at, expires_at }
}

/** As of the last look at the labels; before the first one, what would be needed with no label at all. */
async function shortfallOf(
  db: Tx,
  place: ActionPlace,
  { model, floor }: Context,
  { action, last }: ActionContext,
): Promise<ActionOverview['shortfall']> {
  if (model === null)
    return {
      code: 'no_model',
      have: 0,
      need: 0,
      n: 0,
      as_of: null,
      unlocks_from: null,
      sentence: 'No model serves, so there is nothing to certify.',
    }
  const row = await readShortfall(db, place, model.digest)
  if (row === null) {
    const found = certify([], { action, floor, spending: (last?.spending ?? 0) + 1 })
    if (found.kind === 'certified') throw new Error('nothing was certified')
    const { code, have, need, unlocksFrom, sentence } = found.shortfall
    return { code, have, need, n: 0, as_of: null, unlocks_from: unlocksFrom, sentence }
  }
  const { at, eligible, code, have, need, unlocksFrom, detail } = row
  return {
    code,
    have,
    need,
    n: eligible,
    as_of: at.toISOString(),
    unlocks_from: unlocksFrom,
    share: detail.share,
    sentence: detail.sentence,
  }
}

async function attemptsOf(db: Reader, place: ActionPlace): Promise<ActionOverview['attempts']> {
  const found = await newestAttempt(db, place)
  if (found === null) return { n: 0, last: null }
  const { attempt, spending, at, eligible, delta, detail } = found.last
  const word = (name: string): string | null => (typeof detail[name] === 'string' ? detail[name] : null)
  return {
    n: found.n,
    last: {
      attempt,
      spending,
      at: at.toISOString(),
      eligible,
      delta,
      due: word('due'),
      result: word('result'),
      sentence: word('sentence'),
    },
  }
}

async function tripwireOf(
  db: Tx,
  place: ActionPlace,
  { action }: ActionContext,
  at: Date,
): Promise<ActionOverview['tripwire']> {
  const { wire } = armedFor(action, await readWire(db, place), at)
  const { evidence, limit } = evidenceOf(wire)
  const audits = auditsToCatchDoubling(wire)
  return {
    audited: wire.audited,
    wrong: wire.wrong,
    evidence,
    limit,
    delta: wire.delta,
    armed: wire.armed,
    tripped: wire.tripped,
    catches_doubling_after: { audits, acts: audits === null ? null : Math.ceil(audits / action.auditRate) },
  }
}
