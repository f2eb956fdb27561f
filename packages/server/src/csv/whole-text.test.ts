import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notUtf8, wholeText } from './whole-text.ts'

test('a file is one text without its byte order mark, or none where it is not UTF-8', () => {
  assert.equal(wholeText(Buffer.from('\ufeffcode,kitchen\n1,k\u00fcche\n')), 'code,kitchen\n1,küche\n')
  assert.equal(wholeText(Buffer.from('a\ufeff')), 'a\ufeff', 'within the text it is a letter')
  assert.equal(wholeText(Buffer.from('küche', 'latin1')), null)
  assert.match(notUtf8('rooms.csv'), /iconv .* rooms\.csv > NEW/)
})
