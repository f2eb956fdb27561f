import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type LineSpec, lines, logTo } from './catalogue.ts'

const source = fileURLToPath(new URL('..', import.meta.url))
const files = globSync('**/*.ts', { cwd: source })
  .filter(path => !/\.test\.ts$|^testing\/|\/testing\/|\/test(ing)?-[a-z-]+\.ts$/.test(path))
  .map(path => ({ path, text: readFileSync(`${source}/${path}`, 'utf8') }))

test('every line of the catalogue is written somewhere, and nothing is written past it', () => {
  const elsewhere = files.filter(({ path }) => !path.startsWith('log/'))
  for (const name of Object.keys(lines))
    assert.ok(
      elsewhere.some(({ text }) => text.includes(`'${name}'`)),
      `nobody writes ${name}`,
    )
  const past = elsewhere
    .filter(({ text }) =>
      /\b(logger|pino\([^)]*\))\s*\??\.(fatal|error|warn|info|debug|trace)\(|console\.(log|warn|error|info)/.test(text),
    )
    .map(({ path }) => path)
  assert.deepEqual(past, ['app/failure-log.ts'])
})

test('a line has its name, its level, its sentence and its fields', () => {
  const written: unknown[] = []
  const write = (level: string) => (fields: object, message: string) => void written.push([level, fields, message])
  const log = logTo({ info: write('info'), warn: write('warn'), error: write('error') })
  log('task_failed', { err: 'x', task: 'retention', tenant: undefined })
  log('service_stopping', { code: 0 })
  assert.deepEqual(written, [
    ['error', { event: 'task_failed', err: 'x', task: 'retention', tenant: undefined }, lines.task_failed.says],
    ['info', { event: 'service_stopping', code: 0 }, lines.service_stopping.says],
  ])
})

test('names are words with underscores, no sentence is used twice, and where a line is no good news something is to be done', () => {
  const all: readonly [string, LineSpec][] = Object.entries(lines)
  for (const [name, { todo, says }] of all) {
    assert.match(name, /^[a-z]+(_[a-z]+)+$/)
    assert.ok(todo.length > 10 && says.length > 10, name)
  }
  assert.equal(new Set(all.map(([, { says }]) => says)).size, all.length)
})

test('the pages that a line leads to are there', () => {
  for (const { todo } of Object.values<LineSpec>(lines))
    for (const [, page] of todo.matchAll(/\]\(([a-z]+\.md)/g))
      assert.ok(readFileSync(fileURLToPath(new URL(`../../../../docs/${page}`, import.meta.url)), 'utf8').length > 0)
})
