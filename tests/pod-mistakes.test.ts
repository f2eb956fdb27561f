/** What an author of a pod gets wrong about state and detectors, each refused by the compiler at the line where the mistake is. */
import {
  detector,
  type EventKind,
  entity,
  entries,
  groups,
  kind,
  later,
  measured,
  near,
  own,
  row,
  rows,
  state,
  tick,
  unknown,
} from '@surety/contract'
import Type from 'typebox'

const { device, person, site } = groups('device', 'person', 'site')
const text = Type.String()
const read: EventKind['read'] = () => ({ ok: true, event: { payload: {}, ignored: [] } })
const hours = (n: number): number => n * 3_600_000

const sites = entity('site', { schema: Type.Object({ id: text, radius: Type.Number() }), held: 'snapshot', id: ['id'] })
const shifts = entity('shift', {
  schema: Type.Object({ code: text, person: text, start: text, end: text }),
  held: 'key',
  id: ['code'],
  keys: [{ group: 'person', of: shift => shift.person }],
  span: { of: shift => [shift.start, shift.end], longestMs: hours(48) },
})

const punch = kind('attendance.punch', {
  schema: Type.Object({ person: text, site: text, way: Type.Union([Type.Literal('in'), Type.Literal('out')]) }),
  read,
  groups: data => [person.of(data.person), site.of(data.site)],
})
const fix = kind('guard.location', {
  schema: Type.Object({ device: text, lat: Type.Number(), accuracy: Type.Number() }),
  read,
  groups: (data, reference) => [device.of(data.device), person.of(reference.get(sites, data.device)?.id)],
})

const fixes = entries({
  name: 'fixes',
  group: person,
  on: [fix],
  keep: { count: 20, ms: hours(24) },
  entry: ({ event: { at, data } }) => ({ at, accuracy: data.accuracy }),
})
const duty = entries({
  name: 'duty',
  group: person,
  on: [punch],
  keep: { count: 12, ms: hours(48) },
  entry: ({ event: { at, data } }) => ({ at, site: data.site, way: data.way }),
  link: {
    to: site,
    followedBy: [punch, fix],
    all: value => value.list.map(one => one.site).slice(-4),
    at: (value, at) => value.list.findLast(one => one.at < at)?.site ?? null,
  },
})
const ticked = tick('site', { every: 300_000, entity: sites, group: site })
const rule = { family: 'x', severity: 'LOW', confidence: 0.5 } as const

export const declared = () => {
  kind('a', {
    schema: Type.Object({ person: text }),
    read,
    // @ts-expect-error the field is called person
    groups: data => [person.of(data.guard)],
  })
  kind('b', {
    schema: Type.Object({ age: Type.Number() }),
    read,
    // @ts-expect-error a key is a text
    groups: data => [person.of(data.age)],
  })
  // @ts-expect-error there is no such group
  void groups('device', 'person').guard

  entries({
    name: 'a',
    group: person,
    on: [fix],
    keep: { count: 1, ms: hours(1) },
    // @ts-expect-error an entry carries its time
    entry: ({ event }) => ({ lat: event.data.lat }),
  })
  entries({
    name: 'b',
    group: person,
    on: [punch],
    keep: { count: 1, ms: hours(1) },
    // @ts-expect-error a punch has no accuracy
    entry: ({ event }) => ({ at: event.at, accuracy: event.data.accuracy }),
  })
  // @ts-expect-error what is kept is bounded
  entries({ name: 'c', group: person, on: [punch], entry: ({ event }) => ({ at: event.at }) })
  state({
    name: 'd',
    group: site,
    on: [punch],
    initial: { count: 0 },
    // @ts-expect-error a fold gives the value that it began with
    fold: value => ({ number: value.count + 1 }),
  })
  state({
    name: 'e',
    group: site,
    on: [punch],
    initial: { count: 0 },
    fold(value, x) {
      // @ts-expect-error a fold never sees a decision
      void x.decisions
      return value
    },
  })
  // @ts-expect-error a row that links is the only one of its kind in its group
  state({
    name: 'f',
    group: person,
    on: [punch],
    bucket: () => 'x',
    initial: { site: '' },
    fold: value => value,
    link: { to: site, followedBy: [fix], all: value => [value.site], at: value => value.site },
  })
  state({
    name: 'g',
    group: person,
    on: [punch],
    initial: { site: '' },
    fold: value => value,
    // @ts-expect-error a link of this row has no person
    link: { to: site, followedBy: [fix], all: value => [value.person], at: value => value.site },
  })

  detector('A', {
    ...rule,
    on: [fix],
    needs: { before: row(fixes), site: own(sites, site) },
    detect({ past }) {
      // @ts-expect-error it was not asked for
      void past.duty
      // @ts-expect-error it may be unknown
      void past.site.radius
      return past.before.list.length > 3 ? { value: 1 } : null
    },
  })
  detector('B', {
    ...rule,
    on: [fix, punch],
    needs: { moves: rows(fixes), next: later(duty), shifts: near(shifts, person, hours(1), 0) },
    detect({ event, past }) {
      // @ts-expect-error only a fix has an accuracy
      void event.data.accuracy
      if (event.kind === 'guard.location') void event.data.accuracy
      // @ts-expect-error there is no such kind
      if (event.kind === 'guard.scan') return null
      // @ts-expect-error a row of a shift has no guard
      void past.shifts[0]?.guard
      // @ts-expect-error what was measured has a value
      return measured({ severity: 'LOW' })
    },
  })
  detector('C', {
    ...rule,
    on: [fix],
    // @ts-expect-error why it cannot say is one of a list of words
    detect: () => unknown('no_idea'),
  })
  detector('F', {
    ...rule,
    on: [ticked],
    detect({ event }) {
      // @ts-expect-error a tick says for how long none was run
      void event.data.missed
      return event.data.gapMs > 0 ? unknown('feed_gap') : null
    },
  })
  // @ts-expect-error a tick is of an entity
  tick('site', { every: 300_000, group: site })
  // @ts-expect-error a severity is one of a list of words
  detector('D', { ...rule, severity: 'BAD', on: [fix], detect: () => null })
  // @ts-expect-error a limit is a setting with a range
  detector('E', { ...rule, limit: 3, on: [fix], detect: () => null })
  // @ts-expect-error what belongs to a case says to which one: it has a reader of its own
  kind('c', { schema: Type.Object({ case: text }), belongs: 'outcome' })
  const said = { outcome: 'broken', label: 1, source: 'reported' } as const
  kind('d', {
    schema: Type.Object({ case: text }),
    belongs: 'outcome',
    // @ts-expect-error of which question an outcome tells is a name; of all it names none
    read: () => ({ ok: true, event: { payload: {}, ignored: [], caseId: 'A', outcome: { ...said, question: null } } }),
  })
}
