import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  clusteredAlarms,
  falseAlarms,
  falseDiscoveries,
  martingaleDelays,
  martingaleHeights,
  nullTests,
} from './drift-properties.ts'
import { accuracyErrors, conceptChange, delayedCoverage } from './label-free-properties.ts'
import { atLeast, atMost, type PromiseSize, sized } from './promise-size.ts'

const percent = (share: number) => `${(100 * share).toFixed(2)} %`

/** Declares 6.5, the martingale half of 6.6, and what label-free estimates and delayed labels promise. */
export function driftPromises(size: PromiseSize): void {
  const nulls = sized(size, 300, 1000, 2000)
  for (const name of Object.keys(nullTests)) {
    test(`6.5: ${name}: without a change p is at most .05 in at most 5 % of ${nulls} comparisons`, t => {
      const alarms = falseAlarms(name, nulls, 0.05)
      t.diagnostic(`${percent(alarms)} at 5 %`)
      // Tolerance 3.7·√(.05·.95/runs).
      assert.ok(alarms <= atMost(0.05, nulls), `${alarms}`)
    })
  }

  test('6.5: of 100 features, 20 changed, Benjamini-Hochberg at 10 % reports at most 10 % wrongly', t => {
    const nights = sized(size, 30, 150, 2000)
    const { mean, deviation, found } = falseDiscoveries(nights, 0.1)
    t.diagnostic(`false discovery share ${percent(mean)} over ${nights} nights, found ${percent(found)}`)
    // q·m0/m = 8 % is expected of an exact level; tolerance 3.7·sd/√nights.
    assert.ok(mean <= 0.1 + (3.7 * deviation) / Math.sqrt(nights), `${mean}`)
    assert.ok(found > 0.95, `${found}`)
  })

  test('6.5: events of one subject: plain KS breaks its level, one value per subject and the design effect keep it', t => {
    const runs = sized(size, 60, 300, 2000)
    const permuted = sized(size, 15, 60, 200)
    const share = clusteredAlarms(runs, 0.01, 0)
    const exchanged = clusteredAlarms(permuted, 0.05, sized(size, 39, 99, 499)).permuted / permuted
    t.diagnostic(`plain ${percent(share.plain / runs)}, one value ${percent(share.oneValue / runs)}`)
    t.diagnostic(`design effect ${percent(share.designEffect / runs)}, permuted at 5 % ${percent(exchanged)}`)
    // The shortcut must fail: 25 % known at a level of 1 %.
    assert.ok(share.plain / runs > Math.max(atMost(0.01, runs), 0.1), `${share.plain}`)
    assert.ok(share.oneValue / runs <= atMost(0.01, runs), `${share.oneValue}`)
    assert.ok(share.designEffect / runs <= atMost(0.01, runs), `${share.designEffect}`)
    assert.ok(exchanged <= atMost(0.05, permuted), `${exchanged}`)
  })

  test('6.6: the martingale alarms ever at 20 in at most 5 %, at 100 in at most 1 % of streams without a change', t => {
    const streams = sized(size, 1000, 4000, 20_000)
    const heights = martingaleHeights(streams, 2000)
    const reach = (capital: number) => heights.filter(height => height >= Math.log(capital)).length / streams
    t.diagnostic(`20: ${percent(reach(20))}, 100: ${percent(reach(100))} of ${streams} streams of 2,000`)
    // Ville: at most 1/capital; tolerance 3.7·√(a(1-a)/streams).
    assert.ok(reach(20) <= atMost(0.05, streams), `${reach(20)}`)
    assert.ok(reach(100) <= atMost(0.01, streams), `${reach(100)}`)
  })

  test('6.6: a shift by one standard deviation is caught after at most 60 events (median)', t => {
    const streams = sized(size, 200, 1000, 5000)
    const delays = martingaleDelays(streams, 0.05).sort()
    const [median, late] = [delays[streams >> 1]!, delays[Math.floor(streams * 0.9)]!]
    t.diagnostic(`median ${median}, 90 % ${late} events (36 and 50 known)`)
    assert.ok(median <= 60, `${median}`)
  })

  test('PAPE: where inputs move that the model does not see, its accuracy error is at most a quarter of CBPE’s', t => {
    const errors = accuracyErrors(
      sized(size, 10_000, 40_000, 40_000),
      sized(size, 5, 20, 20),
      sized(size, 2000, 5000, 5000),
    )
    t.diagnostic(
      `mean error ${errors.pape.toFixed(4)}, CBPE ${errors.cbpe.toFixed(4)}, constant ${errors.constant.toFixed(4)}`,
    )
    assert.ok(errors.pape <= 0.25 * errors.cbpe, `${errors.pape} ${errors.cbpe}`)
  })

  test('concept change: CBPE is far off and says it is blind to it, ADWIN on the losses of arriving labels fires', t => {
    const { estimate, said, truth, alarms } = conceptChange(sized(size, 4000, 20_000, 40_000))
    t.diagnostic(`true AUC ${truth.toFixed(3)}, CBPE says ${said.toFixed(3)} (.573 and .749 known)`)
    assert.ok(said - truth > 0.1, `${said} ${truth}`)
    assert.equal(estimate.blindTo, 'concept_change')
    assert.deepEqual([alarms.before, alarms.after > 0], [0, true])
  })

  test('delayed labels: on mature rows the positive share agrees with the stream without delay, naive shares do not', t => {
    const worlds = sized(size, 30, 200, 1000)
    const covered = delayedCoverage(worlds, 3000)
    t.diagnostic(
      `truth covered: mature ${percent(covered.mature)}, settled only ${percent(covered.settled)}, silence as no ${percent(covered.silenceIsNo)}`,
    )
    assert.ok(covered.mature >= atLeast(0.95, worlds), `${covered.mature}`)
    assert.ok(covered.settled < 0.5 && covered.silenceIsNo < 0.5, `${covered.settled} ${covered.silenceIsNo}`)
  })
}
