/** Guards who carry devices and are on duty at sites: groups of three ranks, links from each to the next, folds that tell every order apart. */
import {
  detector,
  type Event,
  entries,
  type Folding,
  type Group,
  groups,
  type Json,
  type JsonObject,
  kind,
  later,
  pod,
  type QuestionSpec,
  question,
  type ReadResult,
  row,
  rows,
  setting,
  state,
  unknown,
} from '@surety/contract'
import Type from 'typebox'
import { action, common } from '../../../../../tests/thermostats/pod.ts'

export const { device, person, site } = groups('device', 'person', 'site')
const text = Type.String()
/** Its fold, or what its question is worked out from, throws: it is refused. */
const fails = Type.Optional(Type.Enum(['fold', 'feature']))
const read = (data: unknown): ReadResult => ({ ok: true, event: { payload: data as JsonObject, ignored: [] } })

export const handover = kind('guard.handover', {
  schema: Type.Object({ device: text, person: text, fails }),
  read,
  groups: data => [device.of(data.device), person.of(data.person)],
})
export const punch = kind('guard.punch', {
  schema: Type.Object({ person: text, site: text, way: text, fails }),
  read,
  groups: data => [person.of(data.person), site.of(data.site)],
})
/** It names its device only: the person is who held it then, the site where that person was on duty. */
export const fix = kind('guard.fix', {
  schema: Type.Object({ device: text, speed: Type.Number() }),
  read,
  groups: data => [device.of(data.device)],
})
const all = [handover, punch, fix]

const holder = entries({
  name: 'holder',
  group: device,
  on: [handover],
  keep: { count: 4, ms: 1e9 },
  entry: ({ event: { at, data } }) => ({ at, person: data.person }),
  link: {
    to: person,
    followedBy: [handover, fix],
    all: ({ list }) => [...new Set(list.map(one => one.person))],
    at: ({ list }, at) => list.findLast(one => one.at < at)?.person ?? null,
  },
})
const duty = entries({
  name: 'duty',
  group: person,
  on: [punch],
  keep: { count: 4, ms: 1e9 },
  entry: ({ event: { at, data } }) => ({ at, site: data.site, way: data.way }),
  link: {
    to: site,
    followedBy: [punch, fix],
    all: ({ list }) => [...new Set(list.map(one => one.site))],
    at({ list }, at) {
      const last = list.findLast(one => one.at < at)
      return last?.way === 'in' ? last.site : null
    },
  },
})
/** Whoever punches elsewhere has left. */
const present = entries({
  name: 'present',
  group: site,
  on: [punch],
  everywhere: true,
  bucket: x => x.event.data.person,
  keep: { count: 3, ms: 1e9 },
  entry: ({ event: { at, data }, here }) => ({ at, way: data.site === here ? data.way : 'out' }),
})
const speeds = entries({
  name: 'speeds',
  group: device,
  on: [fix],
  keep: { count: 6, ms: 60_000 },
  entry: ({ event: { at, data } }) => ({ at, speed: data.speed }),
})
/** In which row it is counted follows from what was found. */
const alarms = state({
  name: 'alarms',
  group: site,
  on: [fix, punch],
  bucket: ({ seen }) => seen.find(({ fired }) => fired)?.code ?? null,
  initial: { count: 0 },
  fold: ({ count }) => ({ count: count + 1 }),
})

/** Another value for every order of the same events, and for whatever was measured in them. Every event of a group changes it. */
const chainOf = (of: Group) =>
  state<(typeof all)[number], { count: number; hash: number }>({
    name: `${of.name}_chain`,
    group: of,
    on: all,
    everywhere: of === site,
    initial: { count: 0, hash: 7 },
    fold({ count, hash }, x: Folding<Event>) {
      if (of === person && failing(x.event) === 'fold') throw new Error('this fold fails')
      return { count: count + 1, hash: mixed(hash, x.event.id, x.seen) }
    },
  })
const [deviceChain, personChain, siteChain] = [chainOf(device), chainOf(person), chainOf(site)]

const failing = ({ data }: Event): Json | undefined => (data as JsonObject)['fails']
const mixed = (hash: number, ...of: readonly unknown[]): number =>
  [...JSON.stringify(of)].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0, hash)

/** Where the event stood, and what each of its groups was before it. */
export const placed = detector('PLACED', {
  family: 'place',
  severity: 'INFO',
  confidence: 1,
  limit: setting('placed.chains', 1e6, [0, 1e9], 'Never reached.'),
  on: all,
  needs: { device: row(deviceChain), person: row(personChain), site: row(siteChain) },
  detect: ({ key, past }) => ({
    value: past.device.count + past.person.count + past.site.count,
    evidence: {
      device: key(device),
      person: key(person),
      site: key(site),
      found: `${past.device.hash} ${past.person.hash} ${past.site.hash}`,
    },
  }),
})
/** A speed apart from the one before it and, where the fix comes late, from the one after it. */
const pace = detector('PACE', {
  family: 'pace',
  severity: 'LOW',
  confidence: 0.7,
  limit: setting('pace.apart', 6, [0, 10], 'Speeds that follow each other.'),
  on: [fix],
  needs: { before: row(speeds), after: later(speeds) },
  detect({ event, past: { before, after } }) {
    const [last, next] = [before.list.at(-1), after.list[0]]
    if (last === undefined) return unknown('insufficient_history', event.data.device)
    const apart = [last, ...(next === undefined ? [] : [next])].map(({ speed }) => Math.abs(event.data.speed - speed))
    return { value: Math.min(...apart), evidence: { last: last.at, next: next?.at ?? null } }
  },
})
const crowded = detector('CROWDED', {
  family: 'crowd',
  severity: 'MEDIUM',
  confidence: 0.9,
  limit: setting('crowded.people', 2, [0, 10], 'People who are on one site.'),
  atLeast: true,
  on: [punch],
  needs: { present: rows(present) },
  detect({ event, past }) {
    const here = [...past.present].filter(([, { list }]) => list.at(-1)?.way === 'in').map(([who]) => who)
    return { value: here.length, about: event.data.person, evidence: { here: here.toSorted().join() } }
  },
})

const rules = {
  ...common,
  outcomes: { words: { yes: 1, no: 0 }, positive: 'yes', negative: 'no' },
  steps: () => [],
} as const satisfies Partial<QuestionSpec>

const astray = question('astray', {
  ...rules,
  asks: 'Is this guard somewhere else?',
  on: [punch, fix],
  needs: { before: row(duty), after: later(duty), present: rows(present), chain: row(siteChain) },
  features: {
    since: {
      kind: 'numeric',
      meaning: 'Milliseconds since the last punch.',
      of: ({ event, past }) => event.at - (past.before.list.at(-1)?.at ?? event.at),
    },
    later: { kind: 'numeric', meaning: 'Punches that have come after it.', of: ({ past }) => past.after.list.length },
    known: { kind: 'numeric', meaning: 'People who were here once.', of: ({ past }) => past.present.size },
    chain: { kind: 'numeric', meaning: 'What this site was.', of: ({ past }) => past.chain.hash },
    findings: { kind: 'numeric', meaning: 'Rules that fired.', of: ({ findings }) => findings.length },
    late: { kind: 'boolean', meaning: 'It came late.', of: ({ event }) => event.late },
    fails: {
      kind: 'boolean',
      meaning: 'Never there.',
      of({ event }) {
        if (failing(event) === 'feature') throw new Error('this feature fails')
        return false
      },
    },
  },
  actions: { act: action('call_back', 'act'), clear: action('leave_be', 'clear') },
})
const idle = question('idle', {
  ...rules,
  asks: 'Is nobody with this device?',
  on: [fix],
  needs: { before: row(speeds), alarms: rows(alarms) },
  features: {
    sum: {
      kind: 'numeric',
      meaning: 'All speeds that are kept.',
      of: ({ past }) => past.before.list.reduce((sum, { speed }) => sum + speed, 0),
    },
    alarms: {
      kind: 'numeric',
      meaning: 'What was ever found where it is.',
      of: ({ past }) => [...past.alarms.values()].reduce((sum, { count }) => sum + count, 0),
    },
  },
  actions: { act: action('ring', 'act'), clear: action('let_lie', 'clear') },
})

export const guards = pod({
  name: 'guards',
  kinds: { [handover.name]: handover, [punch.name]: punch, [fix.name]: fix },
  state: [holder, duty, present, speeds, deviceChain, personChain, siteChain, alarms],
  detectors: [placed, pace, crowded],
  questions: [astray, idle],
  lateAfterMs: 30_000,
  metrics: null,
  enrich: () => ({}),
  newCaseId: (now, random) => `G${now.getTime().toString(36)}-${random.toString(36).padStart(5, '0')}`,
  hasContacts: false,
  report: (caseId, word) => ({ kind: 'guard.ended', data: { case: caseId, word } }),
  history: null,
  defaultSettings: {},
  checkSettings: () => [],
})
