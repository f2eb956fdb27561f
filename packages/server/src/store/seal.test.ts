import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { dataKeys, openContact, sealContact } from './seal.ts'

const old = randomBytes(32)
const keys = dataKeys([old])

test('what was sealed opens to the same fields, whatever text they hold', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 })
  const contact = fc.record({ name: text, phone: text, email: text, company: text }, { requiredKeys: [] })
  fc.assert(
    fc.property(contact, given =>
      assert.deepEqual(openContact(keys, 't', 'c', sealContact(keys, 't', 'c', given)), { ...given }),
    ),
  )
})

test('a value does not open in another tenant or case, nor after any single byte was changed', () => {
  const sealed = sealContact(keys, 't', 'c', { name: 'Jane Doe', email: 'jane@example.com' })
  assert.throws(() => openContact(keys, 't2', 'c', sealed))
  assert.throws(() => openContact(keys, 't', 'c2', sealed))
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed)
    changed[at] = changed[at]! ^ 1
    assert.throws(() => openContact(keys, 't', 'c', changed), `byte ${at}`)
  }
  assert.doesNotMatch(sealed.toString('latin1'), /Jane|example/)
})

test('equal contacts are sealed differently, and old keys stay readable after a rotation', () => {
  const contact = { name: 'Jane Doe' }
  assert.notDeepEqual(sealContact(keys, 't', 'c', contact), sealContact(keys, 't', 'c', contact))
  const rotated = dataKeys([randomBytes(32), old])
  assert.deepEqual(openContact(rotated, 't', 'c', sealContact(keys, 't', 'c', contact)), contact)
  assert.throws(() => openContact(keys, 't', 'c', sealContact(rotated, 't', 'c', contact)), /DATA_KEY/)
})
