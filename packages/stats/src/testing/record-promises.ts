import assert from 'node:assert/strict'
import { test } from 'node:test'
import { armRestartingTripwire, feedRestartingTripwire, type RestartingTripwire } from '../risk/restarting-tripwire.ts'
import { type Rng, rng } from '../rng.ts'
import { answered } from './oracles.ts'
import { atMost, type PromiseSize, sized } from './promise-size.ts'

/** What the record certificate and its tripwire promise, at three sizes. */
export function recordPromises(size: PromiseSize): void {
  for (const { alpha, medians, nineties } of wires)
    test(`a doubled error is caught after ${medians.join(', ')} audits that follow 0, 300, 1,000 and 3,000 good ones (${alpha})`, t => {
      const runs = sized(size, 80, 300, 1500)
      const found = goodTimes.map(good => auditsUntilCaught(alpha, good, runs))
      for (const [i, { median, ninety }] of found.entries()) {
        t.diagnostic(`after ${goodTimes[i]}: half by ${median}, nine in ten by ${ninety}`)
        // 3.7 standard errors of a quantile: those of a time whose spread is about its median.
        const allowed = 3.7 * 1.25 * Math.sqrt(1 / runs)
        for (const [value, published] of [
          [median, medians[i]!],
          [ninety, nineties[i]!],
        ] as const)
          assert.ok(Math.abs(value / published - 1) <= allowed, `${value} for ${published} ± ${100 * allowed} %`)
      }
      // The plain tripwire needs 703 there: a good time must not make this one blind.
      if (alpha === 0.1) assert.ok(found[2]!.median <= 220)
    })

  test('at the budget a round trips with a chance of at most delta', t => {
    const runs = sized(size, 80, 400, 2000)
    for (const alpha of [0.05, 0.1]) {
      const tripped = roundsTripped(alpha, runs)
      t.diagnostic(`budget ${alpha}: ${(100 * tripped).toFixed(1)} % of ${runs} rounds of 5,000`)
      assert.ok(tripped <= atMost(0.05, runs), `${tripped}`)
    }
  })
}

const round = 5000
const goodTimes: readonly number[] = [0, 300, 1000, 3000]
const wires = [
  { alpha: 0.05, medians: [167, 338, 347, 342], nineties: [409, 606, 648, 645] },
  { alpha: 0.1, medians: [79, 178, 175, 179], nineties: [195, 319, 314, 316] },
] as const

const feed = (wire: RestartingTripwire, rate: number, source: Rng) =>
  feedRestartingTripwire(wire, source.uniform() < rate ? 1 : 0)

function auditsUntilCaught(alpha: number, good: number, runs: number): { median: number; ninety: number } {
  const source = rng(`restarts ${alpha} ${good}`)
  const armed = answered(armRestartingTripwire({ epsilon: alpha, delta: 0.05 }, round))
  const times: number[] = []
  while (times.length < runs) {
    let wire = armed
    for (let i = 0; i < good; i++) wire = feed(wire, 0.7 * alpha, source)
    if (wire.tripped) continue
    while (!wire.tripped) wire = feed(wire, 2 * alpha, source)
    times.push(wire.audited - good)
  }
  times.sort((a, b) => a - b)
  return { median: times[runs >> 1]!, ninety: times[Math.floor(0.9 * runs)]! }
}

function roundsTripped(alpha: number, runs: number): number {
  const source = rng(`rounds ${alpha}`)
  const armed = answered(armRestartingTripwire({ epsilon: alpha, delta: 0.05 }, round))
  let tripped = 0
  for (let run = 0; run < runs; run++) {
    let wire = armed
    while (!wire.tripped && wire.fed < round) wire = feed(wire, alpha, source)
    if (wire.tripped) tripped++
  }
  return tripped / runs
}
