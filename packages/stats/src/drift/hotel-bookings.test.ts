import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { rocAuc } from '../metrics/roc-auc.ts'
import { driftFile, readColumns, rowsBy, take } from '../testing/drift-data.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { categoryCounts } from './category-counts.ts'
import { chiSquareTest } from './chi-square-test.ts'
import { jensenShannon } from './jensen-shannon.ts'
import { ksTwoSample } from './ks.ts'
import { countBins, psiOfCounts } from './psi.ts'
import { quantileEdges } from './quantile-edges.ts'
import { wasserstein } from './wasserstein.ts'

interface Stored {
  readonly month: string
  readonly feature: string
  readonly kind: 'numeric' | 'categorical'
  readonly ks: number
  readonly wasserstein: number
  readonly psi_decile_bins: number
  readonly bin_edges_inner: readonly number[]
  readonly js_distance_base2: number
  readonly chi2: number
  readonly chi2_p: number
  readonly dof: number
}

const [reference, monitoring, stats] = [
  driftFile('hotel-booking-reference.csv.gz'),
  driftFile('hotel-booking-monitoring.csv.gz'),
  driftFile('hotel-booking-drift-stats.json.gz'),
]
const { skip } = reference

test('hotel bookings: all 66 numeric and 88 categorical tests equal SciPy to 1e-12', { skip }, () => {
  const before = readColumns(reference.path)
  const after = readColumns(monitoring.path)
  const months = rowsBy(after.text('timestamp').map(day => day.slice(0, 7)))
  const stored: { stats: readonly Stored[]; meta: { monthly_auc: Record<string, number> } } = JSON.parse(
    gunzipSync(readFileSync(stats.path)).toString(),
  )
  const counted = { numeric: 0, categorical: 0 }
  for (const one of stored.stats) {
    const rows = months.get(one.month)!
    const what = `${one.month} ${one.feature}`
    counted[one.kind]++
    if (one.kind === 'numeric') {
      const [a, b] = [before.numbers(one.feature), take(after.numbers(one.feature), rows)]
      assertClose(answered(ksTwoSample(a, b, { method: 'asymptotic' })).d, one.ks, 1e-12, `${what} KS`)
      assertClose(answered(wasserstein(a, b)).distance, one.wasserstein, 1e-12, `${what} W1`)
      // The stored edges leave out those at the smallest and the largest value.
      const [least, most] = [a.reduce((x, y) => Math.min(x, y)), a.reduce((x, y) => Math.max(x, y))]
      const edges = answered(quantileEdges(a, 10)).edges.filter(edge => edge > least && edge < most)
      assert.equal(edges.length, one.bin_edges_inner.length, what)
      edges.forEach((edge, k) => {
        assertClose(edge, one.bin_edges_inner[k]!, 1e-12, `${what} edge`)
      })
      const cut = Float64Array.from(one.bin_edges_inner)
      const psi = psiOfCounts({ reference: countBins(a, cut), current: countBins(b, cut) }, { leastShare: 1e-4 })
      if (one.psi_decile_bins === 0) assert.ok(!psi.ok && psi.code === 'constant', what)
      else assertClose(answered(psi).value, one.psi_decile_bins, 1e-12, `${what} PSI`)
      continue
    }
    const levels = before.text(one.feature)
    const now = after.text(one.feature)
    const counts = categoryCounts(
      levels,
      rows.map(row => now[row]!),
    )
    // Absolute: the stored distances of nearly equal shares have lost digits to cancellation themselves.
    const { distance } = answered(jensenShannon(counts))
    assert.ok(Math.abs(distance - one.js_distance_base2) <= 1e-12, `${what} JS ${distance} ${one.js_distance_base2}`)
    const chi = answered(chiSquareTest([counts.reference, counts.current], { yates: true }))
    assertClose(chi.statistic, one.chi2, 1e-12, `${what} chi2`)
    assert.equal(chi.df, one.dof)
    if (one.chi2_p > 1e-300) assertClose(chi.p, one.chi2_p, 1e-9, `${what} p`)
  }
  assert.deepEqual(counted, { numeric: 66, categorical: 88 })
  for (const [month, auc] of Object.entries(stored.meta.monthly_auc)) {
    const rows = months.get(month)!
    const [scores, y] = [take(after.numbers('y_pred_proba'), rows), take(after.labels('is_canceled'), rows)]
    assertClose(answered(rocAuc(scores, y)).value, auc, 1e-12, month)
  }
})
