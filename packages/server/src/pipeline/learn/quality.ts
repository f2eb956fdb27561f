import type { AucInterval } from '@surety/stats'
import { lowestBound } from '../../model/gate.ts'
import { type Check, check, shown } from './verdict.ts'

export function aucChecks(auc: AucInterval, minAuc: number): readonly Check[] {
  const { value, lower, n } = auc
  const bound = lowestBound(minAuc)
  return [
    check('auc_floor', value >= minAuc, `AUC ${shown(value)} on ${n} later cases; ${minAuc} is needed.`, {
      value,
      limit: minAuc,
      n,
    }),
    check('auc_lower_bound', lower >= bound, `AUC is at least ${shown(lower)} (95 %); ${bound} is needed.`, {
      value: lower,
      limit: bound,
      n,
    }),
  ]
}

/** Against answering every case with the base rate of the training part, which was known at the time. */
export function brierCheck(own: number, baseline: number, n: number): Check {
  const sentence = `Brier score ${own.toFixed(4)} against ${baseline.toFixed(4)} of the base rate alone.`
  return check('brier', own <= baseline, sentence, { value: own, limit: baseline, n })
}

const freshDays = 60
const dayMs = 86_400_000

export function freshnessCheck(newestMs: number | null, nowMs: number): Check {
  if (newestMs === null)
    return check('freshness', null, 'The rows have no times, so their age is unknown.', { limit: freshDays })
  const days = (nowMs - newestMs) / dayMs
  const sentence = `The newest case is ${days.toFixed(1)} days old; under ${freshDays} is needed.`
  return check('freshness', days < freshDays, sentence, { value: days, limit: freshDays })
}

/** Reported beside the locks; the contract sets no limit. */
export function calibrationCheck(error: number | null, n: number): Check {
  if (error === null) return check('calibration', null, 'The calibration error could not be measured.', { n })
  return check('calibration', true, `Calibration error ${shown(error)} on ${n} later cases.`, { value: error, n })
}
