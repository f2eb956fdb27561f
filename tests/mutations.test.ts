import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { statsMutations } from '../scripts/mutate/mutations.ts'
import { serviceMutations } from '../scripts/mutate/service-mutations.ts'

test('every known mistake is still one that can be made: its place is there, once, and so are its tests', () => {
  const wrong = [...statsMutations, ...serviceMutations].flatMap(({ name, file, from, tests }) => {
    const places = existsSync(file) ? readFileSync(file, 'utf8').split(from).length - 1 : 0
    const missing = tests.filter(path => !existsSync(path))
    return places === 1 && missing.length === 0
      ? []
      : [`${name}: ${places} places in ${file}; missing ${missing.join(', ')}`]
  })
  assert.deepEqual(wrong, [])
})
