import { delayLawsByOutcome } from '../delay/laws-by-outcome.ts'
import { matureRows } from '../delay/maturity.ts'
import { adwin } from '../drift/adwin.ts'
import { clopperPearson } from '../intervals/clopper-pearson.ts'
import { cbpe, fitLabelFree } from '../labelfree/cbpe.ts'
import { pape } from '../labelfree/pape.ts'
import { rocAuc } from '../metrics/roc-auc.ts'
import { rng } from '../rng.ts'
import { blindModelWorld, type World } from './label-free-worlds.ts'
import { answered } from './oracles.ts'

const accuracyOf = ({ decisions, truth }: World) =>
  decisions.reduce((sum, said, i) => sum + (said === 1 ? truth[i]! : 1 - truth[i]!), 0) / decisions.length

/** Mean error of the estimated accuracy over windows in which x2 moves from -.8 to .8. */
export function accuracyErrors(referenceRows: number, windows: number, rows: number) {
  const draw = rng('x2 shift')
  const reference = blindModelWorld(draw, referenceRows, { meanX2: 0 })
  const fitted = answered(fitLabelFree(reference.scores, reference.y, reference.decisions))
  const constant = accuracyOf(reference)
  const errors = { cbpe: 0, pape: 0, constant: 0 }
  for (let k = 0; k < windows; k++) {
    const window = blindModelWorld(draw, rows, { meanX2: -0.8 + (1.6 * k) / (windows - 1) })
    const truth = accuracyOf(window)
    const byCbpe = answered(answered(cbpe(fitted, window.scores, window.decisions)).accuracy).value
    const byPape = answered(answered(pape(reference, window, draw.fork(`window ${k}`))).accuracy).value
    errors.cbpe += Math.abs(byCbpe - truth) / windows
    errors.pape += Math.abs(byPape - truth) / windows
    errors.constant += Math.abs(constant - truth) / windows
  }
  return errors
}

/** What is said and what is true after the slope of x1 has fallen from 1.2 to .3, and what arriving labels tell. */
export function conceptChange(rows: number) {
  const draw = rng('concept')
  const before = blindModelWorld(draw, rows, { meanX2: 0 })
  const after = blindModelWorld(draw, rows, { meanX2: 0, slope: 0.3 })
  const fitted = answered(fitLabelFree(before.scores, before.y, before.decisions))
  const estimate = answered(cbpe(fitted, after.scores, after.decisions))
  const watch = adwin({ delta: 0.002 })
  const alarms = { before: 0, after: 0 }
  for (const [when, world] of [
    ['before', before],
    ['after', after],
  ] as const)
    world.scores.forEach((score, i) => {
      if (watch.add((score - world.y[i]!) ** 2)) alarms[when]++
    })
  const truth = answered(rocAuc(after.scores, after.y)).value
  return { estimate, said: answered(estimate.auc).value, truth, alarms }
}

/**
 * Share of worlds in which the interval of the positive share covers what the same stream says without any delay:
 * judged on mature rows, on rows that have an outcome, and with rows without one counted as negative.
 */
export function delayedCoverage(worlds: number, rows: number) {
  const covered = { mature: 0, settled: 0, silenceIsNo: 0 }
  for (let world = 0; world < worlds; world++) {
    const draw = rng(`delay ${world}`)
    const ages = Float64Array.from({ length: rows }, () => 40 * draw.uniform())
    const y = Uint8Array.from({ length: rows }, () => (draw.uniform() < 0.2 ? 1 : 0))
    // Negatives are known after a day on average, positives after a week.
    const delays = Float64Array.from(y, label => -(label === 1 ? 7 : 1) * Math.log(1 - draw.uniform()))
    const here = (i: number) => delays[i]! <= ages[i]!
    const seen = Float64Array.from(ages, (age, i) => Math.min(age, delays[i]!))
    const { laws } = answered(
      delayLawsByOutcome(
        seen,
        Int8Array.from(y, (label, i) => (here(i) ? label : -1)),
      ),
    )
    const { mature } = answered(matureRows(laws[1], ages))
    const without = y.reduce((sum, label) => sum + label, 0) / rows
    const covers = (among: (i: number) => boolean, positive: (i: number) => boolean) => {
      let n = 0
      let hits = 0
      for (let i = 0; i < rows; i++) {
        if (!among(i)) continue
        n++
        if (positive(i)) hits++
      }
      const { lower, upper } = answered(clopperPearson(hits, n, 0.95))
      return lower <= without && without <= upper ? 1 : 0
    }
    const positive = (i: number) => here(i) && y[i] === 1
    covered.mature += covers(i => mature[i] === 1, positive)
    covered.settled += covers(here, positive)
    covered.silenceIsNo += covers(() => true, positive)
  }
  return {
    mature: covered.mature / worlds,
    settled: covered.settled / worlds,
    silenceIsNo: covered.silenceIsNo / worlds,
  }
}
