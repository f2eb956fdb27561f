import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detector, type Pod, rows, state } from '@surety/contract'
import { failing, heating, reading, thermostat, tooWarm } from '../../../../../tests/thermostats/pod.ts'
import type { Stateful } from '../item.ts'
import { recallOf } from './recall.ts'

const noon = Date.parse('2027-03-01T12:00:00Z')
const dayMs = 86_400_000
const arrived = (code: string, at = noon, pod: Pod = heating): Stateful =>
  ({
    pod,
    raw: { tenant: 'acme' },
    kind: reading,
    caseId: null,
    questions: [],
    named: [thermostat.of(code)],
    seen: { kind: reading.name, id: code, tenant: 'acme', at, late: false, data: { code, celsius: 20 } },
  }) as unknown as Stateful

test('what several rules and questions need of reference data is read once for all of them', () => {
  const { places } = recallOf([arrived('T1'), arrived('T2')], [], new Set())
  const of = [tooWarm.needs['mine'], failing.needs?.['mine'], failing.needs?.['visits']].map(need =>
    need?.source.from === 'entity' ? places.get(need.source) : null,
  )
  assert.deepEqual(of, [0, 0, 1])
})

test('days that follow each other are looked up as one stretch, other buckets one by one', () => {
  const shape = { group: thermostat, on: [reading], initial: 0 as number, fold: (value: number) => value + 1 }
  const daily = state({ ...shape, name: 'daily', bucket: ({ event }) => new Date(event.at).toISOString().slice(0, 10) })
  const codes = state({ ...shape, name: 'codes', bucket: ({ event }) => event.data.code })
  const month = detector('MONTH', {
    family: 'heat',
    severity: 'LOW',
    confidence: 0.5,
    on: [reading],
    needs: { days: rows(daily, 30) },
    detect: () => null,
  })
  const pod: Pod = { ...heating, state: [daily, codes], detectors: [month], asked: new Map() }
  const events = [arrived('T1', noon, pod), arrived('T2', noon, pod), arrived('T3', noon - 60 * dayMs, pod)]
  const { plan, read } = recallOf(events, [], new Set())
  assert.deepEqual(
    plan.state.map(({ kind, buckets }) => [kind, ...(buckets ?? [])]),
    [
      ['daily', '2026-12-01', '2026-12-31'],
      ['daily', '2027-01-30', '2027-03-01'],
      ['codes', 'T1', 'T1'],
      ['codes', 'T2', 'T2'],
      ['codes', 'T3', 'T3'],
    ],
  )
  const days = read.get('daily')
  assert.ok(days instanceof Set && days.size === 62 && !days.has('2027-01-10'))
})
