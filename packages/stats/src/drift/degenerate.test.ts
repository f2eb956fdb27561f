import assert from 'node:assert/strict'
import { test } from 'node:test'
import { delayLaw } from '../delay/delay-law.ts'
import { delayLawsByOutcome } from '../delay/laws-by-outcome.ts'
import { matureRows } from '../delay/maturity.ts'
import { cbpe, fitLabelFree } from '../labelfree/cbpe.ts'
import { pape } from '../labelfree/pape.ts'
import { denseDesign } from '../model/design.ts'
import { benjaminiHochberg, benjaminiYekutieli } from '../multiple/benjamini-hochberg.ts'
import { eBenjaminiHochberg } from '../multiple/e-benjamini-hochberg.ts'
import { bonferroni, holm, hommel } from '../multiple/family-wise.ts'
import { rng } from '../rng.ts'
import { allFinite } from '../testing/awkward.ts'
import { degenerate } from '../testing/degenerate.ts'
import { answered } from '../testing/oracles.ts'
import { chiSquareTest } from './chi-square-test.ts'
import { circularDrift } from './circular-drift.ts'
import { domainClassifier } from './domain-classifier.ts'
import { driftAttribution } from './drift-attribution.ts'
import { categoricalDrift } from './feature-drift.ts'
import { jensenShannon } from './jensen-shannon.ts'
import { ksDistance, ksTwoSample } from './ks.ts'
import { psi, psiOfCounts } from './psi.ts'
import { quantileEdges } from './quantile-edges.ts'
import { designEffect, subjectPermutation } from './subjects.ts'
import { twoGates } from './two-gates.ts'
import { energyDistance, wasserstein } from './wasserstein.ts'

type Outcome = { readonly ok: boolean } | { readonly kind: string }

/** Everything of drift, label-free performance and delays that takes numbers, asked about one sample and its labels. */
const questions: Readonly<Record<string, (values: Float64Array, y: Uint8Array) => Outcome>> = {
  'KS against itself': values => ksTwoSample(values, values),
  'KS against three values': values => ksTwoSample(Float64Array.of(0, 0.25, 1), values),
  'asymptotic KS': values => ksTwoSample(values, values, { method: 'asymptotic' }),
  Wasserstein: values => wasserstein(values, Float64Array.of(0, 1)),
  energy: values => energyDistance(values, Float64Array.of(0, 1)),
  PSI: values => psi(values, Float64Array.of(0, 0.5, 1)),
  'PSI of counts': values => psiOfCounts({ reference: values, current: values }),
  'quantile edges': values => quantileEdges(values, 10),
  'Jensen-Shannon': values => jensenShannon({ reference: values, current: values.map(value => value * 2) }),
  'chi-square': (values, y) => chiSquareTest([values, Float64Array.from(y)]),
  categories: values => categoricalDrift(Array.from(values, String), ['0', null]),
  circle: values => circularDrift(values, Float64Array.of(0, 6), 24),
  'design effect': (values, y) => designEffect({ values, subjects: Int32Array.from(y) }),
  'subject permutation': (values, y) => {
    const sample = { values, subjects: Int32Array.from(y) }
    return subjectPermutation(sample, sample, ksDistance, rng(1), { permutations: 9 })
  },
  'domain classifier': values => {
    const design = denseDesign(values, values.length, 1)
    return domainClassifier(design, design, rng(2), { folds: 2, permutations: 2 })
  },
  attribution: values => driftAttribution(values, Float64Array.of(0, 1), ['only']),
  'two gates': values => twoGates(Array.from(values, (p, i) => ({ name: `${i}`, p, size: p }))),
  Bonferroni: values => bonferroni(values),
  Holm: values => holm(values),
  Hommel: values => hommel(values),
  BH: values => benjaminiHochberg(values),
  BY: values => benjaminiYekutieli(values),
  'e-BH': values => eBenjaminiHochberg(values, 0.05),
  'label-free reference': (values, y) => fitLabelFree(values, y, new Uint8Array(y.length)),
  CBPE: values => {
    const known = fitLabelFree(Float64Array.of(0, 0.5, 1), Uint8Array.of(0, 1, 1), Uint8Array.of(0, 0, 1))
    // Repeated, so that the smallest chunk is reached.
    const chunk = new Float64Array(values.length * 100)
    for (let i = 0; i < chunk.length; i++) chunk[i] = values[i % values.length]!
    return cbpe(answered(known), chunk, new Uint8Array(chunk.length).fill(1))
  },
  PAPE: (values, y) => {
    const window = {
      design: denseDesign(values, values.length, 1),
      scores: values,
      decisions: new Uint8Array(y.length),
    }
    return pape({ ...window, y }, window, rng(3), { folds: 2 })
  },
  'delay law': (values, y) => delayLaw(values, y),
  'delay laws by outcome': (values, y) => delayLawsByOutcome(values, Int8Array.from(y)),
  maturity: values => matureRows(answered(delayLaw(Float64Array.of(0.1, 0.2), Uint8Array.of(1, 1))), values),
}

for (const [name, ask] of Object.entries(questions)) {
  test(`6.12: ${name} answers or refuses whatever it is given, without NaN, and leaves it as it was`, () => {
    for (const { name: what, scores, y } of degenerate) {
      const [values, labels] = [Float64Array.from(scores), Uint8Array.from(y)]
      const outcome = ask(values, labels)
      assert.ok(allFinite(outcome), `${what}: ${JSON.stringify(outcome)}`)
      assert.deepEqual([values, labels], [scores, y], what)
      if ('ok' in outcome && !outcome.ok) assert.ok('code' in outcome && 'detail' in outcome, what)
    }
  })
}

test('6.13: what is drawn comes from the generator: the same seed gives the same bytes', () => {
  const draw = rng('bytes')
  const values = Float64Array.from({ length: 120 }, () => draw.uniform())
  const design = denseDesign(values, 60, 2)
  const ask = () => JSON.stringify(domainClassifier(design, design, rng('same'), { permutations: 3 }))
  assert.equal(ask(), ask())
})
