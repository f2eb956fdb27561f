import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { bankFile, demoCases, demoLead, shopFile } from './demo.ts'
import { bankDates } from './demo-dates.ts'
import { leadCreated } from './events/lead-created.ts'
import { customerOps } from './pod.ts'

const file = new URL('../../../data/leads/bank-additional-full.csv.gz', import.meta.url)
const [columns = [], ...rows] = gunzipSync(readFileSync(file))
  .toString()
  .trimEnd()
  .split(/\r?\n/)
  .map(line => line.split(';').map(cell => cell.replaceAll('"', '')))
const column = (name: string): string[] => rows.map(row => row[columns.indexOf(name)] ?? '')

test('every row of the bank file becomes a lead that is read whole, with 19 attributes and nothing known only later', () => {
  const settings = { time_zone: 'UTC', attributes: bankFile.attributes.map(({ name, kind }) => ({ name, kind })) }
  assert.deepEqual(customerOps.checkSettings(settings), [])
  assert.equal(rows.length, 41_188)
  const names = new Set<string>()
  for (const [at, row] of rows.entries()) {
    const result = leadCreated.read(demoLead(bankFile, row, columns, at + 1), { now: new Date('2010-12-01'), settings })
    assert.ok(result.ok, `row ${at + 1}`)
    const { payload, contact, ignored } = result.event
    assert.deepEqual(ignored, [])
    assert.equal(Object.keys(payload['attributes'] ?? {}).length, 19)
    assert.equal(payload['external_id'], `bank-${at + 1}`)
    assert.equal(payload['source'], 'demo')
    assert.match(contact?.email ?? '', /@example\.invalid$/)
    names.add(contact?.name ?? '')
  }
  assert.ok(names.size > 900, `${names.size} different names`)
  assert.ok(!bankFile.attributes.some(({ name }) => name === 'duration' || name === 'y'))
})

test('a row keeps its values under its own column names, dots as underscores', () => {
  const lead = demoLead(bankFile, rows[0] ?? [], columns, 1)
  assert.deepEqual(lead, demoLead(bankFile, rows[0] ?? [], columns, 1))
  assert.deepEqual(lead['attributes'], {
    age: 56,
    job: 'housemaid',
    marital: 'married',
    education: 'basic.4y',
    default: 'no',
    housing: 'no',
    loan: 'no',
    contact: 'telephone',
    month: 'may',
    day_of_week: 'mon',
    campaign: 1,
    pdays: 999,
    previous: 0,
    poutcome: 'nonexistent',
    emp_var_rate: 1.1,
    cons_price_idx: 93.994,
    cons_conf_idx: -36.4,
    euribor3m: 4.857,
    nr_employed: 5191,
  })
})

test('every row of the shop file becomes a lead of 17 attributes, over a year in the order of the file, one in six a buyer', () => {
  const [header = [], ...sessions] = gunzipSync(
    readFileSync(new URL('../../../data/leads/online-shoppers-intention.csv.gz', import.meta.url)),
  )
    .toString()
    .trimEnd()
    .split(/\r?\n/)
    .map(line => line.split(','))
  const settings = { time_zone: 'UTC', attributes: shopFile.attributes.map(({ name, kind }) => ({ name, kind })) }
  assert.deepEqual(customerOps.checkSettings(settings), [])
  const cases = demoCases(shopFile, header, sessions)
  assert.equal(cases.length, 12_330)
  assert.deepEqual(
    [cases[0]!.at, cases.at(-1)!.at].map(at => at.toISOString()),
    ['2024-01-01T00:21:18.832Z', '2024-12-30T23:38:41.167Z'],
  )
  let buyers = 0
  for (const { asks, answers } of cases) {
    const read = leadCreated.read(asks.data, { now: new Date('2025-01-01'), settings })
    assert.ok(read.ok)
    assert.deepEqual(read.event.ignored, [])
    assert.equal(Object.keys(read.event.payload['attributes'] ?? {}).length, 17)
    if (answers.data['outcome'] === 'booked') buyers++
  }
  assert.equal(buyers, 1908)
})

test('a file that is not the bank file is refused with the missing columns', () => {
  assert.throws(() => demoLead(bankFile, ['1'], ['age'], 1), /no column job/)
})

test('the dates of the file strictly increase, May 2008 to November 2010, each on its month, weekday and in office hours', () => {
  const months = column('month')
  const days = column('day_of_week')
  const dates = bankDates(months, days)
  assert.equal(dates.length, 41_188)
  assert.equal(dates[0]?.toISOString(), '2008-05-05T09:00:45.000Z')
  assert.equal(dates.at(-1)?.toISOString(), '2010-11-26T17:30:00.000Z')
  const weekday = new Intl.DateTimeFormat('en-US', { weekday: 'short', timeZone: 'UTC' })
  const month = new Intl.DateTimeFormat('en-US', { month: 'short', timeZone: 'UTC' })
  let last = 0
  for (const [at, date] of dates.entries()) {
    if (date.getTime() <= last) assert.fail(`row ${at + 1} is not after the row above`)
    last = date.getTime()
    // Formatting every row would be slow: all rows of a day have been checked by the first, and order by the line above.
    if (at > 0 && at % 25 !== 0) continue
    assert.equal(month.format(date).toLowerCase(), months[at])
    assert.equal(weekday.format(date).toLowerCase(), days[at])
    assert.ok(date.getUTCHours() >= 9 && date.getUTCHours() < 18)
  }
})

test('a month with more weeks in the file than in the calendar keeps order and month and moves as few rows as it can', () => {
  const days = ['fri', 'thu', 'fri', 'thu', 'fri', 'thu', 'fri', 'thu', 'fri', 'thu', 'fri', 'thu', 'mon']
  const dates = bankDates(
    days.map(() => 'may'),
    days,
  )
  const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
  assert.ok(dates.every((date, at) => at === 0 || date > (dates[at - 1] ?? date)))
  assert.ok(dates.every(date => date.toISOString().startsWith('2008-05')))
  // May 2008 has 5 Fridays and 5 Thursdays; of 13 rows at least 3 cannot fit: checked by hand.
  assert.equal(dates.filter((date, at) => weekdays[date.getUTCDay()] !== days[at]).length, 3)
})

test('the year advances when the month goes backwards, and unknown words are refused with their row', () => {
  const dates = bankDates(['dec', 'mar', 'mar', 'jan'], ['mon', 'tue', 'wed', 'thu'])
  assert.deepEqual(
    dates.map(date => date.toISOString()),
    ['2008-12-01T13:30:00.000Z', '2009-03-03T13:30:00.000Z', '2009-03-04T13:30:00.000Z', '2010-01-07T13:30:00.000Z'],
  )
  assert.throws(() => bankDates(['may', 'mai'], ['mon', 'mon']), /row 2/)
})
