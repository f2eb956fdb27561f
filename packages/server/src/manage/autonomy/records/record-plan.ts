import { type Action, placeOf, type Question } from '@surety/contract'
import { plannedShare, predictVennAbers } from '@surety/stats'
import type { ServingModel } from '../../../pipeline/item.ts'
import { wasJudged } from '../../../store/calibration-rows.ts'
import { type CalibratorBody, lastCalibrator, readCalibrator } from '../../../store/calibrators.ts'
import type { Database, Reader } from '../../../store/db.ts'
import type { ModelPlace } from '../../../store/model-scope.ts'
import { newestVectors, scoresBy } from '../freeze-cuts.ts'
import { sideOf } from './side-of.ts'

/** Where there is no calibrator to plan by: as if nothing could be done within the budget. */
const leastShare = 0.02

/** With so many rows a calibrator that sees nothing has looked; with fewer it could not: nineteen faultless ones may be one in twenty wrong. */
const enoughToSee = 100

/**
 * The share of the newest decisions that each action could take within its budget, as a version and its calibrator see it by
 * now: where the walk of a record begins that begins now. Rows that are decided from now on have no part in it.
 * @param mayWait the record of this action need not begin before a calibrator can see: one that begins where nothing was seen certifies
 *                little for as long as it is in charge
 * @returns by action, in (0, 1]; none where it waits
 */
export async function plansOf(
  db: Database,
  tenant: string,
  question: Question,
  version: ServingModel,
  actions: readonly Action[],
  mayWait: (action: Action) => boolean,
): Promise<ReadonlyMap<string, number>> {
  const place = { tenant, ...placeOf(question), digest: version.digest }
  const found = await db.read([tenant], async reader => ({
    calibrator: await newestCalibrator(reader, place),
    judged: await wasJudged(reader, place),
    decided: await newestVectors(reader, tenant, question),
  }))
  const scores = (await scoresBy(version, found.decided)).filter(Number.isFinite)
  const { n = 0, body = null } = found.calibrator ?? {}
  const p = body === null ? null : calibrated(body, scores)
  const plans = new Map<string, number>()
  for (const action of actions) {
    const plan = p === null ? null : plannedShare(scores, p, sideOf(action), action.alpha)
    const sees = plan?.ok === true && plan.sees
    // Of one that was made elsewhere nobody knows when there will be a calibrator.
    const willSee = (found.calibrator !== null || found.judged) && n < enoughToSee
    if (!sees && willSee && mayWait(action)) continue
    plans.set(action.name, plan?.ok === true ? plan.share : leastShare)
  }
  return plans
}

async function newestCalibrator(
  db: Reader,
  place: ModelPlace,
): Promise<{ readonly n: number; readonly body: CalibratorBody } | null> {
  const last = await lastCalibrator(db, place)
  const body = last === null ? null : await readCalibrator(db, place, last.version)
  return last === null || body === null ? null : { n: last.n, body }
}

function calibrated({ scores, p0, p1 }: CalibratorBody, asked: Float64Array): Float64Array {
  const steps = { scores: Float64Array.from(scores), p0: Float64Array.from(p0), p1: Float64Array.from(p1) }
  return predictVennAbers({ ok: true, ...steps, n: 0, positives: 0, method: 'venn_abers' }, asked).p
}

/** @param p chance of class 1 per score, same order */
export function shareOf(action: Pick<Action, 'side' | 'alpha'>, scores: Float64Array, p: Float64Array): number {
  const plan = plannedShare(scores, p, sideOf(action), action.alpha)
  return plan.ok ? plan.share : leastShare
}
