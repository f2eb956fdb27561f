import { createHash } from 'node:crypto'
import { type Action, canonical, eachSide, placeOf, type Question } from '@surety/contract'
import { recordBegins, recordStarts, recordStartsAfter } from '@surety/stats'
import type { ServingModel } from '../../../pipeline/item.ts'
import { readActing } from '../../../store/acting-versions.ts'
import type { ActionPlace } from '../../../store/action-states.ts'
import { lockAutonomy } from '../../../store/autonomy-epochs.ts'
import type { Reader, Tx } from '../../../store/db.ts'
import { fittedRows } from '../../../store/models.ts'
import {
  endRecords,
  insertRecord,
  loosestInForce,
  type NewRecord,
  readRecords,
  type YoungestRecord,
  youngestRecords,
} from '../../../store/records.ts'
import { readVersionCuts } from '../../../store/version-cuts.ts'
import { type Context, readContext } from '../context.ts'
import type { AutonomyDeps } from '../deps.ts'
import { auditRates, countsToBegin } from './count-rows.ts'
import { daysBetween, isPast, pastRecords } from './in-charge.ts'
import { plansOf } from './record-plan.ts'
import { type Seeded, seedRows } from './seed-record.ts'

type BeginDeps = Pick<AutonomyDeps, 'db' | 'scorerOf'>
type Place = Pick<ActionPlace, 'tenant' | 'pod' | 'question'>

/** An action whose next record begins now. */
export interface Due {
  readonly action: Action
  readonly why: 'first' | 'quarter' | 'suspension'
  /** When the youngest before it began; null: there was none. */
  readonly youngest: Date | null
  readonly suspensions: number
}

/**
 * Lets records begin and end by the calendar: the first when a version that was fitted on enough rows serves, has its cuts and a
 * hundred outcomes are known of cases it was not fitted on, then one a quarter; at once where a suspension has ended those before. What begins now counts rows that are
 * decided from now on. The very first of an installation that decided before there were records is seeded with what it decided then.
 * @returns the actions of which one began
 */
export async function beginRecords(
  deps: BeginDeps,
  tenant: string,
  question: Question,
  at: Date,
): Promise<readonly string[]> {
  const { db } = deps
  const place = { tenant, ...placeOf(question) }
  const found = await db.transaction([tenant], handle => lookDue(handle, tenant, question, at))
  if (found === null) return []
  const { due, champion, acting, certified } = found
  const first = due.filter(({ why }) => why === 'first').map(({ action }) => action)
  const seeded = first.length === 0 ? null : await seedRows(db, tenant, question, first, at)
  const loaded = (digest: string): ServingModel | null => deps.scorerOf?.(tenant, question, digest) ?? null
  const version = loaded(acting) ?? loaded(champion)
  const planned = due.filter(({ action }) => !certified.has(action.name)).map(({ action }) => action)
  // Another process has it loaded, or this one will have by the next look.
  const plans =
    version === null
      ? new Map<string, number>()
      : await plansOf(db, tenant, question, version, planned, at, action => first.includes(action))
  return db.transaction([tenant], async handle => {
    await lockAutonomy(handle, tenant, question.pod)
    const begun: string[] = []
    const known = await youngestRecords(handle, place)
    for (const one of due) {
      const youngest = known.get(one.action.name)
      // Another process was faster.
      if ((youngest?.begunAt.getTime() ?? null) !== (one.youngest?.getTime() ?? null)) continue
      const startsOf = seeded?.plans.has(one.action.name)
        ? seeded.plans.get(one.action.name)!
        : plans.get(one.action.name)
      const loosest = certified.get(one.action.name)
      if (loosest === undefined && startsOf === undefined) continue
      await begin(handle, question, place, one, at, { seeded, loosest, plan: startsOf ?? null })
      begun.push(one.action.name)
    }
    return begun
  })
}

/** @param from.seeded what it begins with of before; @param from.loosest the loosest cut in force, else it begins by the plan */
export async function begin(
  db: Tx,
  question: Question,
  place: Place,
  { action, why, suspensions }: Due,
  at: Date,
  from: { readonly seeded: Seeded | null; readonly loosest: number | undefined; readonly plan: number | null },
): Promise<void> {
  const seeded = from.seeded?.plans.has(action.name) ? from.seeded : null
  const rowsFrom = seeded?.rowsFrom ?? at
  const record: NewRecord = {
    ...place,
    action: action.name,
    side: action.side,
    id: recordId({ ...place, action: action.name }, at),
    begunAt: at,
    rowsFrom,
    why: seeded?.why ?? why,
    plan: from.loosest === undefined ? from.plan : null,
    starts: from.loosest === undefined ? recordStarts(from.plan!) : recordStartsAfter(from.loosest),
    suspensions,
    budgetChanges: 0,
    budget: {
      alpha: action.alpha,
      delta: action.delta,
      missBudget: action.missBudget,
      smallestRate: (await auditRates(db, place.tenant, question, rowsFrom))(action.name, rowsFrom),
    },
  }
  await insertRecord(db, record, await countsToBegin(db, record))
}

/** @returns null: nothing begins */
async function lookDue(db: Tx, tenant: string, question: Question, at: Date) {
  const place = { tenant, ...placeOf(question) }
  await lockAutonomy(db, tenant, question.pod)
  const living = await endPast(db, place, question, at)
  const context = await readContext(db, tenant, question)
  const champion = context.model?.digest ?? null
  if (champion === null) return null
  const due = await dueActions(db, context, champion, { living, youngest: await youngestRecords(db, place) }, at)
  if (due.length === 0) return null
  const certified = await loosestInForce(db, place, at)
  // While nothing is certified the champion acts, whoever acted before.
  const acting = certified.size === 0 ? null : await readActing(db, tenant, place)
  return { due, champion, acting: acting?.digest ?? champion, certified }
}

async function dueActions(
  db: Reader,
  context: Context,
  champion: string,
  known: { readonly living: ReadonlySet<string>; readonly youngest: ReadonlyMap<string, YoungestRecord> },
  at: Date,
): Promise<readonly Due[]> {
  const due: Due[] = []
  for (const { action } of eachSide(context.sides)) {
    const youngest = known.youngest.get(action.name)
    const common = { action, youngest: youngest?.begunAt ?? null, suspensions: youngest?.suspensions ?? 0 }
    if (youngest === undefined) {
      if (await firstBegins(db, context, action, champion)) due.push({ ...common, why: 'first' })
    } else if (!known.living.has(action.name))
      // Nothing but a suspension ends them all.
      due.push({ ...common, why: 'suspension', suspensions: youngest.suspensions + 1 })
    else if (recordBegins(0, daysBetween(youngest.begunAt, at))) due.push({ ...common, why: 'quarter' })
  }
  return due
}

async function firstBegins(
  db: Reader,
  { tenant, question }: Context,
  { side }: Action,
  champion: string,
): Promise<boolean> {
  const cuts = await readVersionCuts(db, { tenant, ...placeOf(question), digest: champion })
  if (cuts === null || cuts.thresholds[side] === null) return false
  const fitted = await fittedRows(db, tenant, placeOf(question), champion)
  return fitted !== null && recordBegins(fitted, null)
}

/** Of an action that the pod has no more none is in charge. @returns the actions of which one goes on */
async function endPast(db: Tx, place: Place, { actions }: Question, at: Date): Promise<ReadonlySet<string>> {
  const known = new Set(eachSide(actions).map(({ name }) => name))
  const living = new Set<string>()
  const byAction = Map.groupBy(await readRecords(db, place), ({ action }) => action)
  for (const [action, records] of byAction) {
    const past = known.has(action) ? pastRecords(records, at) : records.filter(one => isPast(one, at))
    const ids = past.map(({ id }) => id)
    if (ids.length > 0) await endRecords(db, { ...place, action }, at, ids)
    if (ids.length < records.length) living.add(action)
  }
  return living
}

/** Made by a rule, so that a history that is pushed through again has the same records. */
function recordId({ tenant, pod, question, action }: ActionPlace, begunAt: Date): string {
  const words = canonical(['surety.record/1', tenant, pod, question, action, begunAt.toISOString()])
  const bytes = createHash('sha256').update(words).digest().subarray(0, 16)
  // RFC 9562: version 8 (made by a rule of ours), variant 10.
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
