/** The third pod, of nobody's installation: what the two of the house lack. No shared file names it. */
import {
  type Action,
  cases,
  detector,
  entity,
  entries,
  groups,
  kind,
  later,
  near,
  own,
  pod,
  question,
  row,
  setting,
  shaped,
  state,
  tick,
  unknown,
} from '@surety/contract'
import Type, { type Static } from 'typebox'

const Time = Type.String({ format: 'date-time' })
const minutes = (n: number): number => n * 60_000
const hours = (n: number): number => n * 3_600_000
export const { thermostat } = groups('thermostat')

/** What a heating engineer maintains: one cell of every form. */
export const thermostats = entity('thermostat', {
  schema: Type.Object({
    code: Type.String({ maxLength: 40 }),
    room: Type.String(),
    target: Type.Number({ minimum: 5, maximum: 30 }),
    active: Type.Optional(Type.Boolean()),
    floor: Type.Optional(Type.Integer()),
    kind: Type.Optional(Type.Enum(['radiator', 'floor'])),
    tags: Type.Array(Type.String()),
    fitted: Type.Union([Time, Type.Null()]),
    plan: Type.Optional(Type.Array(Type.Object({ hour: Type.Integer(), target: Type.Number() }))),
  }),
  held: 'snapshot',
  id: ['code'],
  keys: [{ group: 'room', of: row => row.room }],
})

/** When an engineer comes: found by thermostat and time. */
export const visits = entity('visit', {
  schema: Type.Object({ thermostat: Type.String(), engineer: Type.String(), start: Time, end: Time }),
  held: 'key',
  id: ['thermostat', 'start'],
  keys: [
    { group: 'thermostat', of: row => row.thermostat },
    { group: 'engineer', of: row => row.engineer },
  ],
  span: { of: row => [row.start, row.end], longestMs: 8 * 3_600_000 },
})

const code = Type.String({ minLength: 1, maxLength: 40, pattern: '^[A-Za-z0-9._-]+$' })
const Reading = Type.Object({ code, celsius: Type.Number({ minimum: -60, maximum: 150 }) })
export const reading = kind('thermostat.reading', {
  schema: Reading,
  rememberDays: 30,
  groups: data => [thermostat.of(data.code)],
})
const Ended = Type.Object({
  case: Type.String({ minLength: 1, maxLength: 128 }),
  word: Type.Enum(['broken', 'fine']),
  /** Of which question; left out: of all. */
  of: Type.Optional(Type.Enum(['failing', 'real'])),
})
const readEnded = shaped(Ended)
export const visited = kind('heating.visited', {
  schema: Ended,
  belongs: 'outcome',
  groups: (data, reference) => reference.groupsOfCase(data.case),
  read(data) {
    const read = readEnded(data)
    if (!read.ok) return read
    const { case: caseId, word, of } = read.event.payload as Static<typeof Ended>
    const named = of === undefined ? {} : { question: of }
    const outcome = { outcome: word, label: word === 'broken' ? 1 : 0, source: 'reported', ...named } as const
    return { ok: true, event: { ...read.event, caseId, outcome } }
  },
})

export const ticked = tick('thermostat', { every: minutes(10), entity: thermostats, group: thermostat })

export const readings = entries({
  name: 'readings',
  group: thermostat,
  on: [reading],
  keep: { count: 12, ms: hours(6) },
  entry: ({ event: { at, data } }) => ({ at, celsius: data.celsius }),
})

/** From when on no tick was missed: what came before may not have been heard. */
export const heard = state({
  name: 'heard',
  group: thermostat,
  on: [ticked],
  initial: { since: 0 },
  fold: (value, { event: { at, data } }) => (data.gapMs > 0 && at > value.since ? { since: at } : value),
})

const over = setting('over.degrees', 3, [0.5, 20], 'Degrees above the target.')
/** One warm reading between two that are not is an open oven: a late one knows the next. */
export const tooWarm = detector('TOO_WARM', {
  family: 'heat',
  severity: 'MEDIUM',
  confidence: 0.8,
  limit: over,
  on: [reading],
  needs: { mine: own(thermostats, thermostat), before: row(readings), after: later(readings) },
  detect({ event, past }) {
    if (past.mine === null) return unknown('not_configured')
    const excess = event.data.celsius - past.mine.target
    const next = past.after.list[0]
    const value = next === undefined ? excess : Math.min(excess, next.celsius - past.mine.target)
    const last = past.before.list.at(-1)
    return { value, severity: value > 8 ? 'CRITICAL' : 'MEDIUM', evidence: { last: last?.celsius ?? null } }
  },
})
const jump = setting('jump.degrees', 10, [1, 100], 'Degrees between two readings that follow each other.')
export const jumps = detector('JUMP', {
  family: 'sensor',
  severity: 'LOW',
  confidence: 0.6,
  limit: jump,
  atLeast: true,
  on: [reading],
  needs: { before: row(readings) },
  detect({ event, past }) {
    const last = past.before.list.at(-1)
    return last === undefined ? null : { value: Math.abs(event.data.celsius - last.celsius) }
  },
})

const silent = setting('silent.minutes', 30, [5, 600], 'Minutes without a reading.')
/** Only the silence that was listened to counts: over a gap nothing is known. */
export const gone = detector('SILENT', {
  family: 'link',
  severity: 'HIGH',
  confidence: 0.7,
  limit: silent,
  atLeast: true,
  on: [ticked],
  needs: { before: row(readings), heard: row(heard) },
  detect({ event: { at, data }, past, setting: set }) {
    const last = past.before.list.at(-1)
    if (last === undefined) return unknown('insufficient_history')
    const since = data.gapMs > 0 ? at : Math.min(past.heard.since, at)
    const value = (at - Math.max(last.at, since)) / minutes(1)
    return value < set(silent) && at - last.at >= minutes(set(silent)) ? unknown('feed_gap') : { value }
  },
})

export const action = (name: string, side: Action['side']): Action => ({
  name,
  side,
  alpha: 0.1,
  delta: 0.05,
  missBudget: side === 'clear' ? 0.2 : null,
  reversible: true,
  costOfWrong: 10,
  costOfReview: 1,
  capPerHour: null,
  auditRate: 0.02,
  certified:
    side === 'act'
      ? { state: 'acted', reason: 'above_threshold_certified' }
      : { state: 'suppressed', reason: 'certified_no' },
  byRule:
    side === 'act' ? { state: 'acted', reason: 'threshold_mode' } : { state: 'suppressed', reason: 'below_threshold' },
})

/** What comes within two hours about one thermostat and is of one type is one alert. */
export const alert = cases('alert', { group: thermostat, windowMs: () => hours(2) })
const words = { words: { broken: 1, fine: 0 }, positive: 'broken', negative: 'fine' } as const
export const common = {
  modelScope: 'tenant',
  outcomes: words,
  threshold: 0.5,
  defaultMode: 'asking',
  endings: { dryRun: { state: 'logged', reason: 'dry_run' }, stopped: { state: 'logged', reason: 'stopped' } },
  urgency: () => 'medium' as const,
  slaMinutes: { high: 15, medium: 60, low: 240 },
  maturityDays: 14,
} as const

/** Asked of every reading with a past. */
export const failing = question('failing', {
  ...common,
  asks: 'Is this heating about to fail?',
  on: [reading],
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
    slope: {
      kind: 'numeric',
      meaning: 'Degrees an hour over what is kept.',
      of({ event, past }) {
        const [first] = past.before.list
        return first === undefined ? null : ((event.data.celsius - first.celsius) / (event.at - first.at)) * hours(1)
      },
    },
    engineer_near: {
      kind: 'boolean',
      meaning: 'An engineer is there within an hour.',
      of: ({ past }) => past.visits.length > 0,
    },
    findings: { kind: 'numeric', meaning: 'Rules that fired.', of: ({ findings }) => findings.length },
  },
  about: ({ past }) => (past.before.list.length >= 2 ? [{ key: '' }] : []),
  askFrom: 0.5,
  hangs: { rule: alert, type: () => 'FAILING', severity: (_, p) => (p !== null && p >= 0.9 ? 'CRITICAL' : 'MEDIUM') },
  actions: { act: action('call_plumber', 'act'), clear: action('leave_alone', 'clear') },
  steps: name =>
    name === 'call_plumber' ? [{ step: 'call', channel: 'phone', text: 'A heating needs you.', afterMs: 0 }] : [],
})

/** Is what a rule saw real? Asked of each finding. */
export const real = question('real', {
  ...common,
  asks: 'Is this alert real?',
  on: [reading, ticked],
  about: ({ findings }) => findings.map(finding => ({ key: finding.code, finding })),
  features: {
    confidence: {
      kind: 'numeric',
      meaning: 'Confidence of the rule.',
      of: ({ subject }) => subject.finding?.confidence ?? null,
    },
    value: { kind: 'numeric', meaning: 'What was measured.', of: ({ subject }) => subject.finding?.value ?? null },
  },
  // Until there is a model, as probable as the rule that saw it is sure.
  rule: { version: 1, probability: ({ confidence }) => (typeof confidence === 'number' ? confidence : 0.5) },
  hangs: {
    rule: alert,
    type: ({ subject }) => subject.key,
    severity: ({ subject }) => subject.finding?.severity ?? 'LOW',
  },
  // Nothing is dismissed by itself: what is probably not real is asked like all that is not certain.
  actions: {
    // One engineer a day, whatever was found.
    act: { ...action('send_engineer', 'act'), once: { group: thermostat, key: () => 'engineer', windowMs: hours(24) } },
  },
  steps: () => [],
})

export const heating = pod({
  name: 'heating',
  kinds: { [reading.name]: reading, [visited.name]: visited },
  state: [readings, heard],
  entities: [thermostats, visits],
  detectors: [tooWarm, jumps, gone],
  ticks: [ticked],
  questions: [failing, real],
  lateAfterMs: hours(24),
  metrics: null,
  enrich: () => ({}),
  newCaseId: (now, random) =>
    `H${now.getTime().toString(16).padStart(12, '0')}-${random.toString(16).padStart(6, '0')}`,
  hasContacts: false,
  report: (caseId, word) => ({ kind: visited.name, data: { case: caseId, word } }),
  history: null,
  defaultSettings: {},
  checkSettings: () => [],
})
