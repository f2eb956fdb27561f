import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Lock, missingPlatforms } from '../scripts/lock/missing-platforms.ts'

const lock: Lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))

test('the lock file knows every platform of every package, or npm ci refuses it (node scripts/complete-lock.ts mends it)', () => {
  assert.deepEqual(Object.keys(missingPlatforms(lock)), [])
})

test('a package whose entry was left out is found, with the system it is for', () => {
  const { 'node_modules/@biomejs/cli-linux-x64': left, ...packages } = lock.packages
  assert.deepEqual(missingPlatforms({ packages }), {
    'node_modules/@biomejs/cli-linux-x64': {
      version: left?.version,
      cpu: ['x64'],
      os: ['linux'],
      dev: true,
      optional: true,
    },
  })
})

test('the lock file names no registry, and has the integrity of every package', () => {
  const packages = Object.entries(lock.packages).filter(([place, entry]) => place !== '' && entry.link !== true)
  assert.ok(packages.length > 100)
  for (const [place, entry] of packages) {
    assert.equal(entry.resolved, undefined, place)
    const ours = place.startsWith('packages/') || place.startsWith('pods/')
    const mend = `${place} has none: npm install --package-lock-only of what names it, in an empty folder, tells it`
    if (!ours) assert.match(entry.integrity ?? '', /^sha512-/, mend)
  }
})

test('workflows run actions of a commit that is named, because a tag can be moved', () => {
  const folder = '.github/workflows'
  const used = readdirSync(folder).flatMap(file => [
    ...readFileSync(`${folder}/${file}`, 'utf8').matchAll(/^\s*-?\s*uses: *(\S+)/gm),
  ])
  assert.ok(used.length > 0)
  for (const [, action] of used) assert.match(action!, /@[0-9a-f]{40}$/)
})
