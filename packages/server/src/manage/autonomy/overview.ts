import {
  type ActionOverview,
  certificateFigures,
  eachSide,
  placeOf,
  type Question,
  type QuestionOverview,
} from '@surety/contract'
import { actedCut } from '@surety/stats'
import { readActing } from '../../store/acting-versions.ts'
import type { ActionPlace } from '../../store/action-states.ts'
import { lookBackDays } from '../../store/calibration-rows.ts'
import { findCertificate } from '../../store/certificates.ts'
import { coveredDecisions, sharesOf } from '../../store/covered-decisions.ts'
import type { Tx } from '../../store/db.ts'
import { keptAuditEstimate } from '../../store/evidence-figures.ts'
import { readShortfall } from '../../store/shortfalls.ts'
import { type KeptWire, readWires } from '../../store/tripwires.ts'
import { readVersionCuts, type VersionCuts } from '../../store/version-cuts.ts'
import { auditEstimate, casesToCatchDoubling } from './audit-estimate.ts'
import { type ActionContext, type Context, isWaiting, readContext } from './context.ts'
import { costsOf } from './costs.ts'
import { readCertificate } from './document.ts'
import { maturityRule } from './maturity.ts'
import { actingNow } from './records/certify-records.ts'
import type { NamedVersion } from './records/check-versions.ts'
import { thresholdAt } from './records/document-2.ts'
import { outlookView } from './records/outlook-view.ts'
import { fewestToCertify } from './records/record-lack.ts'
import { checkView, type RecordStanding, readStanding, recordInForce, recordView } from './records/record-view.ts'
import { type Shortfall, shortfalls } from './shortfall.ts'
import { armedFor, evidenceOf } from './tripwires.ts'

const dayMs = 86_400_000

/** How far the machine may go with one question of a tenant, and on what that rests; every number with its n. */
export async function overviewOf(db: Tx, tenant: string, question: Question, at: Date): Promise<QuestionOverview> {
  const context = await readContext(db, tenant, question)
  const maturity = await maturityRule(db, tenant, question, at)
  const until = new Date(at.getTime() - maturity.ms)
  const acting = (await actingNow(db, context, at)) ?? context.model
  const named = await readActing(db, tenant, placeOf(question))
  const place = { tenant, ...placeOf(question) }
  const covered = await coveredDecisions(db, place)
  const whole: Whole = {
    context,
    at,
    until,
    acting,
    standing: await readStanding(db, context, acting),
    cuts: acting === null ? null : await readVersionCuts(db, { ...place, digest: acting.digest }),
    covered: { act: sharesOf(covered.of('act')) ?? nothing, clear: sharesOf(covered.of('clear')) ?? nothing },
    wires: await readWires(db, place),
  }
  const actions: ActionOverview[] = []
  // One after another: they share a connection.
  for (const one of eachSide(context.sides)) actions.push(await actionOf(db, whole, one))
  return {
    ...placeOf(question),
    model: context.model,
    acting:
      acting === null
        ? null
        : {
            version: acting.version,
            digest: acting.digest,
            since: named?.digest === acting.digest ? named.since.toISOString() : null,
          },
    floor: context.floor,
    maturity_days: maturity.ms / dayMs,
    maturity_method: maturity.method,
    actions,
  }
}

/** With no decision yet no cut holds any. */
const nothing = Array<number>(64).fill(0)

/** What all actions of a question share. */
interface Whole {
  readonly context: Context
  readonly at: Date
  /** Newest mature moment. */
  readonly until: Date
  readonly acting: NamedVersion | null
  readonly standing: RecordStanding
  readonly cuts: VersionCuts | null
  /** Per side the share of the newest decisions that each cut held. */
  readonly covered: { readonly act: readonly number[]; readonly clear: readonly number[] }
  readonly wires: ReadonlyMap<string, KeptWire>
}

async function actionOf(db: Tx, whole: Whole, one: ActionContext): Promise<ActionOverview> {
  const { context, at, until, standing, acting } = whole
  const { tenant, question } = context
  const { action, row } = one
  const place: ActionPlace = { tenant, ...placeOf(question), action: action.name }
  const gate = row?.gate ?? 'certified'
  const certificate = await certificateOf(db, whole, one)
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
    costs: costsOf(action, certificate === null ? null : { share: certificate.share ?? 0, upper: certificate.upper }),
    reversible: action.reversible,
    cap_per_hour: action.capPerHour,
    audit_rate: action.auditRate,
    suspended: row?.suspendedAt == null ? null : { at: row.suspendedAt.toISOString(), why: row.suspendedWhy },
    certificate,
    first_certificate: action.firstCertificate ?? 'use',
    waiting,
    shortfall: certificate === null && waiting === null ? await shortfallOf(db, place, context, one) : null,
    record: recordView(standing, action, at, whole.covered[action.side]),
    check: { acting: checkView(standing, action, acting), champion: checkView(standing, action, context.model) },
    outlook: outlookOf(whole, one, certificate),
    tripwire: tripwireOf(whole.wires.get(action.name) ?? null, one, at),
    audit_estimate: (await keptAuditEstimate(db, place)) ?? (await estimateOf(db, place, action, at, until)),
  }
}

function outlookOf(
  { at, context, standing, acting, cuts, covered }: Whole,
  { action, certificate: newest }: ActionContext,
  certificate: ActionOverview['certificate'],
): ActionOverview['outlook'] {
  const record = recordInForce(standing, action, at)
  if (record === null) return null
  // What waits to be accepted is not to be unlocked once more.
  const certified = newest !== null && newest.expiresAt > at ? (newest.cuts?.[0] ?? null) : null
  const other = eachSide(context.sides).find(one => one.action.name !== action.name)
  const besides = other === undefined ? null : actedNow(standing, other, acting, at)
  return outlookView({
    action,
    record,
    thresholds: cuts?.thresholds[action.side] ?? null,
    acted: certificate?.cut?.acted ?? null,
    certified,
    floor: context.floor,
    covered: covered[action.side],
    beside: other === undefined || besides === null ? 0 : covered[other.action.side][besides]!,
  })
}

/** The loosest cut of a record certificate in force at which the acting version passes; null: people are asked. */
function actedNow(
  standing: RecordStanding,
  { action, certificate, row }: ActionContext,
  acting: NamedVersion | null,
  at: Date,
): number | null {
  const counts = certificate !== null && certificate.expiresAt > at && !isWaiting(certificate)
  if (!counts || certificate.cuts === null || (row !== null && row.suspendedAt !== null)) return null
  return actedBy(standing, action.name, certificate.cuts, acting)
}

function actedBy(
  { checks }: RecordStanding,
  action: string,
  certified: readonly number[],
  acting: NamedVersion | null,
): number | null {
  const check = checks.find(one => one.action === action && one.digest === acting?.digest)
  return actedCut({ certified, passes: check?.passes ?? [] })
}

const estimateOf = (db: Tx, place: ActionPlace, action: ActionContext['action'], at: Date, until: Date) =>
  auditEstimate(db, place, action, new Date(at.getTime() - lookBackDays * dayMs), until)

async function certificateOf(
  db: Tx,
  { context, at, standing, acting, cuts }: Whole,
  { action, certificate }: ActionContext,
): Promise<ActionOverview['certificate']> {
  if (certificate === null || certificate.expiresAt <= at || isWaiting(certificate)) return null
  const kept = await findCertificate(db, context.tenant, certificate.id)
  if (kept === null) return null
  const { id, threshold, below, recordId, cuts: certified } = certificate
  const { share, counts, upper } = certificateFigures(readCertificate(kept.document).document)
  const common = {
    id,
    record: recordId,
    below,
    share,
    counts,
    upper,
    issued_at: certificate.issuedAt.toISOString(),
    expires_at: certificate.expiresAt.toISOString(),
  }
  if (certified === null) return { ...common, cut: null, threshold }
  const acted = actedBy(standing, action.name, certified, acting)
  const own = cuts?.thresholds[action.side] ?? null
  return {
    ...common,
    cut: { certified: certified[0]!, acted },
    threshold: acted === null || own === null ? null : thresholdAt(action, own, acted, context.floor),
  }
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
  const { share, upper, labelledBy } = certificateFigures(readCertificate(kept.document).document)
  return {
    id: certificate.id,
    threshold: certificate.threshold,
    share,
    upper,
    labelled_by: [...labelledBy],
    issued_at: certificate.issuedAt.toISOString(),
    expires_at: certificate.expiresAt.toISOString(),
  }
}

/** As of the last look at the labels; before the first one, what would be needed with no label at all. */
async function shortfallOf(
  db: Tx,
  place: ActionPlace,
  { model, floor }: Context,
  { action }: ActionContext,
): Promise<ActionOverview['shortfall']> {
  const first = ({ code, have, need, sentence }: Shortfall, unlocksFrom: number | null) => ({
    code,
    have,
    need,
    n: 0,
    as_of: null,
    unlocks_from: unlocksFrom,
    sentence,
  })
  if (model === null) return first(shortfalls.noModel(), null)
  const row = await readShortfall(db, place, model.digest)
  if (row === null) return first(shortfalls.noRecord(fewestToCertify(action)), floor)
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

function tripwireOf(before: KeptWire | null, { action }: ActionContext, at: Date): ActionOverview['tripwire'] {
  const { wire, acts } = armedFor(action, before, at)
  const { evidence, limit } = evidenceOf(wire)
  const audits = casesToCatchDoubling(wire)
  const soonest = [audits === null ? null : Math.ceil(audits / action.auditRate), acts && casesToCatchDoubling(acts)]
  const known = soonest.filter(one => typeof one === 'number')
  return {
    audited: wire.audited,
    wrong: wire.wrong,
    evidence,
    limit,
    delta: wire.delta,
    armed: wire.armed,
    tripped: wire.tripped,
    acts: acts === undefined ? null : { seen: acts.audited, wrong: acts.wrong, evidence: evidenceOf(acts).evidence },
    catches_doubling_after: { audits, acts: known.length === 0 ? null : Math.min(...known) },
  }
}
