import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { placeOf } from '@surety/contract'
import { podNamed } from '../../pods.ts'
import { replaceRows } from '../../store/calibration-rows.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { refreshCalibrator } from './calibrators.ts'
import { type AutonomyState, loadAutonomy } from './load-autonomy.ts'

const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [question] = podNamed('customer-ops').questions
const start = Date.parse('2026-02-01T00:00:00Z')
const dayMs = 86_400_000
const digest = 'a'.repeat(64)

async function serve(model: string): Promise<void> {
  await db.transaction(['*'], handle =>
    handle.query(
      `insert into active_models (tenant_id, pod, version, digest, validated, activated_at) values ('*', $1, 1, $2, true, $3)
        on conflict (tenant_id, pod, question) do update set digest = excluded.digest`,
      [question.pod, model, new Date(start)],
    ),
  )
}

/** @param days after the start, also the number of positives, so that each calibrator differs */
async function calibrate(model: string, days: number): Promise<void> {
  const now = new Date(start + days * dayMs)
  const rows = Array.from({ length: 40 }, (_, k) => ({
    rowId: `r${k}`,
    probability: k / 40,
    label: (k >= 40 - days ? 1 : 0) as 0 | 1,
    decidedAt: new Date(0),
    quality: 'human',
  }))
  await db.transaction(['acme'], handle =>
    replaceRows(handle, { tenant: 'acme', ...placeOf(question), digest: model }, 'held_out', rows, now),
  )
  const found = await refreshCalibrator(db, 'acme', question, model, now, { once: true })
  assert.equal(found.kind, 'built')
}

/** The state, and how many bytes the calibrator's part of the answer had. */
async function load(known: AutonomyState | null = null): Promise<{ state: AutonomyState; bytes: number }> {
  let bytes = 0
  const state = await db.transaction(['acme'], handle =>
    loadAutonomy(
      {
        async query(query, values) {
          const found = await handle.query(query, values)
          bytes += JSON.stringify(found.rows).length
          return found as never
        },
      },
      'acme',
      question,
      new Date(start),
      known,
    ),
  )
  return { state, bytes }
}

test('the body of a calibrator is read when it changed, and not again while it did not', async () => {
  await serve(digest)
  assert.equal((await load()).state.calibration, null)
  await calibrate(digest, 4)
  const first = await load()
  assert.equal(first.state.calibration?.version, 1)
  const second = await load(first.state)
  assert.equal(second.state.calibration, first.state.calibration, 'the same object')
  assert.ok(second.bytes < first.bytes / 2, `${second.bytes} of ${first.bytes} bytes`)
  await calibrate(digest, 9)
  const third = await load(second.state)
  assert.deepEqual([third.state.calibration?.version, third.state.calibration?.limits.length], [2, 2])
  assert.notDeepEqual(third.state.calibration?.p1, first.state.calibration?.p1)
})

test('a calibrator that was confirmed counts as of then, with the numbers that are known', async () => {
  const { state } = await load()
  await db.transaction(['acme'], handle =>
    handle.query(`update calibrators set built_at = $1 where version = 2`, [new Date(start + 20 * dayMs)]),
  )
  const { state: later } = await load(state)
  assert.deepEqual(later.calibration, { ...state.calibration, refreshedAt: start + 20 * dayMs })
})

test('another model with a calibrator of the same version brings its own body', async () => {
  const { state } = await load()
  const other = 'b'.repeat(64)
  await serve(other)
  assert.equal((await load(state)).state.calibration, null)
  await calibrate(other, 11)
  await calibrate(other, 12)
  const { state: changed } = await load(state)
  assert.deepEqual([changed.digest, changed.calibration?.version], [other, 2])
  assert.notDeepEqual(changed.calibration?.p1, state.calibration?.p1)
})
