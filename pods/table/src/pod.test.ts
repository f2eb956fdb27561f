import assert from 'node:assert/strict'
import { test } from 'node:test'
import { table } from './pod.ts'

const now = new Date('2026-03-10T09:30:00Z')
const settings = {
  columns: [
    { name: 'emp.var.rate', kind: 'numeric' },
    { name: 'home city', kind: 'categorical' },
    { name: 'owner', kind: 'boolean' },
    { name: 'duration', kind: 'numeric' },
  ],
  known_later: ['duration'],
}
const read = (kind: 'row.recorded' | 'row.outcome', data: unknown) => {
  const definition = table.kinds[kind]
  assert.ok(definition)
  return definition.read(data, { now, settings })
}
const row = (columns: object) => {
  const result = read('row.recorded', { row_id: '1', columns })
  assert.ok(result.ok, JSON.stringify(result))
  return table.questions[0].features({ event: result.event, enrichment: {}, tenant: 'a', recordedAt: now, settings })
}
const faults = (kind: 'row.recorded' | 'row.outcome', data: unknown) => {
  const result = read(kind, data)
  assert.ok(!result.ok, 'it was read')
  assert.equal(result.code, 'validation_failed')
  return result.errors.map(({ path, code }) => [path, code])
}

test('every declared column but those known later is a feature under its own name', () => {
  assert.deepEqual(
    table.questions[0].featureSpecs(settings).map(({ name, kind }) => [name, kind]),
    [
      ['emp.var.rate', 'numeric'],
      ['home city', 'categorical'],
      ['owner', 'boolean'],
    ],
  )
})

test('numbers and truth values are read from the text of a file as well as from JSON', () => {
  assert.deepEqual(row({ 'emp.var.rate': '-1.8', 'home city': ' Graz ', owner: 'Yes' }), [-1.8, 'Graz', true])
  assert.deepEqual(row({ 'emp.var.rate': 1e3, owner: false }), [1000, null, false])
  assert.deepEqual(row({ 'emp.var.rate': ' +.5e-1 ', owner: '0' }), [0.05, null, false])
})

test('missing values are null, never 0 and never an empty word', () => {
  assert.deepEqual(row({ 'emp.var.rate': '', 'home city': ' ', owner: null }), [null, null, null])
  assert.deepEqual(row({}), [null, null, null])
})

test('a value of the wrong type is refused under the name of its column', () => {
  for (const bad of ['abc', '1,5', '0x10', 'NaN', 'Infinity', '1e999', true, {}]) {
    assert.deepEqual(faults('row.recorded', { columns: { 'emp.var.rate': bad } }), [['columns.emp.var.rate', 'type']])
  }
  assert.deepEqual(faults('row.recorded', { columns: { 'home city': 4, owner: 'maybe' } }), [
    ['columns.home city', 'type'],
    ['columns.owner', 'type'],
  ])
  assert.deepEqual(faults('row.recorded', { row_id: 'x'.repeat(129) }), [
    ['row_id', 'length'],
    ['columns', 'required'],
  ])
})

test('undeclared columns and columns known later are listed and not stored', () => {
  const result = read('row.recorded', {
    row_id: 7,
    subject: 'c',
    columns: { duration: 261, y: 'no', owner: '1' },
    z: 1,
  })
  assert.deepEqual(result, {
    ok: true,
    event: {
      caseId: '7',
      subject: 'c',
      payload: { columns: { owner: true }, row_id: '7', subject: 'c' },
      ignored: ['columns.duration', 'columns.y', 'z'],
    },
  })
})

test('the row id is the case; a row without one leaves the id to the pod', () => {
  const result = read('row.recorded', { columns: {} })
  assert.ok(result.ok)
  assert.equal(result.event.caseId, undefined)
  assert.equal(table.newCaseId(new Date(1_730_483_820_123), 10), 'R1730483820123-00000a')
})

test('a label of 0, 1 or null settles a row, with a word of its own if wanted', () => {
  for (const [label, outcome] of [
    [1, 'positive'],
    [0, 'negative'],
    [null, 'open'],
  ] as const) {
    const result = read('row.outcome', { row_id: '1', label })
    assert.ok(result.ok)
    assert.deepEqual(result.event.outcome, { outcome, label, source: 'reported' })
  }
  const named = read('row.outcome', { row_id: '1', label: 0, outcome: 'churned', source: 'imported' })
  assert.ok(named.ok)
  assert.deepEqual(named.event.outcome, { outcome: 'churned', label: 0, source: 'imported' })
})

test('other labels, words that contradict them and a missing row are refused', () => {
  for (const label of [2, -1, '1', true, 0.5]) {
    assert.deepEqual(faults('row.outcome', { row_id: '1', label }), [['label', 'type']])
  }
  assert.deepEqual(faults('row.outcome', {}), [
    ['row_id', 'required'],
    ['label', 'required'],
  ])
  assert.deepEqual(faults('row.outcome', { row_id: '1', label: 0, outcome: 'positive' }), [
    ['outcome', 'contradiction'],
  ])
})

test('settings that are no list, hold an unknown kind, a doubled or unprintable name are refused in sentences', () => {
  const amount = { name: 'amount', kind: 'numeric' }
  for (const bad of [
    { columns: 'amount' },
    { columns: [{ name: 'amount', kind: 'date' }] },
    { columns: [amount, amount] },
    { columns: [{ name: 'a\0', kind: 'numeric' }] },
    { columns: [{ name: '', kind: 'numeric' }] },
    { columns: [amount], known_later: [1] },
    { columns: Array.from({ length: 501 }, (_, at) => ({ name: `c${at}`, kind: 'numeric' })) },
  ]) {
    assert.equal(table.checkSettings(bad).length, 1, JSON.stringify(bad).slice(0, 80))
  }
})
