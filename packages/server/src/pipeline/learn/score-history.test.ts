import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitCandidate } from './candidate.ts'
import { exampleRows, exampleSpecs } from './example-rows.ts'
import { type HistoryCase, type ScoredHistory, scoreHistory } from './score-history.ts'
import { createTrainer } from './trainer.ts'
import type { TrainingRow } from './training-row.ts'

const casesOf = (rows: readonly TrainingRow[], countFrom = 0): HistoryCase[] =>
  rows.map(({ id }, i) => ({ id, counts: i >= countFrom }))

function scored(rows: readonly TrainingRow[], cases = casesOf(rows)): ScoredHistory {
  const outcome = scoreHistory({ specs: exampleSpecs, rows }, cases)
  assert.ok(!outcome.stopped && outcome.history !== null)
  return outcome.history
}

const rows = exampleRows(600)
const flipped = (from: number, to = rows.length): TrainingRow[] =>
  rows.map((row, i) => (i >= from && i < to ? { ...row, label: row.label === 1 ? 0 : 1 } : row))

test('all but the oldest fifth is scored, a tenth at a time, by a model of what came before', () => {
  const { rows: found, first } = scored(rows)
  assert.deepEqual(
    found.map(({ id }) => id),
    rows.slice(120).map(({ id }) => id),
  )
  assert.equal(first.length, 120)
  // The piece of rows 300 to 360, by a fit of its own.
  const labels = Uint8Array.from(rows, ({ label }) => label)
  const fitted = fitCandidate('logistic', exampleSpecs, rows.slice(0, 360), labels.subarray(0, 360), 300, () => true)
  assert.ok(fitted.ok)
  const { heldOut, calibration } = fitted.candidate
  const expected = [...heldOut].map(z => 1 / (1 + Math.exp(-(calibration.a * z + calibration.b))))
  for (const [i, p] of expected.entries()) assert.ok(Math.abs(found[180 + i]!.probability! - p) < 1e-12)
  assert.ok(found.some(({ yes }) => yes > 10) && found.some(({ no }) => no > 10))
})

test('no label has a part in score or cut of its own piece or of an earlier one, nor any counted label in the starts', () => {
  const before = scored(rows)
  for (const from of [120, 300, 540]) {
    const after = scored(flipped(from))
    // Up to the end of the piece that holds the first flipped row.
    const same = from + 60 - 120
    assert.deepEqual(after.rows.slice(0, same), before.rows.slice(0, same))
    assert.deepEqual(after.first, before.first)
    if (from < 540) assert.notDeepEqual(after.rows.slice(same), before.rows.slice(same), 'later models see them')
  }
  assert.notDeepEqual(scored(flipped(0, 60)).first, before.first)
})

test('what is older than counts is fitted on only, and cases that the thread does not know are left out', () => {
  const { rows: found } = scored(rows, casesOf(rows, 330))
  assert.deepEqual(
    found.map(({ id }) => id),
    rows.slice(330).map(({ id }) => id),
  )
  // In the middle of a piece: the same model, and cuts of all scores before.
  assert.deepEqual(
    found.map(({ probability }) => probability),
    scored(rows)
      .rows.slice(210)
      .map(({ probability }) => probability),
  )
  assert.deepEqual(scored(rows, casesOf(rows, 360)).rows, scored(rows).rows.slice(240))
  const more = casesOf(rows).flatMap((one, i) => [one, { id: `unknown ${i}`, counts: true }])
  assert.deepEqual(scored(rows, more), scored(rows))
  for (const none of [casesOf(rows.slice(0, 60)), casesOf(rows, rows.length), []])
    assert.deepEqual(scoreHistory({ specs: exampleSpecs, rows }, none), { stopped: false, history: null })
})

test('where all that came before is of one class there is no score, and no cut holds the case', () => {
  const { rows: found, first } = scored(rows.map((row, i) => (i < 120 ? { ...row, label: 0 } : row)))
  const none = found.findIndex(({ probability }) => probability !== null)
  assert.ok(none > 0 && none % 60 === 0 && none < found.length)
  assert.ok(found.slice(0, none).every(one => one.probability === null && one.yes === -1 && one.no === -1))
  assert.ok(found.slice(none).every(({ probability }) => probability !== null))
  assert.equal(first.length, 120 + none, 'the first model that there is')
  const alike = rows.map(row => ({ ...row, label: 0 as const }))
  assert.deepEqual(scoreHistory({ specs: exampleSpecs, rows: alike }, casesOf(alike)), {
    stopped: false,
    history: null,
  })
})

test('the thread gives the same, says how far it is, and stops when it is told', async () => {
  await using trainer = createTrainer(exampleSpecs)
  assert.deepEqual(await trainer.history(casesOf(rows)), { stopped: false, history: null })
  trainer.add(rows, { hash: 'one', specs: exampleSpecs })
  const told: [number, number][] = []
  const outcome = await trainer.history(casesOf(rows), { onProgress: (done, total) => told.push([done, total]) })
  assert.deepEqual(outcome, { stopped: false, history: scored(rows) })
  assert.ok(told.length > 50 && told.every(([done, total], i) => done <= total && (i === 0 || done > told[i - 1]![0])))
  const stop = new AbortController()
  const stopped = await trainer.history(casesOf(rows), { signal: stop.signal, onProgress: () => stop.abort() })
  assert.deepEqual(stopped, { stopped: true })
})
