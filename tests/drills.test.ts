// docs/drills.md is what was printed when each drill really ran: no drill without its section, no section that never ran.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { drills } from '../scripts/drills/drills.ts'

const page = readFileSync('docs/drills.md', 'utf8')

test('the page has every drill, in order, with what was done and printed, and no key', () => {
  const sections = page.split(/^## /m).slice(1)
  assert.deepEqual(
    sections.map(one => one.split('\n')[0]),
    drills.map(({ name }) => name),
  )
  for (const [n, { name, when }] of drills.entries()) {
    assert.ok(sections[n]!.includes(when), name)
    assert.match(sections[n]!, /^\$ (?:npx surety|curl|kill|pg_dump|psql|df) /m, name)
  }
  assert.doesNotMatch(page, /sty_[a-z2-7]{12}_[\w-]{43}/)
  assert.doesNotMatch(page, /postgres:\/\//)
})

test('every command that a drill types is one that there is', () => {
  const source = readFileSync('scripts/drills/drills.ts', 'utf8')
  const typed = [...source.matchAll(/npx surety ([a-z-]+)([^|'"`>]*)/g)]
  assert.ok(typed.length > 10)
  const usage = readFileSync('packages/server/src/main.ts', 'utf8')
  for (const [, command] of typed) assert.match(usage, new RegExp(`['"]?${command}['"]?:`), command)
})
