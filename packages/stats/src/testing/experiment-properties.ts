import { type Cluster, compareClusterMeans, compareClusterRatios } from '../experiments/cluster-comparison.ts'
import { compareMeansAlways, summaryOfCounts } from '../experiments/compare-means.ts'
import { twoProportions } from '../experiments/two-proportions.ts'
import { rng } from '../rng.ts'
import { betaQuantile } from '../special/beta-quantile.ts'
import { binomialDraw } from './normal-draws.ts'

/** Shares of null experiments in which somebody looking daily would have declared a winner. */
export function dailyLooks(runs: number, days: number, unitsPerDay: number, rate: number) {
  const draw = rng('daily looks')
  let bySequence = 0
  let byChiSquare = 0
  for (let run = 0; run < runs; run++) {
    let [hitsA, hitsB, n] = [0, 0, 0]
    let [sequence, chiSquare] = [false, false]
    for (let day = 0; day < days; day++) {
      hitsA += binomialDraw(draw, unitsPerDay, rate)
      hitsB += binomialDraw(draw, unitsPerDay, rate)
      n += unitsPerDay
      if (!sequence) {
        const look = compareMeansAlways(summaryOfCounts(hitsA, n), summaryOfCounts(hitsB, n))
        sequence = look.ok && look.p < 0.05
      }
      if (!chiSquare) {
        const look = twoProportions(hitsA, n, hitsB, n)
        chiSquare = look.ok && look.p < 0.05
      }
    }
    if (sequence) bySequence++
    if (chiSquare) byChiSquare++
  }
  return { bySequence: bySequence / runs, byChiSquare: byChiSquare / runs }
}

/**
 * Null experiments on 20 + 20 clusters of 20 units whose rates are Beta(1.7, 6.8): intra-class correlation 1/9.5, design
 * effect 1 + 19/9.5 = 3. Shares declared different at 5 % by each analysis.
 */
export function clusteredNulls(runs: number) {
  const draw = rng('clusters of a null')
  const arm = (): Cluster[] =>
    Array.from({ length: 20 }, () => {
      const rate = betaQuantile(draw.uniform(), 1.7, 6.8)
      return { units: 20, total: binomialDraw(draw, 20, rate) }
    })
  const total = (clusters: readonly Cluster[]) => clusters.reduce((sum, cluster) => sum + cluster.total, 0)
  let [byMeans, byDelta, byUnits] = [0, 0, 0]
  for (let run = 0; run < runs; run++) {
    const [a, b] = [arm(), arm()]
    const means = compareClusterMeans(a, b)
    if (means.ok && means.p < 0.05) byMeans++
    const delta = compareClusterRatios(a, b)
    if (delta.ok && delta.p < 0.05) byDelta++
    const units = twoProportions(total(a), 400, total(b), 400)
    if (units.ok && units.p < 0.05) byUnits++
  }
  return { byMeans: byMeans / runs, byDelta: byDelta / runs, byUnits: byUnits / runs }
}
