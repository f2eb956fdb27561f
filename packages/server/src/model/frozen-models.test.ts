import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { FeatureSpec, FeatureValue } from '@surety/contract'
import { fitOf, type ModelArtefact } from './artefact.ts'
import { explainScore, valuesOf } from './explain-score.ts'
import { gate } from './gate.ts'
import { compileModel } from './scorer.ts'
import { readTrustedKeys } from './signature.ts'

interface Frozen {
  readonly trusted: string
  readonly specs: readonly FeatureSpec[]
  readonly models: readonly {
    readonly text: string
    readonly cases: readonly {
      readonly values: readonly FeatureValue[]
      readonly probability: number | null
      readonly cannot: string | null
    }[]
  }[]
}

const file = new URL('../../../../tests/fixtures/models/models.json.gz', import.meta.url)
const frozen = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as Frozen
const { specs } = frozen
const rules = {
  minAuc: 0.65,
  trusted: readTrustedKeys(frozen.trusted),
  baseFeatures: specs.slice(0, 3),
  pod: 'customer-ops',
  question: 'main',
  tenant: '*',
}

test('files of every format and kind that was ever written pass the gate with the signature they have', () => {
  const kinds = frozen.models.map(({ text }) => {
    const answer = gate(JSON.parse(text), rules)
    assert.ok(answer.ok, answer.ok ? '' : `${answer.error}: ${answer.detail}`)
    return `${answer.model.schema} ${fitOf(answer.model).kind}`
  })
  assert.deepEqual(kinds, ['surety.model/1 logistic', 'surety.model/2 logistic', 'surety.model/2 trees'])
})

test('they score what they scored when they were written, to the bit, and are explained by it', () => {
  for (const { text, cases } of frozen.models) {
    const model = JSON.parse(text) as ModelArtefact
    const scorer = compileModel(model)
    let scored = 0
    for (const { values, probability, cannot } of cases) {
      const found = scorer.score({ hash: 'frozen', specs }, values)
      assert.deepEqual([found.probability, found.cannot], [probability, cannot])
      if (probability === null) continue
      const explained = explainScore(model, valuesOf(model, specs, values))
      assert.ok(explained.ok && Math.abs(explained.probability - probability) < 1e-12)
      scored++
    }
    assert.ok(scored > 30 && scored < cases.length, `${scored} of ${cases.length}`)
  }
})
