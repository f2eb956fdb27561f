import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failing, heating, jumps, thermostat, tooWarm } from '../../../../../tests/thermostats/pod.ts'
import type { Stateful } from '../item.ts'
import { recallOf } from './recall.ts'

const at = Date.parse('2027-03-01T12:00:00Z')
const reading = (code: string): Stateful =>
  ({
    pod: heating,
    raw: { tenant: 'acme' },
    named: [thermostat.of(code)],
    seen: { kind: 'thermostat.reading', id: code, tenant: 'acme', at, late: false, data: { code, celsius: 20 } },
  }) as unknown as Stateful

test('what several rules and questions need of reference data is read once for all of them', () => {
  assert.equal(heating.detectors.length, [tooWarm, jumps].length)
  const { places } = recallOf([reading('T1'), reading('T2')], [], new Set())
  const of = [tooWarm.needs['mine'], failing.needs?.['mine'], failing.needs?.['visits']].map(need =>
    need?.source.from === 'entity' ? places.get(need.source) : null,
  )
  assert.deepEqual(of, [0, 0, 1])
})
