import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRowStore } from './row-store.ts'

test('a case that was decided after the moment of its tenant waits, whatever its label; one that was imported does not', () => {
  const store = createRowStore([])
  const row = (id: string, at: number, label: 0 | 1, quality = 'human') =>
    ({ id: `a/${id}`, at, label, quality, values: [], tenant: 'a', source: 'reported' }) as const
  const rows = [
    row('old', 10, 1),
    row('edge', 15, 0),
    row('young', 16, 1),
    row('younger', 20, 0),
    row('file', 30, 1, 'imported'),
  ]
  store.add([...rows, { ...row('other', 99, 1), id: 'b/other', tenant: 'b' }], { hash: 'h', specs: [] })
  const ids = (until?: { [tenant: string]: number }) => store.set(until).rows.map(({ id }) => id)
  assert.deepEqual(ids({ a: 15 }), ['a/old', 'a/edge', 'a/file', 'b/other'])
  assert.equal(ids().length, 6, 'they are kept, and come once they are old enough')
})
