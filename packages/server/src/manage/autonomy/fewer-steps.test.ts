import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitVennAbers, rng } from '@surety/stats'
import { boundsOf } from '../../pipeline/interval/interval.ts'
import type { Calibration } from '../../pipeline/item.ts'
import { stepsOf } from './build-calibrator.ts'
import { toCalibration } from './calibrator-body.ts'
import { fewerSteps, mostSteps, type Steps } from './fewer-steps.ts'

const others = { version: 1, size: 1, score: null, radii: [], limits: [null, null], refreshedAt: 0 } as const
const calibrationOf = (steps: Steps): Calibration => ({ ...others, ...steps })

/** Rows of different shapes: scores all over, crowded at one end, on a grid, and of one class for long. */
function stepsOfWorld(k: number): Steps {
  const random = rng(`fewer steps ${k}`)
  const n = 50 + random.int(3_000)
  const power = 1 + random.int(9)
  const grid = k % 3 === 0 ? 20 + random.int(500) : 1e9
  const p = Float64Array.from({ length: n }, () => Math.round(random.uniform() ** power * grid) / grid)
  const y = Uint8Array.from(p, value => (random.uniform() < (k % 4 === 0 && value < 0.5 ? 0 : value) ? 1 : 0))
  const fit = fitVennAbers(p, y)
  assert.ok(fit.ok)
  const { scores, p0, p1 } = stepsOf(fit)
  return { scores: Float64Array.from(scores), p0: Float64Array.from(p0), p1: Float64Array.from(p1) }
}

test('bounds only widen, by no more than the steps that are left allow, and no more steps are left than may be', () => {
  let merged = 0
  for (let k = 0; k < 300; k++) {
    const steps = stepsOfWorld(k)
    const most = 4 + (k % 60)
    const fewer = fewerSteps(steps, most)
    assert.ok(fewer.scores.length <= most || fewer === steps, `world ${k}: ${fewer.scores.length} of ${most}`)
    if (fewer === steps) continue
    merged++
    const n = steps.scores.length
    const widest = (steps.p0[n - 1]! - steps.p0[0]! + steps.p1[n - 1]! - steps.p1[0]!) / (Math.floor(most / 2) - 1)
    const random = rng(`asked ${k}`)
    const asked = [0, 1, ...steps.scores, ...Array.from({ length: 500 }, () => random.uniform())]
    for (const score of asked) {
      const [exact, wide] = [boundsOf(calibrationOf(steps), score), boundsOf(calibrationOf(fewer), score)]
      assert.ok(wide.lower! <= exact.lower!, `world ${k}, ${score}: lower ${wide.lower} of ${exact.lower}`)
      assert.ok(wide.upper! >= exact.upper!, `world ${k}, ${score}: upper ${wide.upper} of ${exact.upper}`)
      assert.ok(exact.lower! - wide.lower! <= widest + 1e-12 && wide.upper! - exact.upper! <= widest + 1e-12)
    }
  }
  assert.ok(merged > 200, `${merged} worlds had steps to merge`)
})

test('a calibrator in memory has at most 2,000 steps, however many are stored', () => {
  const n = 10_000
  const scores = Array.from({ length: n }, (_, i) => (i + 1) / (n + 1))
  const body = { score: null, scores, p0: scores.map(s => s * 0.9), p1: scores.map(s => 0.1 + s * 0.9) }
  const built = toCalibration({
    version: 1,
    n,
    builtAt: new Date(0),
    body: { ...body, radii: [], limits: [null, null], sources: {} },
  })
  assert.equal(mostSteps, 2_000)
  assert.ok(built.scores.length <= mostSteps && built.scores.length > mostSteps / 2, `${built.scores.length} steps`)
})
