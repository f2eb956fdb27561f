import type { JsonObject, Pod } from '@surety/contract'
import type { Database, Db } from '../../store/db.ts'
import { keepAuditEstimate, keptAuditEstimate } from '../../store/evidence-figures.ts'
import { auditEstimate, auditsToCatchDoubling } from './audit-estimate.ts'
import { lookBackDays } from './calibration-rows.ts'
import { type ActionPlace, findCertificate } from './certificate-rows.ts'
import { certify } from './certify.ts'
import { type ActionContext, type Context, readContext } from './context.ts'
import { costsOf } from './costs.ts'
import { readCertificate } from './document.ts'
import { maturityRule } from './maturity.ts'
import { readWire } from './tripwire-rows.ts'
import { armedFor, evidenceOf } from './tripwires.ts'

const dayMs = 86_400_000

/** How far the machine may go with one pod of a tenant, and on what that rests; every number with its n. */
export async function overviewOf(db: Db, tenant: string, pod: Pod, at: Date): Promise<JsonObject> {
  const context = await readContext(db, tenant, pod)
  const maturity = await maturityRule(db, tenant, pod, at)
  const until = new Date(at.getTime() - maturity.ms)
  return {
    pod: pod.name,
    model: context.model,
    floor: context.floor,
    maturity_days: maturity.ms / dayMs,
    maturity_method: maturity.method,
    actions: [
      await actionOf(db, context, context.act, at, until),
      await actionOf(db, context, context.clear, at, until),
    ],
  }
}

async function actionOf(db: Db, context: Context, one: ActionContext, at: Date, until: Date): Promise<JsonObject> {
  const { tenant, pod } = context
  const { action, row } = one
  const place: ActionPlace = { tenant, pod: pod.name, action: action.name }
  const gate = row?.gate ?? 'certified'
  const certificate = await certificateOf(db, tenant, one, at)
  return {
    action: action.name,
    side: action.side,
    mode: row?.mode ?? pod.defaultMode,
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
      certificate === null ? null : { share: Number(certificate['share']), upper: Number(certificate['upper']) },
    ),
    reversible: action.reversible,
    cap_per_hour: action.capPerHour,
    audit_rate: action.auditRate,
    suspended: row?.suspendedAt == null ? null : { at: row.suspendedAt.toISOString(), why: row.suspendedWhy },
    certificate,
    shortfall: certificate === null ? await shortfallOf(db, place, context, one) : null,
    attempts: await attemptsOf(db, place),
    tripwire: await tripwireOf(db, place, one, at),
    audit_estimate: (await keptAuditEstimate(db, place)) ?? (await estimateOf(db, place, action, at, until)),
  }
}

const estimateOf = (db: Db, place: ActionPlace, action: ActionContext['action'], at: Date, until: Date) =>
  auditEstimate(db, place, action, new Date(at.getTime() - lookBackDays * dayMs), until)

/** At each look at the labels: it reads up to 100,000 rows, and the overview is asked for often. */
export async function renewAuditEstimates(db: Database, tenant: string, pod: Pod, at: Date): Promise<void> {
  await db.transaction([tenant], async handle => {
    const { act, clear } = await readContext(handle, tenant, pod)
    const until = new Date(at.getTime() - (await maturityRule(handle, tenant, pod, at)).ms)
    for (const { action } of [act, clear]) {
      const place = { tenant, pod: pod.name, action: action.name }
      await keepAuditEstimate(handle, place, await estimateOf(handle, place, action, at, until), at)
    }
  })
}

async function certificateOf(
  db: Db,
  tenant: string,
  { certificate }: ActionContext,
  at: Date,
): Promise<JsonObject | null> {
  if (certificate === null || certificate.expiresAt <= at) return null
  const kept = await findCertificate(db, tenant, certificate.id)
  if (kept === null) return null
  const { threshold, below, share, counts, upper, attempt, spending, issued_at, expires_at } = readCertificate(
    kept.document,
  ).document
  return {
    id: certificate.id,
    threshold: threshold!,
    below: below!,
    share: share!,
    counts: counts!,
    upper: upper!,
    attempt: attempt!,
    spending: spending!,
    issued_at: issued_at!,
    expires_at: expires_at!,
  }
}

/** As of the last look at the labels; before the first one, what would be needed with no label at all. */
async function shortfallOf(
  db: Db,
  place: ActionPlace,
  { model, floor }: Context,
  { action, last }: ActionContext,
): Promise<JsonObject> {
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
  const { rows } = await db.query<{
    at: Date
    eligible: number
    code: string
    have: number
    need: number
    unlocks_from: number | null
    detail: { sentence: string; share: number | null }
  }>({
    name: 'shortfall_read',
    text: `select at, eligible, code, have, need, unlocks_from, detail from shortfalls
      where tenant_id = $1 and pod = $2 and action = $3 and model_digest = $4`,
    values: [place.tenant, place.pod, place.action, model.digest],
  })
  const row = rows[0]
  if (row === undefined) {
    const found = certify([], { action, floor, spending: (last?.spending ?? 0) + 1 })
    if (found.kind === 'certified') throw new Error('nothing was certified')
    const { code, have, need, unlocksFrom, sentence } = found.shortfall
    return { code, have, need, n: 0, as_of: null, unlocks_from: unlocksFrom, sentence }
  }
  const { at, eligible, code, have, need, unlocks_from, detail } = row
  return {
    code,
    have,
    need,
    n: eligible,
    as_of: at.toISOString(),
    unlocks_from,
    share: detail.share,
    sentence: detail.sentence,
  }
}

async function attemptsOf(db: Db, { tenant, pod, action }: ActionPlace): Promise<JsonObject> {
  const { rows } = await db.query<{
    attempt: number
    spending: number
    at: Date
    eligible: number
    delta: number
    detail: JsonObject
  }>({
    name: 'certificate_attempts_newest',
    text: `select attempt, spending, at, eligible, delta, detail from certificate_attempts
      where tenant_id = $1 and pod = $2 and action = $3 and spending > 0 order by attempt desc limit 1`,
    values: [tenant, pod, action],
  })
  const counted = await db.query<{ n: number }>({
    name: 'certificate_attempts_count',
    text: `select count(*) as n from certificate_attempts where tenant_id = $1 and pod = $2 and action = $3 and spending > 0`,
    values: [tenant, pod, action],
  })
  const row = rows[0]
  if (row === undefined) return { n: 0, last: null }
  const { attempt, spending, at, eligible, delta, detail } = row
  const { due = null, result = null, sentence = null } = detail
  return {
    n: counted.rows[0]!.n,
    last: { attempt, spending, at: at.toISOString(), eligible, delta, due, result, sentence },
  }
}

async function tripwireOf(db: Db, place: ActionPlace, { action }: ActionContext, at: Date): Promise<JsonObject> {
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
