import { type Action, eachSide, placeOf, type Question } from '@surety/contract'
import {
  armRestartingTripwire,
  beginRound,
  feedRestartingTripwire,
  labelsComplete,
  type RestartingTripwire,
  rearmRestartingTripwire,
  restartTripwire,
  worstRun,
} from '@surety/stats'
import type { ActionPlace } from '../../store/action-states.ts'
import { markSuspended } from '../../store/action-states.ts'
import { bumpEpoch, lockAutonomy } from '../../store/autonomy-epochs.ts'
import {
  countWatched,
  type LabelledActs,
  labelledActs,
  takeWatched,
  type Watched,
} from '../../store/calibration-rows.ts'
import { revokeCertificates } from '../../store/certificates.ts'
import type { Reader, Tx } from '../../store/db.ts'
import { endRecords } from '../../store/records.ts'
import { type KeptWire, readWire, readWires, saveWire, type WireRow } from '../../store/tripwires.ts'
import { voidChecks } from '../../store/version-checks.ts'
import { type ActionContext, type Context, readContext } from './context.ts'
import type { AutonomyDeps } from './deps.ts'
import { isWrong } from './is-wrong.ts'
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
 * @param maturity as of this look, in milliseconds
 */
export async function observeTripwires(
  deps: Pick<AutonomyDeps, 'db' | 'audit'>,
  tenant: string,
  question: Question,
  at: Date,
  maturity?: number,
): Promise<readonly Suspension[]> {
  return deps.db.transaction([tenant], async db => {
    await lockAutonomy(db, tenant, question.pod)
    const context = await readContext(db, tenant, question)
    const until = new Date(at.getTime() - (await maturityMs(db, tenant, question, at, maturity)))
    const place = { tenant, ...placeOf(question) }
    const known = { wires: await readWires(db, place), labelled: await labelledActs(db, place, until) }
    const suspensions: Suspension[] = []
    const rearmed: Rearmed[] = []
    for (const one of eachSide(context.sides)) {
      const { crossed, anew } = await observeOne(db, context, one, known, until, at)
      if (anew !== null) rearmed.push(anew)
      if (crossed !== null) suspensions.push({ action: one.action.name, at, sentence: sentenceOf(one.action, crossed) })
    }
    for (const suspension of suspensions) await suspend(db, deps, context, suspension)
    for (const { action, before, after, reason } of rearmed)
      await deps.audit(db, {
        tenant,
        at,
        actor: 'system',
        action: 'autonomy.tripwire_armed',
        reason,
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

/** A wire that another one took the place of. */
interface Rearmed {
  readonly action: string
  readonly before: KeptWire
  readonly after: WireRow
  readonly reason: string
}

/** A wire that crossed its limit, and what it was fed. */
interface Crossed {
  readonly wire: RestartingTripwire
  readonly fed: Watched
}

/** @returns the wire that crossed its limit just now, and whether it was armed anew */
async function observeOne(
  db: Tx,
  context: Context,
  one: ActionContext,
  known: { readonly wires: ReadonlyMap<string, KeptWire>; readonly labelled: ReadonlyMap<string, LabelledActs> },
  until: Date,
  at: Date,
): Promise<{ readonly crossed: Crossed | null; readonly anew: Rearmed | null }> {
  const place: ActionPlace = { tenant: context.tenant, ...placeOf(context.question), action: one.action.name }
  const before = known.wires.get(place.action) ?? null
  // A tripped wire waits for an admin.
  if (before?.wire.tripped) return { crossed: null, anew: null }
  let row = armedFor(one.action, before, at, await roundOf(db, place, before, at))
  const anew = before === null || row === before ? null : rearmedFrom(place.action, before, row)
  const which = watchedBy(known.labelled.get(place.action))
  if (which === 'acted' && row.acts === undefined) row = withActs(row, await yearOf(db, place, at, 'acted'))
  let crossed: Crossed | null = null
  while (crossed === null) {
    const { cases, more } = await takeWatched(db, place, until, which)
    for (const { label, decidedAt, audited } of cases) {
      if (decidedAt <= row.since) continue
      const loss = isWrong(one.action, label) ? 1 : 0
      const next = async (wire: RestartingTripwire, fed: Watched): Promise<RestartingTripwire> =>
        feedRestartingTripwire(wire.fed < wire.span ? wire : beginRound(wire, await yearOf(db, place, at, fed)), loss)
      if (audited) row = { ...row, wire: await next(row.wire, 'audited') }
      if (row.acts !== undefined) row = { ...row, acts: await next(row.acts, 'acted') }
      crossed = crossedBy(row)
      if (crossed !== null) break
    }
    if (!more) break
  }
  // One mark for both: whichever crossed, the action waits for an admin.
  if (crossed !== null) row = { ...row, wire: { ...row.wire, tripped: true } }
  if (before === null || row !== before) await saveWire(db, place, row)
  return { crossed, anew }
}

function crossedBy({ wire, acts }: WireRow): Crossed | null {
  if (wire.tripped) return { wire, fed: 'audited' }
  return acts?.tripped ? { wire: acts, fed: 'acted' } : null
}

const fewestJudged = 30

/** Every act is evidence where labels of what was done are complete; else those alone that were drawn whatever they are. */
const watchedBy = ({ decisions, labelled }: LabelledActs = { decisions: 0, labelled: 0 }): Watched =>
  decisions >= fewestJudged && labelsComplete(labelled, decisions) ? 'acted' : 'audited'

/**
 * A second wire, which sees fifty acts where the other sees one that was drawn. Beside it and not in its place: labels that are nearly
 * complete may lack just those of wrong acts, and would drown what audits say. Half of delta each, so that both together keep it.
 */
function withActs(row: WireRow, round: number): WireRow {
  const { epsilon, delta } = row.wire
  const acts = armRestartingTripwire({ epsilon, delta: delta / 2 }, round)
  if (!acts.ok) throw new Error(`a budget that was saved cannot arm a tripwire: ${acts.detail}`)
  return { ...row, wire: { ...row.wire, delta: delta / 2 }, acts }
}

const yearDays = 365
const lookBackDays = 90
const dayMs = 86_400_000
/** Cases of a round at least: nobody knows at the start how many there will be. */
const shortestRound = 5000

/**
 * Cases that a wire is fed in a year, as the last 90 days say: within so many its chance to trip without cause is delta. A
 * round is never shorter than 5,000, which costs a small action a fifth more audits until a doubled error is seen.
 */
async function yearOf(db: Reader, place: ActionPlace, at: Date, fed: Watched): Promise<number> {
  const lately = await countWatched(db, place, new Date(at.getTime() - lookBackDays * dayMs), at, fed)
  return Math.max(shortestRound, Math.ceil((lately * yearDays) / lookBackDays))
}

/** A wire keeps its round; counting is for one that has none. */
const roundOf = async (db: Reader, place: ActionPlace, before: KeptWire | null, at: Date): Promise<number> =>
  before !== null && hasRounds(before) ? before.wire.span : yearOf(db, place, at, 'audited')

const hasRounds = (row: KeptWire): row is WireRow => 'method' in row.wire

function rearmedFrom(action: string, before: KeptWire, after: WireRow): Rearmed {
  const sameBudget = before.budget.alpha === after.budget.alpha && before.budget.delta === after.budget.delta
  const reason = sameBudget
    ? 'A release came that sees a change after a long good time as soon as at the start; what had spoken against the action still does.'
    : 'The budget was changed, so the evidence counts from nothing again.'
  return { action, before, after, reason }
}

/**
 * The wire of this budget: another budget arms a new one, which keeps the halvings of earlier suspensions. What was done
 * under a looser budget is no evidence against a stricter one. A wire of an earlier release goes on as one of this one.
 * @param round cases of a round, where one begins
 */
export function armedFor(
  { alpha, delta }: Pick<Action, 'alpha' | 'delta'>,
  before: KeptWire | null,
  at: Date,
  round = shortestRound,
): WireRow {
  if (before !== null && before.budget.alpha === alpha && before.budget.delta === delta)
    return hasRounds(before) ? before : { ...before, wire: restartTripwire(before.wire, round) }
  const armed = before?.wire.armed ?? 1
  const wire = armRestartingTripwire({ epsilon: alpha, delta: delta / 2 ** (armed - 1) }, round)
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
  // What was counted led to this: another record begins, at half the delta, and no pass of any version holds.
  await endRecords(db, place, at)
  await voidChecks(db, place)
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
): Promise<RestartingTripwire> {
  const before = await readWire(db, place)
  if (before === null) throw new Error('an action was suspended without a tripwire')
  const round = await yearOf(db, place, at, 'audited')
  const { wire, acts } = armedFor(before.budget, before, at, round)
  // Whether labels are complete is seen anew: until then the audits have the whole delta again.
  const whole = acts === undefined ? wire : { ...wire, delta: wire.delta * 2 }
  const again = rearmRestartingTripwire(beginRound(whole, round))
  const row = armedFor({ alpha, delta }, { wire: again, budget: before.budget, since: at }, at, round)
  await saveWire(db, place, row)
  return row.wire
}

/** K and the limit it is measured by. */
export const evidenceOf = ({
  logEvidence,
  delta,
}: RestartingTripwire): { readonly evidence: number; readonly limit: number } => ({
  evidence: Math.exp(Math.min(logEvidence, 700)),
  limit: 1 / delta,
})

function sentenceOf({ side, alpha }: Action, { wire, fed }: Crossed): string {
  const { evidence, limit } = evidenceOf(wire)
  const what = `${fed === 'audited' ? 'audited ' : ''}${side === 'act' ? 'acts' : 'clears'}`
  // Not all since it was armed: after a long good time their share says nothing of what is wrong now.
  const { wrong, audited } = worstRun(wire)
  const share = percent(wrong / audited)
  return `${wrong} of the last ${audited} ${what} were wrong, ${share}; the budget allows ${percent(alpha)}: evidence ${short(evidence)} reached ${short(limit)}.`
}

const short = (value: number): string => String(Number(value.toFixed(1)))
