import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { lists } from '../scripts/mutate/lists.ts'
import { notTried, renewPage } from '../scripts/mutate/page.ts'

const all = lists.flatMap(({ listed }) => listed)

test('every known mistake is still one that can be made: its place is there, once, and so are its tests', () => {
  const wrong = all.flatMap(({ name, file, from, tests }) => {
    const places = existsSync(file) ? readFileSync(file, 'utf8').split(from).length - 1 : 0
    const missing = tests.filter(path => !existsSync(path))
    return places === 1 && missing.length === 0
      ? []
      : [`${name}: ${places} places in ${file}; missing ${missing.join(', ')}`]
  })
  assert.deepEqual(wrong, [])
})

test('no two mistakes in a file have the same name, by which their lines on the page are known', () => {
  const names = all.map(({ name, file }) => `${file}: ${name}`)
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
  )
})

test('a page that is renewed in part keeps what was not tried, drops what is not listed, and says what is owed', () => {
  const of = (name: string, file = 'a.ts') => ({ name, file, from: 'x', to: 'y', tests: [] })
  const tried = (name: string, by: string) => ({ name, file: 'a.ts', by })
  const lines = (page: string) => page.split('\n').filter(line => line.includes('`a.ts`'))
  const first = renewPage(
    '',
    [of('one'), of('two'), of('three')],
    [tried('one', '1 failed, first: it'), tried('two', 'nobody noticed')],
  )
  assert.match(first, /^2 mutations, 1 missed, Node \d+\. 1 more are listed and were not tried yet\.$/m)
  const owed = notTried(first, [of('one'), of('two'), of('three')]).map(({ name }) => name)
  assert.deepEqual(owed, ['two', 'three'])
  const second = renewPage(first, [of('three'), of('two'), of('one', 'b.ts')], [tried('two', '2 failed, first: that')])
  assert.deepEqual(lines(second), ['| two | `a.ts` | 2 failed, first: that |'])
  const third = renewPage(second, [of('three'), of('two')], [tried('three', '1 failed, first: `so`')])
  assert.deepEqual(lines(third), [
    '| three | `a.ts` | 1 failed, first: `so` |',
    '| two | `a.ts` | 2 failed, first: that |',
  ])
  assert.match(third, /^2 mutations, all caught, Node \d+\.$/m)
})
