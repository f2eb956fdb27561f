import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { test } from 'node:test'
import * as stats from './index.ts'

/**
 * Runs the code of the README in order. A line `expression // value` is a promise: the expression is evaluated and must
 * equal the value, where the value is something that can be written down in JavaScript.
 */
test('every example of the README runs and says what the README says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const code = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block).join('\n')
  let promises = 0
  const checked = code.replace(
    /^(?!\s*const )(\S.*?)\s+\/\/ (\[.*?\]|'.*?'|true|false)(?::.*)?$/gm,
    (_, expression, value) => {
      promises++
      return `check(${expression}, ${value})`
    },
  )
  const names = Object.keys(stats)
  const run = new Function('check', ...names, stripTypeScriptTypes(checked))
  run((actual: unknown, expected: unknown) => assert.deepEqual(actual, expected), ...Object.values(stats))
  assert.equal(promises, 27)
})
