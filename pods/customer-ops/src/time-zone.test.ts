import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hourInZone, isTimeZone } from './time-zone.ts'

const zones = [
  'UTC',
  'America/Chicago',
  'Europe/Berlin',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'America/St_Johns',
]

test('names of the IANA database are zones; offsets, blanks and invented places are not', () => {
  for (const zone of zones) assert.ok(isTimeZone(zone), zone)
  for (const zone of ['Mars/Olympus', '+02:00', '', ' ', 'UTC ', '__proto__']) assert.ok(!isTimeZone(zone), zone)
})

test('the hour follows the clocks of the zone through their changes', () => {
  const hours = (zone: string, ...moments: string[]) => moments.map(moment => hourInZone(new Date(moment), zone))
  assert.deepEqual(hours('America/Chicago', '2026-03-08T07:59:59.999Z', '2026-03-08T08:00:00Z'), [1, 3])
  assert.deepEqual(hours('Europe/Berlin', '2026-10-25T00:59:00Z', '2026-10-25T01:00:00Z'), [2, 2])
  assert.deepEqual(hours('Asia/Kathmandu', '2026-01-01T18:14:59Z', '2026-01-01T18:15:00Z'), [23, 0])
  assert.deepEqual(hours('UTC', '2026-01-01T00:00:00Z', '2026-01-01T23:59:59Z'), [0, 23])
})

test('for any moment and zone, in any order, the hour is the one that Intl tells', () => {
  const clocks = new Map(
    zones.map(zone => [
      zone,
      new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }),
    ]),
  )
  const moment = fc.date({ min: new Date('1960-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(
      moment,
      fc.integer({ min: -1_800_000, max: 1_800_000 }),
      fc.constantFrom(...zones),
      (at, near, zone) => {
        for (const time of [at, new Date(at.getTime() + near), at]) {
          const told = Number(clocks.get(zone)?.format(time).slice(11, 13))
          assert.equal(hourInZone(time, zone), told, `${time.toISOString()} ${zone}`)
        }
      },
    ),
    { numRuns: 500 },
  )
})
