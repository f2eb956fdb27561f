import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mapieMetrics } from '../testing/mapie.ts'
import { brownianMaximumSf, brownianRangeSf } from './brownian.ts'

test('both laws equal MAPIE to 1e-6 at 1, 2 and 3', () => {
  for (const x of [1, 2, 3]) {
    assert.ok(Math.abs(1 - brownianMaximumSf(x) - mapieMetrics.cdf.kolmogorov_smirnov[x]!) < 1e-6)
    assert.ok(Math.abs(1 - brownianRangeSf(x) - mapieMetrics.cdf.kuiper[x]!) < 1e-6)
  }
})

test('both fall from 1 to 0 without a step where the series change', () => {
  for (const law of [brownianMaximumSf, brownianRangeSf]) {
    assert.equal(law(0), 1)
    assert.equal(law(-1), 1)
    assert.ok(law(1e4) === 0)
    let before = 1
    for (let x = 0.01; x < 8; x += 0.01) {
      const now = law(x)
      assert.ok(now <= before + 1e-13 && before - now < 0.02, `${law.name}(${x})`)
      before = now
    }
  }
})
