import { type Action, placeOf, type Question } from '@surety/contract'
import { plannedChances, plannedShare } from '@surety/stats'
import type { ServingModel } from '../../../pipeline/item.ts'
import { type CalibrationRow, readEligible } from '../../../store/calibration-rows.ts'
import type { Database } from '../../../store/db.ts'
import { fewestRows } from '../build-calibrator.ts'
import { newestVectors, scoresBy } from '../freeze-cuts.ts'
import { maturityMs } from '../maturity.ts'
import { enoughKnown } from '../shortfall.ts'
import { sideOf } from './side-of.ts'

/** Where too little is known to plan by: as if nothing could be done within the budget. */
const leastShare = 0.02

/** A plan rests on the newest of the cases that the version was not fitted on. */
const mostKnown = 2000

/**
 * The share of the newest decisions that each action could take within its budget, as a version and the outcomes of cases it was
 * not fitted on have it by now: where the walk of a record begins that begins now. Rows that are decided from now on have no part in it.
 * @param mayWait the record of this action need not begin before a hundred outcomes are known (`enoughKnown`): one that begins where nothing was seen
 *                certifies little for as long as it is in charge, and with fewer outcomes nothing would be certified anyway
 * @returns by action, in (0, 1]; none where it waits
 */
export async function plansOf(
  db: Database,
  tenant: string,
  question: Question,
  version: ServingModel,
  actions: readonly Action[],
  at: Date,
  mayWait: (action: Action) => boolean,
): Promise<ReadonlyMap<string, number>> {
  const place = { tenant, ...placeOf(question), digest: version.digest }
  const now = { now: at, maturityMs: await db.transaction([tenant], tx => maturityMs(tx, tenant, question, at)) }
  const found = await db.read([tenant], async reader => ({
    known: await readEligible(reader, { ...place, ...now }, mostKnown),
    decided: await newestVectors(reader, tenant, question),
  }))
  const due = found.known.length < enoughKnown ? actions.filter(action => !mayWait(action)) : actions
  if (due.length === 0) return new Map()
  const scores = (await scoresBy(version, found.decided)).filter(Number.isFinite)
  const p = found.known.length < fewestRows ? null : chancesOf(found.known, scores)
  return new Map(due.map(action => [action.name, p === null ? leastShare : shareOf(action, scores, p)]))
}

function chancesOf(known: readonly CalibrationRow[], asked: Float64Array): Float64Array | null {
  const p = Float64Array.from(known, ({ probability }) => probability)
  const y = Uint8Array.from(known, ({ label }) => label)
  const chances = plannedChances({ p, y }, asked)
  return 'ok' in chances ? null : chances
}

/** @param p chance of class 1 per score, same order */
export function shareOf(action: Pick<Action, 'side' | 'alpha'>, scores: Float64Array, p: Float64Array): number {
  const plan = plannedShare(scores, p, sideOf(action), action.alpha)
  return plan.ok ? plan.share : leastShare
}
