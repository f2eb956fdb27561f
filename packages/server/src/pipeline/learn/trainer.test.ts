import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleRows, exampleSpecs, exampleStart } from './example-rows.ts'
import { trainModel } from './train-model.ts'
import { createTrainer } from './trainer.ts'

const request = {
  nowMs: exampleStart + 60 * 86_400_000,
  version: 1_772_000_000,
  seed: 1,
  minAuc: 0.65,
  champion: null,
  pod: 'customer-ops',
  question: 'main',
  tenant: '*',
  segmentFeatures: [],
  golden: [],
  timed: true,
}
const schema = { hash: 'one', specs: exampleSpecs }

test('the thread gives the bytes of the pure function, keeps rows between runs and replaces changed ones', async () => {
  await using trainer = createTrainer(exampleSpecs)
  const rows = exampleRows(800)
  trainer.add(rows.slice(0, 500), schema)
  const progress: number[] = []
  const first = await trainer.train(request, { onProgress: done => progress.push(done) })
  assert.deepEqual(first, trainModel({ specs: exampleSpecs, rows: rows.slice(0, 500) }, request))
  assert.ok(progress.length > 5)
  trainer.add(rows.slice(500), schema)
  trainer.add(
    [
      { ...rows[3]!, label: rows[3]!.label === 1 ? 0 : 1 },
      { id: rows[4]!.id, label: null },
    ],
    schema,
  )
  const expected = rows
    .map((row, k) => (k === 3 ? { ...row, label: row.label === 1 ? (0 as const) : (1 as const) } : row))
    .filter((_, k) => k !== 4)
  assert.deepEqual(await trainer.train(request), trainModel({ specs: exampleSpecs, rows: expected }, request))
})

test('an aborted run ends as stopped, and the trainer can be used again', async () => {
  await using trainer = createTrainer(exampleSpecs)
  trainer.add(exampleRows(3000), schema)
  const stop = new AbortController()
  const outcome = await trainer.train(request, { signal: stop.signal, onProgress: () => stop.abort() })
  assert.equal(outcome.stopped, true)
  await assert.rejects(Promise.all([trainer.train(request), trainer.train(request)]), /already going/)
})

test('a trainer without rows refuses without a thread', async () => {
  await using trainer = createTrainer(exampleSpecs)
  const outcome = await trainer.train(request)
  assert.ok(!outcome.stopped)
  assert.match(outcome.verdict.sentence, /100 more training rows \(0 of 100\), 20 more rows with label 1 \(0 of 20\)/)
})

test('a trainer that was let go does not answer from nothing', async () => {
  const trainer = createTrainer(exampleSpecs)
  trainer.add(exampleRows(10), schema)
  await trainer[Symbol.asyncDispose]()
  await assert.rejects(trainer.train(request), /must be read again/)
})
