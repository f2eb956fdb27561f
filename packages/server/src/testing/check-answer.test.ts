import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routes } from '@surety/contract'
import { checkAnswer } from './check-answer.ts'

const type = 'application/json; charset=utf-8'
const told = { lead_id: 'L1', outcome: 'booked', recorded_at: '2026-03-10T12:00:00.000Z', label: 1 }

test('an answer that its route does not promise is found: its status, a field that is missing, wrong or in no reference', context => {
  context.mock.method(console, 'error', () => {})
  const check = (data: object, status = 200) =>
    checkAnswer(routes.reportOutcome, { status, type, body: JSON.stringify({ ok: true, request_id: 'r-1', data }) })
  check(told)
  check({ ...told, duplicate: true })
  assert.throws(() => check(told, 201), /answers 201, which its route does not promise/)
  assert.throws(() => check({ ...told, label: 2 }), /POST \/v1\/lead\/\{id\}\/outcome answers 200 with \/label/)
  assert.throws(() => check({ ...told, outcome: 1 }), /\/outcome/)
  assert.throws(() => check({ ...told, notes: 'x' }), /answers 200 with/)
  const { label: _, ...less } = told
  assert.throws(() => check(less), /required properties label/)
  assert.throws(
    () => checkAnswer(routes.health, { status: 200, type, body: '{"ok":false}' }),
    /GET \/healthz answers 200 with/,
  )
})
