import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AdaptiveClasses,
  adaptiveBound,
  adaptiveLevel,
  levelInForce,
  observeAdaptive,
  stepLevel,
} from '../conformal/adaptive.ts'
import { coverageLaw } from '../conformal/conformal-rank.ts'
import { fewestRows } from '../risk/budget.ts'
import { certifyThreshold } from '../risk/certify-threshold.ts'
import { rng } from '../rng.ts'
import { codeOf } from './awkward.ts'
import {
  missBudgetsBroken,
  selectiveWorlds,
  thresholdsBroken,
  tripwireRuns,
  truthOf,
  worlds,
} from './certificate-properties.ts'
import { betaBinomialP, chosenMemberBins, pooledCoverages, rareClassCoverages } from './coverage-properties.ts'
import { answered } from './oracles.ts'
import { atLeast, atMost, type PromiseSize, sized } from './promise-size.ts'

/** Declares 6.1 to 6.4, the tripwire of 6.6, 6.10 and selective labels as tests of the given size. */
export function certaintyPromises(size: PromiseSize): void {
  const mean = (values: readonly number[] | Float64Array) => [...values].reduce((sum, v) => sum + v, 0) / values.length

  for (const alpha of [0.1, 0.05, 0.01]) {
    test(`6.1, 6.2: split conformal at ${1 - alpha} covers (n + 1 - l)/(n + 1) on average, and its spread is beta-binomial`, t => {
      const runs = sized(size, 60, 200, 1000)
      const coverages = pooledCoverages(runs, 500, 1000, alpha)
      const law = answered(coverageLaw(500, alpha))
      const p = betaBinomialP(coverages, 500, 1000, alpha)
      t.diagnostic(
        `mean coverage ${mean(coverages).toFixed(4)} for ${law.mean.toFixed(4)}, beta-binomial p ${p.toFixed(3)}`,
      )
      // 3.7·√((variance of the beta law + α(1-α)/1000)/runs): .0043 at α = .1 and 200 runs.
      const tolerance = 3.7 * Math.sqrt((law.standardDeviation ** 2 + (alpha * (1 - alpha)) / 1000) / runs)
      assert.ok(Math.abs(mean(coverages) - law.mean) <= tolerance, `${mean(coverages)} for ${law.mean} ± ${tolerance}`)
      assert.ok(p > 1e-3, `${p}`)
    })
  }

  test('6.2: the rare class, 7 % of the rows, is covered as promised', t => {
    const runs = sized(size, 60, 200, 1000)
    const results = rareClassCoverages(runs, 500, 1000, 0.1)
    const coverage = mean(results.map(r => r.coverage))
    const promised = mean(results.map(r => r.promised))
    // Variances of independent runs add up: 3.7·√(Σ (beta + binomial))/runs.
    const tolerance = (3.7 * Math.sqrt(results.reduce((sum, r) => sum + r.variance, 0))) / runs
    t.diagnostic(
      `coverage ${coverage.toFixed(4)} for ${promised.toFixed(4)}, share ${mean(results.map(r => r.share)).toFixed(3)}`,
    )
    assert.ok(Math.abs(coverage - promised) <= tolerance, `${coverage} for ${promised} ± ${tolerance}`)
    assert.ok(coverage >= 0.9 - tolerance)
    const share = mean(results.map(r => r.share))
    assert.ok(share > 0.05 && share < 0.1)
  })

  test('6.3: the member of the Venn-Abers pair that the label chooses is calibrated in every bin', t => {
    const bins = chosenMemberBins(sized(size, 2000, 6000, 60_000), 100)
    for (const { n, meanLabel, meanProbability, standardError } of bins) {
      const off = (meanLabel - meanProbability) / standardError
      t.diagnostic(`${n} points at ${meanProbability.toFixed(3)}: ${meanLabel.toFixed(3)}, ${off.toFixed(2)} SE`)
      assert.ok(Math.abs(off) <= 4, `bin at ${meanProbability}: ${off} SE`)
    }
    assert.ok(bins.length >= 8)
  })

  for (const world of worlds) {
    test(`6.4: certified thresholds keep their promise in the world ${world.name}, the naive rule does not`, t => {
      const truth = truthOf(world, sized(size, 100_000, 300_000, 1_000_000))
      const runs = sized(size, 80, 150, 400)
      // Broken at most δ + 3.7·√(δ(1-δ)/runs); the naive rule must be above it in every setting.
      const limit = atMost(0.05, runs)
      for (const rows of size === 'subset' ? [1000] : [1000, 4000]) {
        for (const side of ['yes', 'no'] as const) {
          for (const { setting, certified, broken, naive } of thresholdsBroken(world, truth, rows, runs, side)) {
            // Clearing rare positives can be within budget anyway; acting on them never is.
            const judged = side === 'yes' && setting.endsWith('x 1')
            const rule = judged ? `, naive rule ${naive}` : ''
            t.diagnostic(`${setting}: certified ${certified}, broken ${broken}${rule} of ${runs}`)
            assert.ok(broken / runs <= limit, `${setting}: broken ${broken} of ${runs}`)
            if (judged) assert.ok(naive / runs > limit, `${setting}: naive broke only ${naive} of ${runs}`)
          }
        }
        for (const beta of [0.1, 0.2]) {
          const share = missBudgetsBroken(world, truth, rows, runs, beta)
          t.diagnostic(`miss budget ${beta}, ${rows} rows: broken ${(100 * share).toFixed(1)} %`)
          assert.ok(share <= limit, `miss budget ${beta}: ${share}`)
        }
      }
    })
  }

  test('6.4: never a threshold from fewer rows than could certify without a single wrong one', () => {
    for (const epsilon of [0.01, 0.05, 0.1, 0.2]) {
      const budget = { epsilon, delta: 0.05 }
      const least = fewestRows(budget)
      const scores = Float64Array.from({ length: least }, (_, i) => i / least)
      const right = new Uint8Array(least).fill(1)
      assert.ok(certifyThreshold(scores, right, { ...budget, side: 'yes' }).ok)
      const fewer = certifyThreshold(scores.subarray(1), right.subarray(1), { ...budget, side: 'yes' })
      assert.equal(codeOf(fewer), 'not_certifiable')
    }
  })

  for (const smallest of [1, 0.2]) {
    const audit = smallest === 1 ? 'every act audited' : 'audits of chance .2 to 1'
    test(`6.6: a tripwire at the budget reaches 20 in at most 5 % and 100 in at most 1 % of the streams, ${audit}`, t => {
      const runs = sized(size, smallest === 1 ? 800 : 300, 3000, 20_000)
      const highest = tripwireRuns(runs, 2000, 0.05, 0.05, smallest).map(run => run.highest)
      const share = (limit: number) => highest.filter(value => value >= limit - 1e-9).length / runs
      t.diagnostic(
        `reached 20 in ${(100 * share(20)).toFixed(2)} %, 100 in ${(100 * share(100)).toFixed(2)} % of ${runs}`,
      )
      assert.ok(share(20) <= atMost(0.05, runs) && share(100) <= atMost(0.01, runs), `${share(20)} ${share(100)}`)
    })
  }

  test('6.6: a doubled error rate is caught within 180 audits in half of the runs', t => {
    const runs = sized(size, 500, 2000, 4000)
    const delays = tripwireRuns(runs, 3000, 0.05, 0.1)
      .map(run => run.at)
      .sort((a, b) => a - b)
    t.diagnostic(
      `median ${delays[runs >> 1]} audited cases (147 known), 90 % ${delays[Math.floor(0.9 * runs)]} (410 known)`,
    )
    assert.ok(delays[runs >> 1]! <= 180, `${delays[runs >> 1]}`)
  })

  test('6.10: whatever an adversary does who sees the level, the share of errors keeps the bound at every step, exactly', () => {
    const draw = rng('adversary')
    // Each answers "make it an error?" wherever the level leaves a choice.
    const adversaries: readonly ((level: number, target: number, t: number) => boolean)[] = [
      () => true,
      () => false,
      (level, target) => level > target,
      (level, target) => level <= target,
      (_, __, t) => Math.floor(Math.log2(t + 1)) % 2 === 0,
      () => draw.uniform() < 0.3,
    ]
    for (const start of [0.001, 0.1, 0.5, 0.999]) {
      for (const gamma of size === 'subset' ? [0.005, 0.05] : [0.001, 0.005, 0.02, 0.05, 0.3, 2]) {
        for (const wants of adversaries) {
          let level = adaptiveLevel(0.1, gamma, start)
          for (let n = 1; n <= 5000; n++) {
            const now = levelInForce(level)
            level = stepLevel(level, now <= 0 ? true : now >= 1 ? false : !wants(now, 0.1, n))
            assert.ok(Math.abs(level.errors / n - 0.1) <= adaptiveBound(level, n), `start ${start}, γ ${gamma}, n ${n}`)
          }
        }
      }
    }
  })

  test('6.10: the same through label sets, class by class, when rows are chosen to be missed', () => {
    const scores = [0, 1].map(label => Float64Array.from({ length: 199 }, (_, i) => (i + 1 + label / 2) / 201)) as [
      Float64Array,
      Float64Array,
    ]
    let levels: AdaptiveClasses = [adaptiveLevel(0.05, 0.02), adaptiveLevel(0.2, 0.05)]
    for (let t = 1; t <= 5000; t++) {
      const y = t % 3 === 0 ? 1 : 0
      levels = observeAdaptive(levels, scores, y === 1 ? 0 : 1, y)
      for (const level of levels) {
        if (level.n === 0) continue
        assert.ok(Math.abs(level.errors / level.n - level.target) <= adaptiveBound(level, level.n))
      }
    }
  })

  test('selective labels: the plain mean of what was seen is far off, weighted ones are within 3 SE in 99 % of the worlds', t => {
    const runs = sized(size, 60, 200, 1000)
    const results = selectiveWorlds(runs, 4000)
    for (const [m, method] of ['self-normalised', 'inverse propensity', 'doubly robust'].entries()) {
      const within = results.filter(({ errors }) => errors[m]! <= 3).length / runs
      t.diagnostic(`${method}: within 3 SE in ${(100 * within).toFixed(1)} % of ${runs} worlds`)
      assert.ok(within >= atLeast(0.99, runs), `${method}: ${within}`)
    }
    assert.ok(results.every(({ naive, truth }) => naive > 1.5 * truth))
  })
}
