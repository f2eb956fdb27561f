// docs/erasure.md says of every column that can hold text what an erasure makes of it: whoever adds one has thought of it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const page = readFileSync('docs/erasure.md', 'utf8')
const snapshot = readFileSync('packages/server/src/store/schema.snapshot.txt', 'utf8')

const quoted = (text: string): readonly string[] => [...text.matchAll(/`(\w+)`/g)].map(found => found[1]!)
const namedIn = (text: string): readonly string[] => quoted(text.split('**Nothing of a case:**')[1] ?? '')
const everywhere = (text: string): readonly string[] => quoted(/^In every table stay .*$/m.exec(text)?.[0] ?? '')
/** The columns that the page names of each table of a case. */
const rowsIn = (text: string): ReadonlyMap<string, readonly string[]> =>
  new Map([...text.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, table, cells]) => [table!, quoted(cells!)] as const))

/** By table its columns that can hold what somebody wrote, or a hash of it. */
function textColumns(of: string): ReadonlyMap<string, readonly string[]> {
  const tables = of.split('\n\n').filter(part => part.startsWith('table '))
  return new Map(
    tables.map(part => {
      const columns = [...part.matchAll(/^ {2}(\w+) (?:text(?:\[\])?|jsonb?|bytea|tsvector)\b/gm)].map(
        found => found[1]!,
      )
      return [/^table (\w+)/.exec(part)![1]!, columns.filter(column => column !== 'tenant_id')] as const
    }),
  )
}

function faults(text: string, schema: string): readonly string[] {
  const [rows, nothing, common, columns] = [rowsIn(text), namedIn(text), everywhere(text), textColumns(schema)]
  return [
    ...[...columns.keys()]
      .filter(table => Number(rows.has(table)) + nothing.filter(name => name === table).length !== 1)
      .map(table => `docs/erasure.md must say once what becomes of ${table}`),
    ...[...rows].flatMap(([table, named]) =>
      (columns.get(table) ?? [])
        .filter(column => !named.includes(column) && !common.includes(column))
        .map(column => `docs/erasure.md does not say what becomes of ${table}.${column}`),
    ),
    ...[...rows.keys(), ...nothing]
      .filter(table => !columns.has(table))
      .map(table => `docs/erasure.md names ${table}, which does not exist`),
  ]
}

test('the page of erasure says of each column that can hold text what becomes of it', () => {
  assert.ok(textColumns(snapshot).size >= 50)
  assert.deepEqual(faults(page, snapshot), [])
})

test('whatever holds a case is on the page with its columns', () => {
  const ofCases = snapshot
    .split('\n\n')
    .filter(part => part.startsWith('table ') && /^ {2}case_id /m.test(part))
    .map(part => /^table (\w+)/.exec(part)![1]!)
  assert.deepEqual(
    ofCases.filter(table => !rowsIn(page).has(table)),
    [],
  )
})

test('a column or a table that nobody thought of is found', () => {
  assert.deepEqual(faults(page, snapshot.replace('table messages', 'table visits')), [
    'docs/erasure.md must say once what becomes of visits',
    'docs/erasure.md names messages, which does not exist',
  ])
  assert.deepEqual(
    faults(
      page,
      snapshot.replace('  role text not null\n  text text', '  role text not null\n  mood jsonb\n  text text'),
    ),
    ['docs/erasure.md does not say what becomes of messages.mood'],
  )
})
