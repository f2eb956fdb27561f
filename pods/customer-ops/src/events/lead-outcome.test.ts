import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leadOutcome } from './lead-outcome.ts'

const context = { now: new Date('2026-03-10T09:30:00Z'), settings: {} }
const read = (fields: object) => leadOutcome.read({ lead_id: 'L1', outcome: 'booked', ...fields }, context)

test('booked is 1; ghosted, unqualified and spam are 0; qualified and nurture settle nothing', () => {
  const labels = ['booked', 'ghosted', 'qualified', 'unqualified', 'nurture', 'spam'].map(outcome => {
    const result = read({ outcome })
    assert.ok(result.ok)
    assert.equal(result.event.outcome?.outcome, outcome)
    return result.event.outcome?.label
  })
  assert.deepEqual(labels, [1, 0, null, 0, null, 0])
})

test('an outcome keeps its notes, its seconds, its moment and the lead it belongs to', () => {
  const result = read({ notes: 'Roof.', time_to_conversion: 0, occurred_at: '2026-03-01T00:00:00Z', colour: 'red' })
  assert.deepEqual(result, {
    ok: true,
    event: {
      caseId: 'L1',
      payload: { lead_id: 'L1', outcome: 'booked', notes: 'Roof.', time_to_conversion: 0 },
      outcome: { outcome: 'booked', label: 1, source: 'reported', notes: 'Roof.', timeToConversion: 0 },
      occurredAt: new Date('2026-03-01T00:00:00Z'),
      ignored: ['colour'],
    },
  })
})

test('any other word is invalid_outcome; a missing word is a missing field', () => {
  for (const outcome of ['callback', 'lost', '', 'Booked', 'constructor']) {
    const result = read({ outcome })
    assert.ok(!result.ok)
    assert.equal(result.code, 'invalid_outcome', outcome)
  }
  for (const outcome of [undefined, null, 1, {}]) {
    const result = read({ outcome })
    assert.ok(!result.ok)
    assert.equal(result.code, 'validation_failed')
    assert.deepEqual(
      result.errors.map(error => error.path),
      ['outcome'],
    )
  }
})

test('notes over 500 characters and times that are negative, fractional or no numbers are refused', () => {
  assert.ok(read({ notes: '😀'.repeat(500), time_to_conversion: null }).ok)
  for (const bad of [
    { notes: 'x'.repeat(501) },
    { time_to_conversion: -1 },
    { time_to_conversion: 1.5 },
    { time_to_conversion: '60' },
    { time_to_conversion: 1e300 },
    { lead_id: '' },
    { lead_id: undefined },
    { occurred_at: '2026-03-10T10:00:00Z' },
  ]) {
    const result = read(bad)
    assert.ok(!result.ok, JSON.stringify(bad))
    assert.equal(result.code, 'validation_failed')
    assert.deepEqual(
      result.errors.map(error => error.path),
      Object.keys(bad),
    )
  }
})

test('imported labels say so; no sender can claim that the window settled a lead', () => {
  const imported = read({ source: 'imported' })
  assert.ok(imported.ok)
  assert.equal(imported.event.outcome?.source, 'imported')
  const claimed = read({ source: 'window' })
  assert.ok(claimed.ok)
  assert.equal(claimed.event.outcome?.source, 'reported')
  assert.deepEqual(claimed.event.ignored, ['source'])
})
