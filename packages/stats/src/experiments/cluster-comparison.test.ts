import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { type Cluster, clusterRatio, compareClusterMeans, compareClusterRatios } from './cluster-comparison.ts'
import { welch } from './welch.ts'

const draw = rng('clusters')
const arm = (): Cluster[] =>
  Array.from({ length: 14 }, () => {
    const units = 20 + draw.int(80)
    return { units, total: Math.round(units * (0.05 + 0.1 * draw.uniform())) }
  })

test('the delta method is the formula var(R) = (s_y² - 2R·s_xy + R²·s_x²)/(k·mean(x)²)', () => {
  const clusters = arm()
  const k = clusters.length
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length
  const x = clusters.map(({ units }) => units)
  const y = clusters.map(({ total }) => total)
  const moment = (a: number[], b: number[]) =>
    a.reduce((sum, value, i) => sum + (value - mean(a)) * (b[i]! - mean(b)), 0) / (k - 1)
  const ratio = mean(y) / mean(x)
  const variance = (moment(y, y) - 2 * ratio * moment(x, y) + ratio ** 2 * moment(x, x)) / (k * mean(x) ** 2)
  const ours = answered(clusterRatio(clusters))
  assertClose(ours.ratio, ratio, 1e-12)
  assertClose(ours.se ** 2, variance, 1e-10)
})

test('clusters of one size: means and delta method agree', () => {
  const even = (): Cluster[] => Array.from({ length: 12 }, () => ({ units: 50, total: draw.int(20) }))
  const [a, b] = [even(), even()]
  const byMeans = answered(compareClusterMeans(a, b))
  const byDelta = answered(compareClusterRatios(a, b))
  assertClose(byDelta.difference, byMeans.difference, 1e-12)
  assertClose(byDelta.se, byMeans.se, 1e-10)
  assertClose(byDelta.p, byMeans.p, 1e-9)
})

test('cluster means are Welch on one value per cluster, empty clusters left out', () => {
  const [a, b] = [arm(), arm()]
  const rates = (clusters: Cluster[]) => clusters.map(({ total, units }) => total / units)
  const ours = answered(compareClusterMeans([...a, { units: 0, total: 0 }], b))
  assert.deepEqual(ours, welch(rates(a), rates(b)))
})

test('nine clusters, equal clusters and bad clusters are refused', () => {
  const nine = compareClusterMeans(arm().slice(0, 9), arm())
  assert.ok(!nine.ok && nine.code === 'too_few' && nine.have === 9 && nine.need === 10)
  assert.equal(codeOf(compareClusterRatios([], arm())), 'too_few')
  const same: Cluster[] = Array.from({ length: 10 }, () => ({ units: 10, total: 3 }))
  assert.equal(codeOf(compareClusterMeans(same, same)), 'constant')
  assert.equal(codeOf(compareClusterRatios(same, same)), 'constant')
  assert.equal(codeOf(clusterRatio([{ units: 2.5, total: 1 }])), 'out_of_range')
  assert.equal(codeOf(clusterRatio([{ units: 2, total: NaN }])), 'not_finite')
})
