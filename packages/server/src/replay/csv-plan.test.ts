import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { PodHistory } from '@surety/contract'
import { type CsvWish, planCsv } from './csv-plan.ts'
import { csvSource, misfitWarnings } from './csv-source.ts'
import type { HistoryItem } from './world.ts'

const anyHistory: PodHistory = {
  asks: 'ask',
  answers: 'answer',
  caseId: ({ number }) => String(number),
  askData: ({ subject, cells }, caseId) =>
    subject === '' ? { row_id: caseId, columns: cells } : { row_id: caseId, subject, columns: cells },
  answerData: (caseId, label) => ({ row_id: caseId, label, source: 'imported' }),
  settings: () => ({ ok: true, settings: {} }),
}

let folder = ''
let files = 0
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'surety-plan-'))
})
test.after(() => rm(folder, { recursive: true, force: true }))

const nothing = { label: 'y', time: null, positive: null, subject: null, ignore: [], knownLater: [], windowDays: null }

async function plan(text: string | Buffer, wish: Partial<CsvWish> = {}) {
  const file = join(folder, `${files++}.csv`)
  await writeFile(file, text)
  return planCsv({ file, ...nothing, ...wish })
}

async function itemsOf(text: string, wish: Partial<CsvWish> = {}) {
  const planned = await plan(text, wish)
  const { source, misfits } = csvSource(planned, 't', 1000, anyHistory)
  const items: HistoryItem[] = []
  for await (const piece of source) items.push(...piece.items)
  return { planned, items, warnings: misfitWarnings(misfits) }
}

const rows = (count: number, of: (row: number) => string) =>
  Array.from({ length: count }, (_, row) => of(row)).join('\n')

test('labels are 0/1, yes/no, true/false or what --positive says; anything else is a sentence', async () => {
  const file = (...labels: string[]) => `x,y\n${labels.map((label, at) => `${at % 3},${label}`).join('\n')}\n`
  for (const pair of [
    ['1', '0'],
    ['1.0', '0.0'],
    ['Yes', 'no'],
    ['TRUE', 'False'],
  ])
    assert.deepEqual((await plan(file(...pair, ''))).labels, {
      positive: pair[0],
      positives: 1,
      negatives: 1,
      missing: 1,
    })
  const won = await plan(file('won', 'lost', 'open'), { positive: 'won' })
  assert.deepEqual(won.labels, { positive: 'won', positives: 1, negatives: 2, missing: 0 })
  await assert.rejects(plan(file('won', 'lost', 'open')), {
    code: 'label_unclear',
    message: /won, lost, open.*--positive/,
  })
  await assert.rejects(plan(file('1', '1')), { code: 'label_one_class' })
  await assert.rejects(plan(file('', 'NA')), { code: 'label_missing' })
  await assert.rejects(plan(file('1', '0'), { positive: 'yes' }), { code: 'label_unknown', message: /1, 0/ })
  await assert.rejects(plan(file('1', '0'), { label: 'z' }), { code: 'no_such_column', message: /--label z.*x, y/ })
})

test('where only the yes are reported every other row is a no that nobody tells, empty or not', async () => {
  const file = (...labels: string[]) => `x,y\n${labels.map((label, at) => `${at % 3},${label}`).join('\n')}\n`
  await assert.rejects(plan(file('1', '', 'NA')), { code: 'label_one_class', message: /2 rows without one .*--window/ })
  for (const labels of [
    ['1', '', 'NA'],
    ['1', '0', ''],
    ['0', '1', '0'],
  ]) {
    const { planned, items } = await itemsOf(file(...labels), { windowDays: 3 })
    assert.deepEqual(planned.labels, { positive: '1', positives: 1, negatives: 2, missing: 0 })
    assert.deepEqual(
      items.map(({ answer }) => answer !== null),
      labels.map(label => label === '1'),
    )
    assert.doesNotMatch(planned.warnings.join('\n'), /no label/)
  }
  await assert.rejects(plan(file('1', '1'), { windowDays: 3 }), { code: 'label_one_class' })
  await assert.rejects(plan(file('0', ''), { windowDays: 3 }), { code: 'label_one_class' })
})

test('a column that is constant in the first rows and moves later is learned from', async () => {
  const { columns } = await plan(
    `x,rate,same,y\n${rows(6000, row => `${row % 9},${row < 5500 ? 1.1 : -1.8},a,${row % 2}`)}`,
  )
  const of = (name: string) => columns.find(column => column.name === name)
  assert.deepEqual([of('rate')?.use, of('rate')?.kind], ['feature', 'numeric'])
  assert.deepEqual([of('same')?.use, of('same')?.because], ['left_out', 'always the same'])
})

test('a column that gives the answer away is warned of and kept; one known later is left out', async () => {
  const text = `late,noise,y\n${rows(400, row => `${row % 2 === 0 ? row : 10_000 + row},${(row * 7919) % 97},${row % 2}`)}`
  const warned = await plan(text)
  assert.match(warned.warnings.join('\n'), /Column late alone ranks the first 400 rows with AUC 1\.000/)
  assert.doesNotMatch(warned.warnings.join('\n'), /noise/)
  const told = await plan(text, { knownLater: ['late'] })
  assert.match(told.warnings.join('\n'), /Column late is known only after the outcome/)
  assert.equal(told.columns[0]?.use, 'known_later')
})

test('rows without a time column are spread evenly over 60 days in their order, and it says so', async () => {
  const { items, planned } = await itemsOf(`x,y\n${rows(120, row => `${row % 5},${row % 2}`)}`)
  assert.match(planned.warnings.join('\n'), /no time column/)
  assert.deepEqual(items[1]!.at - items[0]!.at, 12 * 3_600_000)
  assert.deepEqual(items[119]!.at - items[0]!.at, 119 * 12 * 3_600_000)
  assert.equal(items[0]!.answerAt - items[0]!.at, 1000)
})

test('rows out of order are sorted by their time, equal times in the order of the file', async () => {
  const text = 'at,x,y\n2024-01-03,1,1\n2024-01-01,2,0\n2024-01-03,3,1\n2024-01-02,4,0\n'
  const { items, planned } = await itemsOf(text, { time: 'at' })
  assert.deepEqual(
    items.map(item => item.row),
    [2, 4, 1, 3],
  )
  assert.match(planned.warnings.join('\n'), /not in order/)
  await assert.rejects(plan('at,x,y\n2024-01-03,1,1\nsoon,2,0\n', { time: 'at' }), { code: 'time_unreadable', row: 2 })
  await assert.rejects(plan('at,x,y\n1970-01-03,1,1\n2099-01-01,2,0\n', { time: 'at' }), { code: 'time_span' })
  await assert.rejects(plan('at,x,y\n2024-01-03,1,1\n1024-01-01,2,0\n', { time: 'at' }), {
    code: 'time_unreadable',
    row: 2,
    message: /must lie between 1970-01-01 and 2100-01-01/,
  })
})

test('a cell of another kind counts as missing, with the first row; a row without label is never answered', async () => {
  const { items, warnings } = await itemsOf(
    `age,y,who\n${rows(5000, row => `${row % 60},${row % 2},c${row % 9}`)}\nold,,c1\n`,
    {
      subject: 'who',
    },
  )
  assert.deepEqual(items.at(-1)!.ask.data, { row_id: '5001', subject: 'c1', columns: {} })
  assert.equal(items.at(-1)!.answer, null)
  assert.deepEqual(items[1]!.answer?.data, { row_id: '2', label: 1, source: 'imported' })
  assert.match(warnings.join(), /age: 1 value is .*row 5001/)
})
