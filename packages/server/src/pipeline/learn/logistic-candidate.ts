import { designMeans, fitLogistic, fitPlatt, scoreDesign, sliceDesign } from '@surety/stats'
import { storeCoefficients, storedColumns } from '../../model/columns.ts'
import type { Fitted, Tick } from './candidate.ts'
import { halted, joinLabels, joinScores, logisticLoss, type Prepared, stepper } from './prepare.ts'
import { expandingFolds } from './split.ts'

/** Strengths of the L2 penalty that are tried, from strong to weak (scikit-learn's C). */
const strengths = [0.001, 0.01, 0.1, 1] as const
/** Folds only compare strengths and give scores to calibrate on: four digits are enough, and half the passes. */
const foldTolerance = 1e-4

const steps = 3 * strengths.length + 3

/** Strength, coefficients and calibration. */
export function fitLogisticCandidate(prepared: Prepared, tick: Tick): Fitted {
  const { design, labels, trainRows, features, encoders, featureStats } = prepared
  const walk = stepper(steps, tick)
  if (!walk.step()) return halted
  const fit = (until: number, c: number, tolerance: number) =>
    fitLogistic(sliceDesign(design, 0, until), labels.subarray(0, until), { c, tolerance, tick: walk.proceed })

  const losses = strengths.map(() => 0)
  const scores: Float64Array[][] = strengths.map(() => [])
  const foldLabels: Uint8Array[] = []
  for (const { train, until } of expandingFolds(trainRows)) {
    const judged = labels.subarray(train, until)
    const fits = strengths.map(c => {
      const found = fit(train, c, foldTolerance)
      walk.step()
      return found
    })
    if (walk.stopped) return halted
    // A fold without both classes in its training part says nothing and is left out for every strength alike.
    if (!fits.every(found => found.ok)) continue
    foldLabels.push(judged)
    for (const [k, found] of fits.entries()) {
      const z = scoreDesign(sliceDesign(design, train, until), found.coefficients, found.intercept)
      scores[k]!.push(z)
      losses[k]! += logisticLoss(z, judged)
    }
  }
  const best = foldLabels.length === 0 ? strengths.indexOf(1) : bestOf(losses)
  const strength = strengths[best]!
  const final = fit(trainRows, strength, 1e-7)
  if (walk.stopped) return halted
  if (!final.ok) return { ok: false, stopped: false, sentence: `The fit did not succeed: ${final.detail}.` }
  walk.step()
  const calibration = fitPlatt(joinScores(scores[best]!), joinLabels(foldLabels))
  if (!calibration.ok)
    return { ok: false, stopped: false, sentence: `The probabilities could not be calibrated: ${calibration.detail}.` }
  const { a, b } = calibration
  const { coefficients, intercept } = final
  const means = designMeans(sliceDesign(design, 0, trainRows))
  return {
    ok: true,
    candidate: {
      features,
      encoders,
      featureStats,
      fit: {
        kind: 'logistic',
        columns: features.flatMap(name => storedColumns(name, encoders[name]!)),
        coefficients: storeCoefficients(prepared, coefficients),
        // What explanations are measured from: the mean training row.
        ...(means instanceof Float64Array ? { column_means: storeCoefficients(prepared, means) } : {}),
        intercept,
      },
      calibration: { a, b },
      outOfFoldRows: calibration.n,
      heldOut: scoreDesign(sliceDesign(design, trainRows, design.rows), coefficients, intercept),
      chosen: { strength },
      words: `strength ${strength}`,
    },
  }
}

/** Index of the least loss; on a tie the stronger penalty. */
const bestOf = (losses: readonly number[]): number => losses.indexOf(Math.min(...losses))
