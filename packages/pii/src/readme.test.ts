import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as pii from './index.ts'

/** Runs the code of the README in order; a line `expression // value` is a promise about the value. */
test('every example of the README runs and says what the README says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const code = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block).join('\n')
  let promises = 0
  const checked = code.replace(/^(?!\s*const )(\S.*?)\s+\/\/ ('.*?'|\d+|true)(?::.*)?$/gm, (_, expression, value) => {
    promises++
    return `check(${expression}, ${value})`
  })
  const run = new Function('check', ...Object.keys(pii), checked)
  run((actual: unknown, expected: unknown) => assert.deepEqual(actual, expected), ...Object.values(pii))
  assert.equal(promises, 9)
})
