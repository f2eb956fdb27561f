import { chiSquareTest } from '../drift/chi-square-test.ts'
import { conformalMartingale } from '../drift/conformal-martingale.ts'
import { ksDistance, ksTwoSample } from '../drift/ks.ts'
import { psi } from '../drift/psi.ts'
import { designEffect, onePerSubject, type SubjectSample, subjectPermutation } from '../drift/subjects.ts'
import { benjaminiHochberg } from '../multiple/benjamini-hochberg.ts'
import { type Rng, rng } from '../rng.ts'
import { normalDraw } from './normal-draws.ts'
import { answered } from './oracles.ts'

const normals = (draw: Rng, n: number, shift = 0) => Float64Array.from({ length: n }, () => normalDraw(draw) + shift)

/** p-values of tests that compare two samples of one distribution; `tied` rounds to halves. */
export const nullTests: Readonly<Record<string, (draw: Rng) => number>> = {
  'KS, exact': draw => answered(ksTwoSample(normals(draw, 80), normals(draw, 60))).p,
  'KS, exact, with ties': draw => {
    const tied = (n: number) => normals(draw, n).map(value => Math.round(value * 2) / 2)
    return answered(ksTwoSample(tied(80), tied(60))).p
  },
  'KS, asymptotic': draw => answered(ksTwoSample(normals(draw, 300), normals(draw, 200), { method: 'asymptotic' })).p,
  PSI: draw => answered(psi(normals(draw, 1000), normals(draw, 1000))).p,
  'chi-square': draw => {
    const counts = (n: number) => {
      const cells = [0, 0, 0, 0, 0]
      for (let i = 0; i < n; i++) cells[Math.floor(5 * Math.sqrt(draw.uniform()))]!++
      return cells
    }
    return answered(chiSquareTest([counts(300), counts(200)])).p
  },
}

/** Share of runs in which nothing has changed and p is at most the level. */
export function falseAlarms(name: string, runs: number, level: number): number {
  let alarms = 0
  for (let run = 0; run < runs; run++) if (nullTests[name]!(rng(`${name} ${run}`)) <= level) alarms++
  return alarms / runs
}

/** False discovery share, mean and standard deviation over nights with 20 changed and 80 unchanged features. */
export function falseDiscoveries(nights: number, q: number) {
  const shares: number[] = []
  let found = 0
  for (let night = 0; night < nights; night++) {
    const draw = rng(`night ${night}`)
    const p = Float64Array.from({ length: 100 }, (_, feature) => {
      const current = normals(draw, 60, feature < 20 ? 1 : 0)
      return answered(ksTwoSample(normals(draw, 60), current)).p
    })
    const rejected = answered(benjaminiHochberg(p)).adjusted.map(value => (value <= q ? 1 : 0))
    const right = rejected.slice(0, 20).reduce((sum, one) => sum + one, 0)
    const all = rejected.reduce((sum, one) => sum + one, 0)
    shares.push(all === 0 ? 0 : (all - right) / all)
    found += right / 20 / nights
  }
  const mean = shares.reduce((sum, share) => sum + share / nights, 0)
  const deviation = Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / (nights - 1))
  return { mean, deviation, found }
}

/** Share of runs with an alarm at the level: 100 people with 10 events of intra-class correlation ½ in each window. */
export function clusteredAlarms(runs: number, level: number, permutations: number) {
  const alarms = { plain: 0, oneValue: 0, designEffect: 0, permuted: 0 }
  for (let run = 0; run < runs; run++) {
    const draw = rng(`people ${run}`)
    const window = (from: number): SubjectSample => {
      const own = normals(draw, 100)
      const values = Float64Array.from({ length: 1000 }, (_, i) => (own[i % 100]! + normalDraw(draw)) * Math.SQRT1_2)
      return { values, subjects: Int32Array.from({ length: 1000 }, (_, i) => from + (i % 100)) }
    }
    const [before, after] = [window(0), window(100)]
    const p = (a: Float64Array, b: Float64Array, effects?: readonly [number, number]) =>
      answered(ksTwoSample(a, b, effects ? { designEffects: effects } : { method: 'asymptotic' })).p
    if (p(before.values, after.values) <= level) alarms.plain++
    if (answered(ksTwoSample(onePerSubject(before), onePerSubject(after))).p <= level) alarms.oneValue++
    const effects = [answered(designEffect(before)).effect, answered(designEffect(after)).effect] as const
    if (p(before.values, after.values, effects) <= level) alarms.designEffect++
    if (permutations > 0) {
      const test = subjectPermutation(before, after, ksDistance, draw.fork('permute'), { permutations })
      if (answered(test).p <= level) alarms.permuted++
    }
  }
  return alarms
}

/** ln of the highest capital of martingales over streams without a change. */
export function martingaleHeights(streams: number, length: number): Float64Array {
  return Float64Array.from({ length: streams }, (_, k) => {
    const draw = rng(`stream ${k}`)
    const game = conformalMartingale(draw.fork('ties'))
    for (let t = 0; t < length; t++) game.add(draw.uniform())
    return game.state().highestLog
  })
}

/** Events after a shift by one standard deviation, at event 500, until the capital has reached 1/alpha. */
export function martingaleDelays(streams: number, alpha: number): Float64Array {
  return Float64Array.from({ length: streams }, (_, k) => {
    const draw = rng(`shifted ${k}`)
    const game = conformalMartingale(draw.fork('ties'))
    for (let t = 0; t < 500; t++) game.add(normalDraw(draw))
    for (let t = 1; t <= 1500; t++) {
      game.add(normalDraw(draw) + 1)
      if (game.alarm(alpha)) return t
    }
    return Infinity
  })
}
