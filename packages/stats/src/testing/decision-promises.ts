import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusteredNulls, dailyLooks } from './experiment-properties.ts'
import { atLeast, atMost, type PromiseSize, sized } from './promise-size.ts'
import { normalityP, promotions, rollbackDelays } from './promotion-properties.ts'

/** Declares 6.7 to 6.9 as tests of the given size; the same code for the subset, the quick and the full form. */
export function decisionPromises(size: PromiseSize): void {
  const share = (values: Float64Array, limit: number) => values.filter(value => value <= limit).length / values.length

  test('6.7: a model that is no worse is rolled back in at most alpha of the runs, ever', t => {
    const runs = sized(size, 500, 3000, 10_000)
    const rolledBack = share(rollbackDelays(runs, 4000, 0.05), 4000)
    t.diagnostic(
      `rolled back ${(100 * rolledBack).toFixed(2)} % of ${runs} runs of 4,000 labels (2.2 % measured before)`,
    )
    // Ville: at most .05; tolerance 3.7·√(.05·.95/runs).
    assert.ok(rolledBack <= atMost(0.05, runs), `${rolledBack}`)
  })

  test('6.7: five points of accuracy lost are found within 650 labels in 90 % of the runs', t => {
    const runs = sized(size, 500, 3000, 10_000)
    const delays = rollbackDelays(runs, 2000, 0.075).sort()
    t.diagnostic(`median ${delays[runs >> 1]} labels, 90 % ${delays[Math.floor(runs * 0.9)]}`)
    // 90 % within 650 asked; tolerance 3.7·√(.9·.1/runs).
    assert.ok(share(delays, 650) >= atLeast(0.9, runs), `${share(delays, 650)}`)
  })

  test('6.8: of two equal models the challenger is promoted as better in at most 2.5 %; DeLong z is normal', t => {
    const runs = sized(size, 120, 300, 2000)
    const { promoted, z } = promotions(runs, 400, sized(size, 300, 1000, 2000), 1, 1)
    const p = normalityP(z)
    t.diagnostic(`promoted ${(100 * promoted).toFixed(2)} % of ${runs}, Kolmogorov-Smirnov p of z ${p.toFixed(3)}`)
    // One-sided .025; tolerance 3.7·√(.025·.975/runs).
    assert.ok(promoted <= atMost(0.025, runs), `${promoted}`)
    assert.ok(p > 1e-3, `${p}`)
  })

  test('6.8: a challenger with .01 more AUC is promoted, the more surely the more rows it has', t => {
    const runs = sized(size, 20, 40, 200)
    const replicates = sized(size, 200, 500, 1000)
    // Noise .82 instead of 1 is worth about .01 of AUC here.
    const few = promotions(runs, 1000, replicates, 0.82, 1).promoted
    const many = promotions(runs, 8000, replicates, 0.82, 1).promoted
    t.diagnostic(`promoted ${100 * few} % with 1,000 rows, ${100 * many} % with 8,000`)
    assert.ok(many > few && many >= 0.5, `${few} ${many}`)
  })

  test('6.9: 365 daily looks at nothing: the sequence keeps 5 %, daily chi-square declares winners in over a third', t => {
    const runs = sized(size, 300, 1000, 4000)
    const { bySequence, byChiSquare } = dailyLooks(runs, 365, 50, 0.1)
    t.diagnostic(
      `winners of ${runs}: sequence ${100 * bySequence} %, daily chi-square ${100 * byChiSquare} % (45 % known)`,
    )
    assert.ok(bySequence <= atMost(0.05, runs), `${bySequence}`)
    // The shortcut must fail its promise: 45 % expected, tolerance 3.7·√(.45·.55/runs).
    assert.ok(byChiSquare >= atLeast(0.45, runs) && byChiSquare > atMost(0.05, runs), `${byChiSquare}`)
  })

  test('6.9: clusters of design effect 3: analysed by cluster the level holds, by unit it does not', t => {
    const runs = sized(size, 300, 1000, 4000)
    const { byMeans, byDelta, byUnits } = clusteredNulls(runs)
    t.diagnostic(`declared different: means ${100 * byMeans} %, delta ${100 * byDelta} %, units ${100 * byUnits} %`)
    assert.ok(byMeans <= atMost(0.05, runs), `${byMeans}`)
    assert.ok(byDelta <= atMost(0.05, runs), `${byDelta}`)
    // P(|z| > 1.96/√3) = .258 for units taken as independent.
    assert.ok(byUnits >= atLeast(0.258, runs) && byUnits > atMost(0.05, runs), `${byUnits}`)
  })
}
