import assert from 'node:assert/strict'
import { test } from 'node:test'
import { preview, searchTerms } from './search-terms.ts'

const privacy = {
  redact: (text: string) => ({ text: text.replace('612-555-1212', '[PHONE:0123456789]') }),
  contactWords: ({ name }: { name: string }) => [`n:${name.length}`],
}

test('each word may be a word of the text or of a name; a token is no name', () => {
  const terms = searchTerms('Metal 612-555-1212', privacy)
  assert.deepEqual(terms?.words, ['metal', 'phone:0123456789'])
  assert.equal(terms?.all, "('metal' | 'n:5') & 'phone:0123456789'")
  assert.equal(terms?.any, "('metal' | 'n:5') | 'phone:0123456789'")
})

test('signs without a single word ask for nothing', () => {
  for (const q of ['', '  ', '%', `'"&|!()<>:*\\`, '…']) assert.equal(searchTerms(q, privacy), null)
})

test('no quote, backslash or operator of a query reaches the index', () => {
  const terms = searchTerms(`o'neil & !x | (y) \\ "z":* <-> a:b`, privacy)
  const plain = /^(\('[\p{L}\p{N}]+' \| 'n:\d+'\)( & |$))+$/u
  assert.match(terms?.all ?? '', plain)
})

test('a preview holds the match, is never longer than 240 characters and marks what was cut', () => {
  assert.equal(preview('short  text', ['text']), 'short text')
  for (const at of [0, 50, 119, 120, 200, 900, 1990]) {
    const words = Array.from({ length: 400 }, () => 'filler').join(' ')
    const text = `${words.slice(0, at)} needle ${words.slice(at)}`
    const shown = preview(text, ['needle'])
    assert.ok([...shown].length <= 240, String([...shown].length))
    assert.ok(shown.includes('needle'), `at ${at}`)
    assert.ok(shown.endsWith('…'))
  }
  assert.ok([...preview('🦄'.repeat(500), ['none'])].length <= 240)
})
