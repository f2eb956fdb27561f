import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tenantPrivacy } from './tenant-privacy.ts'

const privacy = tenantPrivacy(Buffer.alloc(32, 7), 'acme', 'US')
const wordsOf = (contact: object): readonly string[] => privacy.readContact(contact).words

test('a person is found by each word of the name and of the company, and a word of both is there once', () => {
  const name = wordsOf({ name: 'Ada Ardenberg' })
  const company = wordsOf({ company: 'Ardenberg & Co' })
  assert.equal(name.length, 2)
  const both = wordsOf({ name: 'Ada Ardenberg', company: 'Ardenberg & Co' })
  assert.deepEqual([...both].sort(), [...new Set([...name, ...company])].sort())
  assert.equal(both.length, 3)
  assert.deepEqual(wordsOf({}), [])
})

test('the last word of a name and the first of a company stay two', () => {
  assert.deepEqual(wordsOf({ name: 'Ada', company: 'Lovelace' }), wordsOf({ name: 'Ada Lovelace' }))
  assert.deepEqual(wordsOf({ name: 'Jose', company: '\u0301clair' }), [
    ...wordsOf({ name: 'Jose' }),
    ...wordsOf({ company: 'clair' }),
  ])
})
