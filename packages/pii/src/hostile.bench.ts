// node packages/pii/src/hostile.bench.ts
// One line per hostile text: milliseconds for 1 MiB and the ratio to half of it, which is 2 where the work is linear.
// Lines with many distinct values are bound by one HMAC (1.8 us) for each token, not by the recognisers.
import { createRedactor } from './redactor.ts'
import { tenantPiiKey } from './tenant-key.ts'

const units = [
  ['1', '1 ', '12 ', '1.', '1-', '1(', '12:', '1/2/', 'a1', 'a.', '@', 'a@', '"@', 'a%40', '(at)', '( ', ' ', '.b'],
  ['612-555-1212 ', '6125551212 ', 'order 6125551212 ', 'call 555-1234 ', '+1 ', '+54 9 11 2345 6789 ', '4242 '],
  ['4242 4242 4242 4242 ', '123-45-6789 ', '123456789 ', 'jane@example.com ', 'a at b dot ', 'é1', '\u200b1', '٣'],
  [`1${'a'.repeat(50)}`, `a@${'b.'.repeat(30)}`, '[PHONE:0123456789]'],
].flat()

function fastest(text: string, country: string): number {
  const redactor = createRedactor(tenantPiiKey(Buffer.alloc(32), 'bench'), { defaultCountry: country })
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    const start = performance.now()
    redactor.redact(text)
    best = Math.min(best, performance.now() - start)
  }
  return best
}

for (const unit of units) {
  const text = unit.repeat(Math.ceil(2 ** 20 / unit.length))
  const cells = ['US', 'DE'].map(country => {
    const whole = fastest(text, country)
    return `${country} ${whole.toFixed(0).padStart(4)} ms  x${(whole / fastest(text.slice(0, text.length / 2), country)).toFixed(1)}`
  })
  console.log(JSON.stringify(unit.slice(0, 20)).padEnd(24), cells.join('   '))
}
