// docs/retention.md says of every table how long its rows are kept: whoever adds one has thought of it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { dailyTables, partitionedTables } from '../packages/server/src/store/partitions.ts'

const read = (path: string): string => readFileSync(path, 'utf8')
const page = read('docs/retention.md')

/** Tables of the first column, under each heading in bold. */
function namedBelow(text: string, heading: string): readonly string[] {
  const part = text.split(/^\*\*/m).find(one => one.startsWith(heading)) ?? ''
  return [...part.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(found => found[1]!),
  )
}

/** One sentence for each table that the page forgets, names twice, or names although there is none. */
function faults(text: string, tables: readonly string[]): readonly string[] {
  const named = ['By the month', 'By the day', 'Row by row', 'For ever'].flatMap(heading => namedBelow(text, heading))
  return [
    ...tables
      .filter(table => !named.includes(table))
      .map(table => `docs/retention.md does not say how long ${table} keeps its rows`),
    ...named.filter((table, k) => named.indexOf(table) !== k).map(table => `docs/retention.md names ${table} twice`),
    ...named
      .filter(table => !tables.includes(table))
      .map(table => `docs/retention.md names ${table}, which does not exist`),
  ]
}

const snapshot = read('packages/server/src/store/schema.snapshot.txt')
const tables = [...snapshot.matchAll(/^table (\w+)/gm)].map(found => found[1]!)

test('the page of retention says of each table how long its rows are kept', () => {
  assert.ok(tables.length >= 40)
  assert.deepEqual(faults(page, tables), [])
})

test('what the page calls kept by the month or by the day is what is cut so', () => {
  assert.deepEqual(namedBelow(page, 'By the day'), dailyTables)
  assert.deepEqual(namedBelow(page, 'By the month').toSorted(), partitionedTables.toSorted())
})

test('a table that is forgotten, named twice or gone is found', () => {
  assert.deepEqual(faults(page, [...tables, 'visits']), [
    'docs/retention.md does not say how long visits keeps its rows',
  ])
  assert.deepEqual(faults(page.replace('| `hour_books` |', '| `hour_books`, `inbox` |'), tables), [
    'docs/retention.md names inbox twice',
  ])
  assert.deepEqual(
    faults(
      page,
      tables.filter(table => table !== 'fences'),
    ),
    ['docs/retention.md names fences, which does not exist'],
  )
})
