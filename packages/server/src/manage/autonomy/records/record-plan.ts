import { type Action, placeOf, type Question } from '@surety/contract'
import { plannedShare, predictVennAbers } from '@surety/stats'
import type { ServingModel } from '../../../pipeline/item.ts'
import { type CalibratorBody, lastCalibrator, readCalibrator } from '../../../store/calibrators.ts'
import type { Database, Reader } from '../../../store/db.ts'
import type { ModelPlace } from '../../../store/model-scope.ts'
import { newestVectors, scoresBy } from '../freeze-cuts.ts'
import { sideOf } from './side-of.ts'

/** Where there is no calibrator to plan by: as if nothing could be done within the budget. */
const leastShare = 0.02

/**
 * The share of the newest decisions that each action could take within its budget, as a version and its calibrator see it by
 * now: where the walk of a record begins that begins now. Rows that are decided from now on have no part in it.
 * @returns by action, in (0, 1]
 */
export async function plansOf(
  db: Database,
  tenant: string,
  question: Question,
  version: ServingModel,
  actions: readonly Action[],
): Promise<ReadonlyMap<string, number>> {
  const found = await db.read([tenant], async reader => ({
    calibrator: await newestCalibrator(reader, { tenant, ...placeOf(question), digest: version.digest }),
    decided: await newestVectors(reader, tenant, question),
  }))
  const scores = (await scoresBy(version, found.decided)).filter(Number.isFinite)
  const p = found.calibrator === null ? null : calibrated(found.calibrator, scores)
  return new Map(actions.map(action => [action.name, p === null ? leastShare : shareOf(action, scores, p)]))
}

async function newestCalibrator(db: Reader, place: ModelPlace): Promise<CalibratorBody | null> {
  const last = await lastCalibrator(db, place)
  return last === null ? null : readCalibrator(db, place, last.version)
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
