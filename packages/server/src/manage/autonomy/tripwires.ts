import { type Action, eachSide, placeOf, type Question } from '@surety/contract'
import { armTripwire, observeTripwire, rearmTripwire, type Tripwire } from '@surety/stats'
import type { ActionPlace } from '../../store/action-states.ts'
import { markSuspended } from '../../store/action-states.ts'
import { bumpEpoch, lockAutonomy } from '../../store/autonomy-epochs.ts'
import { takeAudited } from '../../store/calibration-rows.ts'
import { revokeCertificates } from '../../store/certificates.ts'
import type { Tx } from '../../store/db.ts'
import { readWire, saveWire, type WireRow } from '../../store/tripwires.ts'
import { isWrong } from './certify.ts'
import { type ActionContext, type Context, readContext } from './context.ts'
import type { AutonomyDeps } from './deps.ts'
import { maturityMs } from './maturity.ts'
import { percent } from './shortfall.ts'

/** One action that was put out of work, and why in one sentence. */
export interface Suspension {
  readonly action: string
  readonly at: Date
  readonly sentence: string
}

const start = new Date(0)

/**
 * Feeds the audited cases that have become mature to the tripwire of each action, in the order of their decisions, and
 * those whose label came later than that as soon as it is known: wrong ones may be the late ones. The evidence is a product,
 * so the order says when it is seen and not how large it grows. Audited cases alone are enough: each act of one moment has
 * the same chance to be drawn, whatever its label will be, so that a changed rate changes nothing of the share of wrong ones
 * among those drawn. A wire that crosses suspends its action: mark, certificates, epoch, audit entry and the wire itself
 * are one transaction.
 */
export async function observeTripwires(
  deps: Pick<AutonomyDeps, 'db' | 'audit'>,
  tenant: string,
  question: Question,
  at: Date,
): Promise<readonly Suspension[]> {
  return deps.db.transaction([tenant], async db => {
    await lockAutonomy(db, tenant, question.pod)
    const context = await readContext(db, tenant, question)
    const until = new Date(at.getTime() - (await maturityMs(db, tenant, question, at)))
    const suspensions: Suspension[] = []
    const rearmed: Rearmed[] = []
    for (const one of eachSide(context.sides)) {
      const { crossed, anew } = await observeOne(db, context, one, until, at)
      if (anew !== null) rearmed.push(anew)
      if (crossed !== null) suspensions.push({ action: one.action.name, at, sentence: sentenceOf(one.action, crossed) })
    }
    for (const suspension of suspensions) await suspend(db, deps, context, suspension)
    for (const { action, before, after } of rearmed)
      await deps.audit(db, {
        tenant,
        at,
        actor: 'system',
        action: 'autonomy.tripwire_armed',
        reason: 'The budget was changed, so the evidence counts from nothing again.',
        detail: {
          ...placeOf(question),
          action,
          before: { ...before.budget },
          after: { ...after.budget },
          audited: before.wire.audited,
        },
      })
    return suspensions
  })
}

/** A wire that another budget took the place of. */
interface Rearmed {
  readonly action: string
  readonly before: WireRow
  readonly after: WireRow
}

/** @returns the wire that crossed its limit just now, and whether another budget armed it anew */
async function observeOne(
  db: Tx,
  context: Context,
  one: ActionContext,
  until: Date,
  at: Date,
): Promise<{ readonly crossed: Tripwire | null; readonly anew: Rearmed | null }> {
  const place: ActionPlace = { tenant: context.tenant, ...placeOf(context.question), action: one.action.name }
  const before = await readWire(db, place)
  // A tripped wire waits for an admin.
  if (before?.wire.tripped) return { crossed: null, anew: null }
  let row = armedFor(one.action, before, at)
  const anew = before === null || row === before ? null : { action: place.action, before, after: row }
  while (true) {
    const cases = await takeAudited(db, place, until)
    for (const { label, decidedAt } of cases) {
      if (decidedAt <= row.since) continue
      row = { ...row, wire: observeTripwire(row.wire, isWrong(one.action, label) ? 1 : 0) }
      if (row.wire.tripped) break
    }
    if (cases.length === 0 || row.wire.tripped) break
  }
  if (before === null || row !== before) await saveWire(db, place, row)
  return { crossed: row.wire.tripped ? row.wire : null, anew }
}

/**
 * The wire of this budget: another budget arms a new one, which keeps the halvings of earlier suspensions. What was done
 * under a looser budget is no evidence against a stricter one.
 */
export function armedFor({ alpha, delta }: Pick<Action, 'alpha' | 'delta'>, before: WireRow | null, at: Date): WireRow {
  if (before !== null && before.budget.alpha === alpha && before.budget.delta === delta) return before
  const armed = before?.wire.armed ?? 1
  const wire = armTripwire({ epsilon: alpha, delta: delta / 2 ** (armed - 1) })
  if (!wire.ok) throw new Error(`a budget that was saved cannot arm a tripwire: ${wire.detail}`)
  const since = before === null ? start : alpha < before.budget.alpha ? at : before.since
  return { wire: { ...wire, armed }, budget: { alpha, delta }, since }
}

async function suspend(
  db: Tx,
  deps: Pick<AutonomyDeps, 'audit'>,
  { tenant, question }: Context,
  { action, at, sentence }: Suspension,
): Promise<void> {
  const place: ActionPlace = { tenant, ...placeOf(question), action }
  await markSuspended(db, place, { at, why: sentence, defaultMode: question.defaultMode })
  const revoked = await revokeCertificates(db, place, at, sentence)
  await bumpEpoch(db, tenant, question.pod)
  await deps.audit(db, {
    tenant,
    at,
    actor: 'tripwire',
    action: 'autonomy.suspended',
    reason: sentence,
    detail: { ...placeOf(question), action, revoked: [...revoked] },
  })
}

/** Arms it again after a suspension: with half the delta, for cases decided from now on, under the budget of now. */
export async function rearmWire(
  db: Tx,
  place: ActionPlace,
  { alpha, delta }: Pick<Action, 'alpha' | 'delta'>,
  at: Date,
): Promise<Tripwire> {
  const before = await readWire(db, place)
  if (before === null) throw new Error('an action was suspended without a tripwire')
  const again = rearmTripwire(before.wire)
  const row = armedFor({ alpha, delta }, { wire: again, budget: before.budget, since: at }, at)
  await saveWire(db, place, row)
  return row.wire
}

/** K and the limit it is measured by. */
export const evidenceOf = ({
  logEvidence,
  delta,
}: Tripwire): { readonly evidence: number; readonly limit: number } => ({
  evidence: Math.exp(Math.min(logEvidence, 700)),
  limit: 1 / delta,
})

function sentenceOf({ side, alpha }: Action, wire: Tripwire): string {
  const { evidence, limit } = evidenceOf(wire)
  const what = side === 'act' ? 'audited acts' : 'audited clears'
  const share = percent(wire.wrong / wire.audited)
  return `${wire.wrong} of ${wire.audited} ${what} were wrong, ${share}; the budget allows ${percent(alpha)}: evidence ${short(evidence)} reached ${short(limit)}.`
}

const short = (value: number): string => String(Number(value.toFixed(1)))
