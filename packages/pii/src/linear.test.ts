import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRedactor } from './redactor.ts'
import { tenantPiiKey } from './tenant-key.ts'

const redactor = createRedactor(tenantPiiKey(Buffer.alloc(32), 'linear'), { defaultCountry: 'US' })
const small = 100_000
/** The median of so many rounds is looked at: it is known as soon as more than half of them agree. */
const rounds = 5

/** Processor time of this thread and not the clock on the wall: what else the machine does is not counted. */
function work(text: string, times: number): number {
  const before = process.threadCpuUsage()
  for (let i = 0; i < times; i++) redactor.redact(text)
  const { user, system } = process.threadCpuUsage(before)
  return user + system
}
const filled = (unit: string, size: number): string => unit.repeat(Math.ceil(size / unit.length)).slice(0, size)
/** Times the work of a tenth of the text. */
const most = 15

// What makes a recogniser look far: digits without end, openings that never close, words that promise a number.
const hostile = ['1 ', '1(', 'a@', '"@', 'call 555-1234 ', 'ssn 123456789 ', '4242 4242 4242 4242 ']

for (const unit of hostile) {
  test(`ten times the text is about ten times the work: ${JSON.stringify(unit.slice(0, 24))}`, () => {
    const [short, long] = [filled(unit, small), filled(unit, 10 * small)]
    work(short, 2)
    const good: number[] = []
    const bad: number[] = []
    while (Math.max(good.length, bad.length) <= rounds / 2) {
      // Three short ones at once: one alone is over too soon to be measured well.
      const each = work(short, 3) / 3
      const ratio = work(long, 1) / each
      ;(ratio < most ? good : bad).push(ratio)
    }
    const told = bad.map(ratio => ratio.toFixed(1)).join(', ')
    assert.ok(good.length > bad.length, `1 MB took ${told} times the work of 100 kB; 10 is linear, 100 quadratic`)
  })
}
