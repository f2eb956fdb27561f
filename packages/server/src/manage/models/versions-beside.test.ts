import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Scorer } from '../../model/scorer.ts'
import { versionsBeside } from './versions-beside.ts'

const scorer = (digest: string): Scorer => ({
  version: 1,
  digest,
  score: () => ({ probability: 0.5, notes: [], cannot: null }),
})

/** Models `a1`, `a2`, … of acme, `*1`, `*2`, … of all; `loads` in their order. */
function world(most: number) {
  const loads: string[] = []
  const versions = versionsBeside(async (tenant, digest) => {
    loads.push(digest)
    const scope = digest[0] === '*' ? '*' : 'acme'
    if (scope !== '*' && scope !== tenant) return null
    return digest.endsWith('untrusted') ? null : { scope, scorer: scorer(digest) }
  }, most)
  return { versions, loads }
}

test('a version that was loaded is there for the line, and is not loaded again', async () => {
  const { versions, loads } = world(3)
  assert.equal(versions.get('acme', 'a1'), null)
  await versions.cover('acme', 'a1')
  assert.equal(versions.get('acme', 'a1')?.digest, 'a1')
  assert.equal(versions.cover('acme', 'a1'), null)
  assert.deepEqual(loads, ['a1'])
})

test('one of all serves every tenant, one of a tenant nobody else', async () => {
  const { versions } = world(3)
  await versions.cover('acme', '*1')
  await versions.cover('acme', 'a1')
  assert.equal(versions.get('borg', '*1')?.digest, '*1')
  assert.equal(versions.get('borg', 'a1'), null)
})

test('what is not to be trusted is not there, and is looked at again', async () => {
  const { versions, loads } = world(3)
  await versions.cover('acme', 'a untrusted')
  await versions.cover('acme', 'a untrusted')
  assert.equal(versions.get('acme', 'a untrusted'), null)
  assert.equal(loads.length, 2)
})

test('beyond a number those go that were not asked for longest', async () => {
  const { versions } = world(2)
  for (const digest of ['a1', 'a2', 'a1', 'a3']) await versions.cover('acme', digest)
  assert.deepEqual(
    ['a1', 'a2', 'a3'].map(digest => versions.get('acme', digest) !== null),
    [true, false, true],
  )
})
