import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '../rng.ts'
import { codeOf } from '../testing/awkward.ts'
import { answered } from '../testing/oracles.ts'
import { cutsOf, recordCuts } from './cuts.ts'
import { historyPieces, pieceCuts } from './imported-history.ts'

test('the oldest fifth is fitted on, then a tenth at a time is scored by a model of all before it', () => {
  const { pieces, check } = answered(historyPieces(1000))
  assert.deepEqual(
    pieces.map(({ fit, score }) => [fit.from, fit.to, score.from, score.to]),
    [200, 300, 400, 500, 600, 700, 800, 900].map(from => [0, from, from, from + 100]),
  )
  assert.deepEqual(check, { from: 800, to: 1000 })
})

test('every row from the first piece on is scored once, and never by a model that saw it', () => {
  for (const rows of [61, 75, 333, 2501]) {
    const { pieces } = answered(historyPieces(rows))
    let next = Math.max(60, Math.ceil(rows / 5))
    for (const { fit, score } of pieces) {
      assert.deepEqual([fit.from, fit.to, score.from], [0, next, next])
      next = score.to
    }
    assert.equal(next, rows)
  }
})

test('rows older than the ninety days are fitted on and do not count', () => {
  const { pieces } = answered(historyPieces(1000, 650))
  assert.deepEqual(
    pieces.map(({ fit, score }) => [fit.to, score.from, score.to]),
    [
      [600, 650, 700],
      [700, 700, 800],
      [800, 800, 900],
      [900, 900, 1000],
    ],
  )
})

test('sixty rows leave nothing to score', () => {
  assert.equal(codeOf(historyPieces(60)), 'too_few')
  assert.equal(codeOf(historyPieces(0)), 'too_few')
})

test("a piece's thresholds come from all rows before it, whatever its own scores and later ones are", () => {
  const draw = rng('pieces')
  const scores = Float64Array.from({ length: 1000 }, () => draw.uniform())
  const piece = answered(historyPieces(1000)).pieces[3]!
  const found = pieceCuts(piece, scores, 'no', 0.8)
  assert.deepEqual(found, cutsOf(answered(recordCuts(scores.subarray(0, 500), 'no', 0.8)), scores.subarray(500, 600)))
  const later = scores.map((score, i) => (i < 600 ? score : -5))
  assert.deepEqual(pieceCuts(piece, later, 'no', 0.8), found)
  assert.throws(() => pieceCuts(piece, scores.subarray(0, 599), 'no'), RangeError)
})

test('with fewer than fifty scored rows before it a piece counts outside every cut', () => {
  const scores = Float64Array.from({ length: 66 }, (_, i) => (i < 30 ? NaN : i))
  const [piece] = answered(historyPieces(66)).pieces
  assert.deepEqual([...pieceCuts(piece!, scores, 'yes')], new Array(piece!.score.to - piece!.score.from).fill(-1))
})
