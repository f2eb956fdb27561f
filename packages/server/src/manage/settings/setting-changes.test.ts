import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changesOf, mergedValue, unnamedOf } from './setting-changes.ts'

const budgets = { actions: { yes: { alpha: 0.1, cap: null }, no: { alpha: 0.2, cap: 5 } }, hidden_share: 0.1 }

test('objects are merged part by part, all else takes the place of what was there', () => {
  assert.deepEqual(mergedValue(budgets, { actions: { no: { cap: null } } }), {
    ...budgets,
    actions: { ...budgets.actions, no: { alpha: 0.2, cap: null } },
  })
  assert.deepEqual(mergedValue({ columns: [1, 2], a: { b: 1 } }, { columns: [3], a: 7 }), { columns: [3], a: 7 })
  assert.deepEqual(mergedValue({ a: 7 }, { a: { b: 1 } }), { a: { b: 1 } })
  assert.deepEqual(budgets.actions.no, { alpha: 0.2, cap: 5 }, 'what is kept is not touched')
})

test('a name that means something to the language is a name like any other', () => {
  const merged = mergedValue({ a: 1 }, JSON.parse('{"__proto__":{"alpha":1},"constructor":2}'))
  assert.deepEqual(Object.keys(merged), ['a', '__proto__', 'constructor'])
  assert.equal(Object.getPrototypeOf(merged), Object.prototype)
})

test('what changes without being named is told; naming a whole names its parts', () => {
  const after = { actions: { yes: { alpha: 0.1, cap: null }, no: { alpha: 0.3, cap: null } }, hidden_share: 0.1 }
  const changes = changesOf(budgets, after)
  const unnamed = (given: Parameters<typeof unnamedOf>[1]) => unnamedOf(changes, given).map(({ path }) => path)
  assert.deepEqual(unnamed({ actions: { no: { alpha: 0.3 } } }), ['actions.no.cap'])
  assert.deepEqual(unnamed({}), ['actions.no.alpha', 'actions.no.cap'])
  assert.deepEqual(unnamed({ actions: { no: { alpha: 0.3, cap: null } } }), [])
  // A list is one value: whoever sends it means it, with what it leaves out.
  const columns = changesOf({ attributes: [{ name: 'age', kind: 'numeric' }] }, { attributes: [] })
  assert.deepEqual([columns.length, unnamedOf(columns, { attributes: [] }).length], [1, 0])
})
