import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportHtml } from './report-html.ts'
import type { ReportInput } from './report-input.ts'
import { acceptedModel, hostile, refusedModel, sampleInput } from './testing/sample-input.ts'

const noModel = (rows: number): ReportInput =>
  sampleInput(rows, { probability: new Float64Array(rows).fill(Number.NaN), models: [refusedModel(1, 30, 0.6)] })

function oneClass(): ReportInput {
  const input = sampleInput(600)
  input.outcome.fill(0)
  return input
}

const hostileInput = (): ReportInput => {
  const input = sampleInput(300, {
    title: hostile,
    pod: hostile,
    label: hostile,
    positive: hostile,
    timeColumn: hostile,
  })
  const columns = input.columns.map(column => ({ ...column, name: hostile, kind: hostile, examples: [hostile] }))
  const model = { ...refusedModel(1, 30, 0.6), sentence: hostile }
  const reasons = { [hostile]: 3 }
  return { ...input, columns, warnings: [hostile], models: [model, acceptedModel(2, 40, 0.7)], reasons }
}

const odd: readonly (readonly [string, ReportInput])[] = [
  ['no decision', sampleInput(0)],
  ['one row', sampleInput(1)],
  ['no model ever', noModel(500)],
  ['one outcome only', oneClass()],
  ['no outcome known', sampleInput(300, { outcome: new Int8Array(300).fill(-1), outcomes: 0 })],
  ['hostile names', hostileInput()],
]

for (const [name, input] of odd) {
  test(`a history with ${name} gives a whole page without a broken number`, () => {
    const page = reportHtml(input)
    assert.doesNotMatch(page, /\b(NaN|Infinity|undefined|null)\b/)
    assert.equal(page.match(/<svg /g)?.length, 7)
    assert.equal(page.match(/<svg [^>]*role="img"[^>]*><title id="[a-z]+-title">[^<]+<\/title><desc /g)?.length, 7)
    assert.ok(page.endsWith('</body></html>\n'))
  })
}

test('each further set of budgets has its rows, its dashed steps, and the verdict on its promise', () => {
  const input = sampleInput(3000)
  const [yes, no] = input.actions
  const strict = { ...input, actions: [yes!, { ...no!, alpha: 0.002 }], asked: 1500 }
  const page = reportHtml({ ...input, others: [strict] }).replaceAll('\u00a0', ' ')
  assert.match(page, /a person was then asked in 50 % of cases/)
  assert.equal(page.match(/class="step other"/g)?.length, 12, 'the act has the budget it had')
  assert.match(page, /<title>no with a budget of 0\.2 %<\/title>/)
  const verdicts = [...page.matchAll(/<td>(kept|not kept|–)<\/td>/g)].map(([, verdict]) => verdict)
  assert.deepEqual(verdicts, ['–', 'kept', '–', 'not kept'])
  assert.doesNotMatch(reportHtml(input), /With other budgets|step other"/)
})

test('nothing a file says becomes markup', () => {
  const page = reportHtml(hostileInput())
  assert.doesNotMatch(page, /<script|<img|\u202e|(?!\n)\p{Cc}/u)
  assert.match(page, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/)
})

test('the page loads nothing: no address, no script, and a policy that forbids both', () => {
  const page = reportHtml(sampleInput(3000))
  assert.doesNotMatch(page, /https?:|<script|<link|url\(|@import| src=| on[a-z]+=/)
  assert.match(page, /Content-Security-Policy" content="default-src 'none';/)
})

test('the first words say the AUC with its interval and n, since when a model served and why nights were refused', () => {
  const page = reportHtml(sampleInput(3000)).replaceAll('\u00a0', ' ')
  assert.match(page, /AUC <strong>0\.\d{3}<\/strong>, 95 % interval 0\.\d{3} to 0\.\d{3},\s+n = 2,000 decisions/)
  assert.match(
    page,
    /A model served from <strong>17 Feb 2024<\/strong>.*<strong>1,000<\/strong> of 3,000 decisions \(33 %\)/,
  )
  assert.match(page, /refused, most often because it ranked the later cases worse than the floor allows \(1 of 1\)/)
})

test('an overall AUC that comes from good and bad times is not left standing alone', () => {
  const rows = 6000
  const later = (i: number): boolean => i >= rows / 2
  // Scores know the half of the history and nothing else; outcomes are four times as frequent in the second half.
  const input = sampleInput(rows, {
    probability: Float64Array.from({ length: rows }, (_, i) => (later(i) ? 0.4 : 0.1) + ((i * 7919) % 101) / 10_000),
    outcome: Int8Array.from({ length: rows }, (_, i) => (i % 10 < (later(i) ? 4 : 1) ? 1 : 0)),
  })
  assert.match(reportHtml(input), /among cases of the same time it is <strong>0\.(4|5)\d\d<\/strong>/)
  assert.doesNotMatch(reportHtml(sampleInput(rows)), /among cases of the same time/)
})

test('three hundred verdicts stay readable: refusals in a row are one line, and no sentence is lost', () => {
  const models = Array.from({ length: 300 }, (_, i) =>
    i % 100 === 99 ? acceptedModel(i + 1, i, 0.7) : refusedModel(i + 1, i, 0.5 + i / 3000),
  )
  const page = reportHtml(sampleInput(3000, { models }))
  assert.equal(page.match(/>99 refused</g)?.length, 3)
  for (const { sentence } of models) assert.ok(page.includes(sentence))
  assert.match(page, /All 99 sentences/)
})

test('verdicts that change every night fold all but the newest', () => {
  const models = Array.from({ length: 60 }, (_, i) =>
    i % 2 === 0 ? acceptedModel(i + 1, i, 0.7) : refusedModel(i + 1, i, 0.6),
  )
  assert.match(reportHtml(sampleInput(3000, { models })), /<summary>44 earlier rows<\/summary>/)
})
