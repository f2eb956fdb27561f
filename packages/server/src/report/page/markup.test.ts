import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromFile, html, shortened } from './markup.ts'

test('text is escaped, markup is not, lists are joined and null is nothing', () => {
  const bold = html`<b>${'<&>'}</b>`
  assert.equal(html`${bold}${['"', "'", 3, null]}`.markup, '<b>&lt;&amp;&gt;</b>&quot;&#39;3')
})

test('no text whatever brings a tag, a quote, a control character or a turn of direction', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), text => {
      assert.doesNotMatch(html`${text}`.markup, /[<>"'\u202a-\u202e\u2066-\u2069]|(?![\t\n])\p{Cc}/u)
    }),
  )
})

test('a long value is cut between characters, not inside one', () => {
  assert.equal(shortened('😀'.repeat(5), 3), '😀😀…')
  assert.equal(fromFile('ab').markup, '<bdi class="file">ab</bdi>')
})
