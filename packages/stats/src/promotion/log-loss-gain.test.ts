import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logLoss } from '../metrics/log-loss.ts'
import { rng } from '../rng.ts'
import { codeOf, notFinite } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { logLossGain } from './log-loss-gain.ts'

const clip = (p: number): number => Math.min(0.98, Math.max(0.02, p))

/** Cases of a known chance, and two models that say it with noise of their own. */
function world(seed: string, n: number, noise: { readonly challenger: number; readonly champion: number }) {
  const draw = rng(seed)
  const truth = Float64Array.from({ length: n }, () => 0.02 + 0.96 * draw.uniform())
  const y = Uint8Array.from(truth, p => (draw.uniform() < p ? 1 : 0))
  const noisy = (by: number) => truth.map(p => clip(p + by * (draw.uniform() - 0.5)))
  return { y, challenger: noisy(noise.challenger), champion: noisy(noise.champion) }
}

test('the gain is the difference of the two log losses, and turns around with the models', () => {
  const { y, challenger, champion } = world('gain', 500, { challenger: 0.1, champion: 0.4 })
  const found = answered(logLossGain(challenger, champion, y))
  assertClose(found.gain, answered(logLoss(champion, y)).value - answered(logLoss(challenger, y)).value, 1e-12)
  assertClose(found.challenger, answered(logLoss(challenger, y)).value, 1e-12)
  const turned = answered(logLossGain(champion, challenger, y))
  for (const [one, other] of [
    [found.gain, -turned.gain],
    [found.lower, -turned.upper],
    [found.upper, -turned.lower],
  ] as const)
    assertClose(one, other, 1e-12)
  assert.ok(found.lower > 0, 'half the noise of the other is shown on 500 cases')
  const same = answered(logLossGain(champion, champion, y))
  assert.deepEqual([same.gain, same.lower, same.upper], [0, 0, 0])
})

test('bounds of five cases by hand, six times over', () => {
  const p = Float64Array.of(0.9, 0.8, 0.3, 0.6, 0.1)
  const q = Float64Array.of(0.7, 0.9, 0.4, 0.5, 0.2)
  const labels = [1, 1, 0, 1, 0]
  const six = <T>(values: ArrayLike<T>): T[] => Array.from({ length: 30 }, (_, i) => values[i % 5]!)
  const found = answered(
    logLossGain(Float64Array.from(six(p)), Float64Array.from(six(q)), Uint8Array.from(six(labels))),
  )
  // d = ln .9/.7, ln .8/.9, ln .7/.6, ln .6/.5, ln .9/.8; t(.95, 29) = 1.699127.
  assertClose(found.gain, 0.117557333, 1e-8)
  assertClose(found.gain - found.lower, 0.039612417, 1e-7)
})

test('no better model is shown to be better in one of twenty worlds at most', () => {
  const worlds = 2000
  let shown = 0
  for (let k = 0; k < worlds; k++) {
    const { y, challenger, champion } = world(`none ${k}`, 200, { challenger: 0.3, champion: 0.3 })
    if (answered(logLossGain(challenger, champion, y)).lower > 0) shown++
  }
  // .05 and 3.7 standard errors of 2,000 worlds.
  assert.ok(shown / worlds < 0.05 + 3.7 * Math.sqrt((0.05 * 0.95) / worlds), `${shown} of ${worlds}`)
  assert.ok(shown / worlds > 0.02, `${shown} of ${worlds}: a bound this wide shows nothing`)
})

test('nothing, what is no probability, few cases and unequal lengths are refused', () => {
  const some = (n: number, value = 0.4) => new Float64Array(n).fill(value)
  const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 2)
  assert.equal(codeOf(logLossGain(some(0), some(0), new Uint8Array())), 'empty')
  assert.equal(codeOf(logLossGain(some(29), some(29), labels.subarray(0, 29))), 'too_few')
  assert.equal(codeOf(logLossGain(some(40, 1.2), some(40), labels)), 'out_of_range')
  assert.equal(codeOf(logLossGain(some(40), some(40), labels, 1)), 'out_of_range')
  for (const bad of notFinite) assert.equal(codeOf(logLossGain(bad, some(3), Uint8Array.of(0, 1, 1))), 'not_finite')
  assert.throws(() => logLossGain(some(40), some(40), labels.subarray(1)), RangeError)
})
