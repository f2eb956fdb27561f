import { checkLevel } from '../level.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { studentTPpf, studentTSf } from '../special/student-t.ts'
import { type Welch, welch } from './welch.ts'

/** One assigned cluster (tenant, site): total of the outcome and number of units in it. */
export interface Cluster {
  readonly total: number
  readonly units: number
}

/** Clusters per arm below which no cluster comparison is made. */
export const leastClusters = 10

/**
 * Comparison of arms assigned by cluster: Welch on the mean of each cluster, every cluster counting once. Analysing the
 * units as if they were independent finds winners in 23 % of experiments without one (20 tenants, rates .10 ± .04).
 * @param a,b clusters of each arm; clusters without units are left out
 * @returns   `difference` = arm A minus arm B; or `too_few` (under 10 clusters in an arm), `constant`, `not_finite`,
 *            `out_of_range` (negative or fractional units)
 */
export function compareClusterMeans(a: readonly Cluster[], b: readonly Cluster[], level = 0.95): Welch | Refusal {
  const problem = checkClusters(a) ?? checkClusters(b)
  if (problem) return problem
  const means = (clusters: readonly Cluster[]) => used(clusters).map(({ total, units }) => total / units)
  return welch(means(a), means(b), level)
}

/** A ratio of totals per arm with its cluster-robust standard error. */
export interface ClusterRatio {
  readonly ok: true
  readonly ratio: number
  readonly se: number
  readonly clusters: number
  readonly n: number
}

/**
 * Rate over all units, Σtotal/Σunits, when clusters were assigned: delta method,
 * var(R) = (s_y² - 2R·s_xy + R²·s_x²)/(k·mean(x)²) over k clusters.
 * @returns or `too_few`, `not_finite`, `out_of_range`
 * @see Deng, Knoblich & Lu 2018, KDD (1803.06336)
 */
export function clusterRatio(clusters: readonly Cluster[]): ClusterRatio | Refusal {
  const problem = checkClusters(clusters)
  if (problem) return problem
  const kept = used(clusters)
  const k = kept.length
  const units = kept.reduce((sum, cluster) => sum + cluster.units, 0)
  const ratio = kept.reduce((sum, cluster) => sum + cluster.total, 0) / units
  // The three moments of the formula are those of y - R·x in one sum.
  const squares = kept.reduce((sum, cluster) => sum + (cluster.total - ratio * cluster.units) ** 2, 0)
  return { ok: true, ratio, se: Math.sqrt((squares / (k - 1)) * k) / units, clusters: k, n: units }
}

/** Two ratios compared; `difference` = arm A minus arm B. */
export interface ClusterComparison {
  readonly ok: true
  readonly difference: number
  readonly lower: number
  readonly upper: number
  readonly se: number
  readonly t: number
  readonly df: number
  readonly p: number
  readonly n: number
  readonly level: number
  readonly method: 'cluster_delta'
}

/**
 * Comparison of arms assigned by cluster, every unit counting once (large clusters count more): delta method with
 * Satterthwaite's degrees of freedom.
 * @returns or `too_few`, `constant`, `not_finite`, `out_of_range`
 */
export function compareClusterRatios(
  a: readonly Cluster[],
  b: readonly Cluster[],
  level = 0.95,
): ClusterComparison | Refusal {
  const problem = checkLevel(level)
  if (problem) return problem
  const one = clusterRatio(a)
  if (!one.ok) return one
  const other = clusterRatio(b)
  if (!other.ok) return other
  const [partA, partB] = [one.se ** 2, other.se ** 2]
  const variance = partA + partB
  if (!(variance > 0)) return refuse('constant', 1, 2, 'no variance between the clusters of either arm')
  const df = 1 / ((partA / variance) ** 2 / (one.clusters - 1) + (partB / variance) ** 2 / (other.clusters - 1))
  const se = Math.sqrt(variance)
  const difference = one.ratio - other.ratio
  const t = difference / se
  const reach = studentTPpf((1 + level) / 2, df) * se
  const interval = { difference, lower: difference - reach, upper: difference + reach, se, t, df }
  const p = 2 * studentTSf(Math.abs(t), df)
  return { ok: true, ...interval, p, n: one.n + other.n, level, method: 'cluster_delta' }
}

function used(clusters: readonly Cluster[]): readonly Cluster[] {
  return clusters.filter(({ units }) => units > 0)
}

function checkClusters(clusters: readonly Cluster[]): Refusal | null {
  for (const { total, units } of clusters) {
    if (!Number.isFinite(total)) return refuse('not_finite', 0, 1, 'the total of a cluster is not a finite number')
    if (!(Number.isSafeInteger(units) && units >= 0)) return refuse('out_of_range', 0, 1, 'units are whole numbers')
  }
  const k = used(clusters).length
  if (k >= leastClusters) return null
  return refuse('too_few', k, leastClusters, `${k} clusters with units in an arm, ${leastClusters} are needed`)
}
