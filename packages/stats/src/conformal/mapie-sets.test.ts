import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzippedFixture } from '../testing/gzipped-fixture.ts'
import { conformalRank } from './conformal-rank.ts'
import { sortedScores } from './sorted-scores.ts'

interface LabelSetRecord {
  readonly y: readonly number[]
  readonly probabilities: readonly (readonly number[])[]
  readonly expected_sets: { readonly lac: readonly (readonly boolean[])[] }
}

const {
  classification_toy: toy,
}: { readonly classification_toy: LabelSetRecord & { readonly binary: LabelSetRecord } } =
  gzippedFixture('mapie-vectors.json.gz')

function labelSets(record: LabelSetRecord, rank: number): boolean[][] {
  const scores = record.probabilities.map((row, i) => 1 - row[record.y[i]!]!)
  const limit = sortedScores(Float64Array.from(scores)).at(rank)!
  return record.probabilities.map(row => row.map(p => 1 - p <= limit))
}

for (const [name, record] of [
  ['three classes', toy],
  ['two classes', toy.binary],
] as const) {
  test(`MAPIE's label sets of ${name} come out at its rank, the 6th of 9; the right rank is the 5th`, () => {
    assert.deepEqual(labelSets(record, 6), record.expected_sets.lac)
    assert.equal(conformalRank(9, 0.5), 5)
  })
}
