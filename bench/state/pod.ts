import {
  detector,
  entries,
  kind,
  later,
  near,
  own,
  type Pod,
  pod,
  question,
  row,
  setting,
  unknown,
} from '@surety/contract'
import Type from 'typebox'
import { action, common, heating, thermostat, thermostats, visits } from '../../tests/thermostats/pod.ts'

const hours = (n: number): number => n * 3_600_000
const celsius = Type.Number({ minimum: -60, maximum: 150 })
const code = Type.String({ minLength: 1, maxLength: 40, pattern: '^[A-Za-z0-9._-]+$' })
const Reading = Type.Object({ code, celsius })

/** What a thermostat sends by itself: rules look at it, and nothing is asked. */
export const reading = kind('bench.reading', {
  schema: Reading,
  groups: data => [thermostat.of(data.code)],
})
/** What it sends as it is looked up: the same, and a question is asked. */
export const check = kind('bench.check', {
  schema: Reading,
  groups: data => [thermostat.of(data.code)],
})
const on = [reading, check]

const readings = entries({
  name: 'readings',
  group: thermostat,
  on,
  keep: { count: 12, ms: hours(6) },
  entry: ({ event: { at, data } }) => ({ at, celsius: data.celsius }),
})

const limit = (name: string, degrees: number) => setting(name, degrees, [0, 100], 'Degrees.')
const tooWarm = detector('BENCH_WARM', {
  family: 'heat',
  severity: 'MEDIUM',
  confidence: 0.8,
  limit: limit('bench.over', 3),
  on,
  needs: { mine: own(thermostats, thermostat), before: row(readings), after: later(readings) },
  detect({ event, past }) {
    if (past.mine === null) return unknown('not_configured')
    const next = past.after.list[0]
    const warmest = next === undefined ? event.data.celsius : Math.min(event.data.celsius, next.celsius)
    const value = warmest - past.mine.target
    return {
      value,
      severity: value > 8 ? 'HIGH' : 'MEDIUM',
      evidence: { last: past.before.list.at(-1)?.celsius ?? null },
    }
  },
})
const jumps = detector('BENCH_JUMP', {
  family: 'sensor',
  severity: 'LOW',
  confidence: 0.6,
  limit: limit('bench.jump', 10),
  atLeast: true,
  on,
  needs: { before: row(readings) },
  detect({ event, past }) {
    const last = past.before.list.at(-1)
    return last === undefined ? null : { value: Math.abs(event.data.celsius - last.celsius) }
  },
})
const drifts = detector('BENCH_DRIFT', {
  family: 'heat',
  severity: 'LOW',
  confidence: 0.5,
  limit: limit('bench.drift', 7.2),
  on,
  needs: { mine: own(thermostats, thermostat), before: row(readings) },
  detect({ past: { mine, before } }) {
    const { list } = before
    if (mine === null || list.length < 3) return null
    const mean = list.reduce((sum, one) => sum + one.celsius, 0) / list.length
    return { value: mean - mine.target, evidence: { readings: list.length } }
  },
})

const failing = question('failing', {
  ...common,
  asks: 'Is this heating about to fail?',
  on: [check],
  needs: {
    mine: own(thermostats, thermostat),
    before: row(readings),
    visits: near(visits, thermostat, hours(1), hours(1)),
  },
  features: {
    excess: {
      kind: 'numeric',
      meaning: 'Degrees over the target.',
      of: ({ event, past }) => (past.mine === null ? null : event.data.celsius - past.mine.target),
    },
    readings: { kind: 'numeric', meaning: 'Readings that are kept.', of: ({ past }) => past.before.list.length },
    engineer_near: {
      kind: 'boolean',
      meaning: 'An engineer is there within an hour.',
      of: ({ past }) => past.visits.length > 0,
    },
    findings: { kind: 'numeric', meaning: 'Rules that fired.', of: ({ findings }) => findings.length },
  },
  actions: { act: action('call_plumber', 'act'), clear: action('leave_alone', 'clear') },
  steps: () => [],
})

/** The thermostats of the tests, with two kinds: today a question is asked of every event of its kinds, and here of .3 of all. */
export const fullHeating: Pod = pod({
  ...heating,
  name: 'bench',
  kinds: { [reading.name]: reading, [check.name]: check },
  state: [readings],
  entities: [thermostats, visits],
  detectors: [tooWarm, jumps, drifts],
  questions: [failing],
  newCaseId: (now, random) => `B${now.getTime().toString(36)}-${random.toString(36).padStart(5, '0')}`,
  report: () => {
    throw new Error('nothing is reported in a bench')
  },
})
