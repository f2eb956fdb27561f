import assert from 'node:assert/strict'
import { test } from 'node:test'
import { longestPauseSeconds, nextMoment, scheduleFault } from './cron.ts'

/** Wall times whose moments are known: a gap is due once at its end, what comes twice is due the first time. */
const wallTimes = [
  ['Europe/Berlin', '2026-03-29 02:30', 'gap', '2026-03-29T01:00:00Z'],
  ['Europe/Berlin', '2026-10-25 02:30', 'twice', '2026-10-25T00:30:00Z'],
  ['America/New_York', '2026-03-08 02:30', 'gap', '2026-03-08T07:00:00Z'],
  ['America/New_York', '2026-11-01 01:30', 'twice', '2026-11-01T05:30:00Z'],
  ['Europe/London', '2026-03-29 01:30', 'gap', '2026-03-29T01:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-04 02:15', 'gap', '2026-10-03T15:30:00Z'],
  ['Australia/Lord_Howe', '2026-04-05 01:45', 'twice', '2026-04-04T14:45:00Z'],
  ['America/Santiago', '2026-09-06 00:15', 'gap', '2026-09-06T04:00:00Z'],
  ['Africa/Cairo', '2026-04-24 00:30', 'gap', '2026-04-23T22:00:00Z'],
  ['Asia/Kathmandu', '2026-06-01 08:00', 'once', '2026-06-01T02:15:00Z'],
  ['Pacific/Apia', '2011-12-30 12:00', 'gap', '2011-12-30T10:00:00Z'],
  ['Antarctica/Troll', '2026-03-29 01:30', 'gap', '2026-03-29T01:00:00Z'],
] as const

const dayMs = 86_400_000
const momentsFrom = (cron: string, timeZone: string, from: string, count: number): readonly string[] => {
  const found: string[] = []
  for (let at = new Date(from); found.length < count; ) {
    const next = nextMoment({ cron, timeZone }, at)
    assert.ok(next !== null && next > at)
    found.push(next.toISOString().slice(5, 16))
    at = next
  }
  return found
}

for (const [timeZone, wall, kind, moment] of wallTimes)
  test(`${wall} in ${timeZone} (${kind}) is due once, at ${moment}, whether it is a date or every day`, () => {
    const [, month, day, hour, minute] = wall.split(/[- :]/).map(Number)
    const due = new Date(moment)
    const from = new Date(due.getTime() - dayMs / 2)
    const once = { cron: `${minute} ${hour} ${day} ${month} *`, timeZone }
    assert.deepEqual(nextMoment(once, from), due)
    assert.ok(nextMoment(once, due)!.getTime() > due.getTime() + 300 * dayMs, 'not a second time')
    const daily = { cron: `${minute} ${hour} * * *`, timeZone }
    assert.deepEqual(nextMoment(daily, from), due)
    const next = nextMoment(daily, due)!.getTime() - due.getTime()
    assert.ok(next > 0.45 * dayMs && next < 1.1 * dayMs, `the next day as ever, after ${next} ms`)
  })

test('a schedule for every hour runs in every hour that exists, and misses nothing in a gap', () => {
  const berlin = 'Europe/Berlin'
  assert.deepEqual(momentsFrom('7 * * * *', berlin, '2026-03-28T23:30:00Z', 3), [
    '03-29T00:07',
    '03-29T01:07',
    '03-29T02:07',
  ])
  assert.deepEqual(momentsFrom('7 * * * *', berlin, '2026-10-24T23:30:00Z', 3), [
    '10-25T00:07',
    '10-25T01:07',
    '10-25T02:07',
  ])
})

test('several wall times in one gap are one run at its end, whatever comes after it', () => {
  assert.deepEqual(momentsFrom('*/5 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2), [
    '03-29T01:00',
    '03-30T00:00',
  ])
  assert.deepEqual(momentsFrom('30 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2), [
    '03-29T01:00',
    '03-29T01:30',
  ])
})

test('the pause between runs is the longest one: over a weekend for a schedule of weekdays', () => {
  const from = new Date('2026-06-01T00:00:00Z')
  const pause = (cron: string) => longestPauseSeconds({ cron, timeZone: 'UTC' }, from)
  assert.deepEqual([pause('7 * * * *'), pause('17 3 * * *'), pause('17 3 * * 1-5')], [3_600, 86_400, 3 * 86_400])
})

test('the pause of a schedule of office hours is that of its weekend, however close its runs are and whatever day it is', () => {
  for (const day of ['01', '05', '06'])
    for (const [cron, minutes] of [
      ['*/5 8-18 * * 1-5', 5],
      ['* 8-18 * * 1-5', 1],
      ['0 8-18 * * 1-5', 60],
    ] as const) {
      const found = longestPauseSeconds({ cron, timeZone: 'UTC' }, new Date(`2026-06-${day}T09:00:00Z`))
      // From the last run before Friday 19:00 to Monday 08:00.
      assert.equal(found, (2 * 24 + 13) * 3_600 + minutes * 60, `${cron} from ${day}`)
    }
  assert.equal(longestPauseSeconds({ cron: '* * * * *', timeZone: 'UTC' }, new Date('2026-06-01T09:00:00Z')), 60)
})

test('a schedule that cannot be kept is refused with the field that is wrong', () => {
  const from = new Date('2026-06-01T00:00:00Z')
  const fault = (cron: string, timeZone = 'UTC') => scheduleFault({ cron, timeZone }, from)?.path ?? null
  assert.equal(fault('17 3 * * *', 'Mars/Base'), 'time_zone')
  for (const cron of ['', 'x', '@daily', '61 * * * *', '* * * * * *', '0 0 31 2 *', '0 0 * *'])
    assert.equal(fault(cron), 'cron', cron)
  for (const cron of ['17 3 * * *', '*/10 6-22 * * MON-FRI', '0 0 L * *', '0 0 29 2 *'])
    assert.equal(fault(cron), null, cron)
})
