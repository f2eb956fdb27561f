import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { enrichmentOff, enrichText } from './enrich-text.ts'
import { clauseEnd, wordsOf } from './words.ts'

type Row = readonly [text: string, intent: string, sentiment: string, urgency: string, score: number]

const facts: Readonly<Record<string, readonly Row[]>> = {
  1: [['URGENT: need an estimate for metal roof today', 'quote', 'neutral', 'high', 0.8]],
  2: [
    ['Thanks so much, your service is awesome!', 'quote', 'positive', 'medium', 0.7],
    ['I love it, no problem, thanks', 'quote', 'positive', 'medium', 0.7],
  ],
  3: [
    ['Very frustrated with the late repair and ongoing problems', 'support', 'negative', 'medium', 0.4],
    ['not happy, terrible, worst service', 'support', 'negative', 'medium', 0.4],
  ],
  4: [
    ['I have a warranty question about a leak repair', 'support', 'neutral', 'high', 0.6],
    ['urgent metal roof repair needed today', 'support', 'neutral', 'high', 0.6],
  ],
  5: [
    ['urgent warranty problem', 'support', 'negative', 'high', 0.5],
    ['I need a bid asap, very upset', 'quote', 'negative', 'high', 0.7],
  ],
  6: [
    ['more information please', 'info', 'neutral', 'medium', 0.5],
    ['This is great but I am angry', 'quote', 'neutral', 'medium', 0.7],
  ],
  7: [
    ['', 'quote', 'neutral', 'medium', 0.7],
    ['hello', 'quote', 'neutral', 'medium', 0.7],
  ],
  8: [['I know you made great snow guards', 'quote', 'positive', 'medium', 0.7]],
  9: [
    ['My contemplated plate template', 'quote', 'neutral', 'medium', 0.7],
    ['nowhere near ready', 'quote', 'neutral', 'medium', 0.7],
  ],
  10: [
    ['Saw you on Facebook, I have a question', 'info', 'neutral', 'medium', 0.5],
    ['I do not need a quote, just information', 'info', 'neutral', 'medium', 0.5],
  ],
  11: [
    ['No rush, just browsing, more information please', 'info', 'neutral', 'low', 0.4],
    ['Right now I am just browsing', 'quote', 'neutral', 'low', 0.6],
    ['It is not urgent', 'quote', 'neutral', 'low', 0.6],
  ],
}

function told(text: string): Row {
  const { intent, sentiment, urgency, score } = enrichText(text)
  return [text, intent, sentiment, urgency, score]
}

for (const [number, rows] of Object.entries(facts)) {
  test(`fact ${number}: ${rows.map(row => `"${row[0]}"`).join(' and ')}`, () => {
    for (const row of rows) assert.deepEqual(told(row[0]), row)
  })
}

test('fact 7: nothing said leaves the evidence at default', () => {
  for (const text of ['', 'hello']) {
    assert.deepEqual(enrichText(text).evidence, { intent: 'default', sentiment: 'default', urgency: 'default' })
  }
})

test('fact 12: with enrichment off the answer is unknown, neutral, medium, 0.5', () => {
  const { intent, sentiment, urgency, score, evidence } = enrichmentOff
  assert.deepEqual([intent, sentiment, urgency, score], ['unknown', 'neutral', 'medium', 0.5])
  assert.deepEqual(new Set(Object.values(evidence)), new Set(['default']))
})

test('a person sees the words that counted, with the negation that turned them', () => {
  assert.deepEqual(enrichText('Not happy. Two quotes and an estimate, it isn’t urgent').matched, {
    intent: ['quotes', 'estimate'],
    sentiment: ['not happy'],
    urgency: ['isn’t urgent'],
  })
})

test('a negation reaches three words, not four, and never past its clause or the word but', () => {
  assert.equal(enrichText('no one two quote').evidence.intent, 'default')
  assert.equal(enrichText('no one two three quote').evidence.intent, 'cue')
  assert.equal(enrichText('no, quote').evidence.intent, 'cue')
  assert.equal(enrichText('no\nquote').evidence.intent, 'cue')
  assert.equal(enrichText('no but quote').evidence.intent, 'cue')
  assert.equal(enrichText("I don't want a quote").evidence.intent, 'default')
})

test('a negated leak says nothing, neither about the wish nor about time', () => {
  assert.deepEqual(told('there is no leak').slice(1), ['quote', 'neutral', 'medium', 0.7])
})

test('forms of one cue count once, and a tie goes to quote, then support, then info', () => {
  assert.equal(enrichText('price prices pricing, repair, defect').intent, 'support')
  assert.equal(enrichText('price and repair and question').intent, 'quote')
  assert.equal(enrichText('question about a repair').intent, 'support')
})

test('a strong cue outweighs a low phrase, a low phrase outweighs a weak cue', () => {
  assert.equal(enrichText('no rush. emergency').urgency, 'high')
  assert.equal(enrichText('today, or next year').urgency, 'low')
  assert.equal(enrichText('not today').urgency, 'medium')
  assert.equal(enrichText('I am not just browsing').urgency, 'medium')
  assert.equal(enrichText('no hurry no rush').urgency, 'low')
})

test('full-width letters and curly apostrophes are read as their plain forms', () => {
  assert.equal(enrichText('ＱＵＯＴＥ').evidence.intent, 'cue')
  assert.equal(enrichText('I don’t need a quote').evidence.intent, 'default')
  assert.equal(enrichText('no！quote').evidence.intent, 'cue')
})

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(
      fc.constantFrom('no', 'not', 'quote', 'leak', 'urgent', 'rush', 'but', ',', '\n', 'happy', 'now', 'x', 'don’t'),
      {
        maxLength: 40,
      },
    )
    .map(parts => parts.join(' ')),
)

test('every text gets an answer in range, and the same answer again', () => {
  fc.assert(
    fc.property(anyText, text => {
      const told = enrichText(text)
      assert.deepEqual(enrichText(text), told)
      assert.ok(['quote', 'support', 'info'].includes(told.intent))
      assert.ok(
        told.score >= 0 && told.score <= 1 && Math.abs(told.score * 1000 - Math.round(told.score * 1000)) < 1e-9,
      )
      for (const field of ['intent', 'sentiment', 'urgency'] as const) {
        assert.equal(told.evidence[field] === 'cue', told.matched[field].length > 0)
      }
    }),
  )
})

test('clauses are read on their own: their cues add up whatever the order', () => {
  const clause = fc.array(fc.constantFrom('no', 'quote', 'leak', 'urgent', 'happy', 'rude', 'info', 'x'), {
    maxLength: 6,
  })
  fc.assert(
    fc.property(fc.array(clause, { maxLength: 5 }), clauses => {
      const lines = clauses.map(words => words.join(' '))
      assert.deepEqual(told(lines.join('. ')).slice(1), told(lines.toReversed().join('. ')).slice(1))
    }),
  )
})

test('words are whole: the characters between two of them are never word characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), text => {
      for (const word of wordsOf(text)) if (word !== clauseEnd) assert.match(word, /^[\p{L}\p{M}\p{Nd}'’ʼ]+$/u)
    }),
  )
})

test('reading twice as much text gives twice as many words: one pass, no second look', () => {
  const text = "no' ".repeat(500)
  assert.equal(wordsOf(text + text).length, 2 * wordsOf(text).length)
})
