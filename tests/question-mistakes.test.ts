/** What an author of a pod gets wrong about questions, cases and ticks, each refused by the compiler at the line where the mistake is. */
import { cases, entity, entries, groups, kind, own, question, row, setting, tick } from '@surety/contract'
import Type from 'typebox'
import { action, common } from './thermostats/pod.ts'

const hours = (n: number): number => n * 3_600_000
const { person, site } = groups('person', 'site')
const text = Type.String()
const sites = entity('site', { schema: Type.Object({ id: text, radius: Type.Number() }), held: 'snapshot', id: ['id'] })
const punch = kind('attendance.punch', {
  schema: Type.Object({ person: text, site: text, face: Type.Optional(Type.Number()) }),
  groups: data => [person.of(data.person), site.of(data.site)],
})
const fix = kind('guard.location', {
  schema: Type.Object({ person: text, accuracy: Type.Number() }),
  groups: data => [person.of(data.person)],
})
const fixes = entries({
  name: 'fixes',
  group: person,
  on: [fix],
  keep: { count: 9, ms: hours(9) },
  entry: ({ event: { at, data } }) => ({ at, accuracy: data.accuracy }),
})
const ticked = tick('site', { every: 300_000, entity: sites, group: site })
const alert = cases('alert', { group: site, windowMs: () => hours(2) })
const far = setting('far.meters', 100, [1, 1000], 'Meters.')

const sides = { act: action('act', 'act'), clear: action('clear', 'clear') }
const rest = { ...common, asks: 'Is it real?', actions: sides, steps: () => [], features: {} }
const type = () => 'X'
const severity = () => 'LOW' as const
const one = { kind: 'numeric', meaning: 'One.' } as const

export const declared = () => {
  question('a', {
    ...rest,
    on: [punch],
    features: {
      // @ts-expect-error a feature is a number, a word, true, false, or missing: this may be undefined
      face: { ...one, of: ({ event }) => event.data.face },
      // @ts-expect-error a punch has no accuracy
      accuracy: { ...one, of: ({ event }) => event.data.accuracy },
      // @ts-expect-error a feature has a kind of a list
      kind: { kind: 'number', meaning: 'One.', of: () => 1 },
      // @ts-expect-error a feature says what it means
      silent: { kind: 'numeric', of: () => 1 },
    },
  })
  question('b', {
    ...rest,
    on: [fix],
    needs: { before: row(fixes), mine: own(sites, site) },
    features: {
      // @ts-expect-error it was not asked for
      duty: { ...one, of: ({ past }) => past.duty.list.length },
      // @ts-expect-error it may be unknown
      radius: { ...one, of: ({ past }) => past.mine.radius },
      // @ts-expect-error an entry has no speed
      speed: { ...one, of: ({ past }) => past.before.list.at(-1)?.speed ?? null },
      // @ts-expect-error what was decided is not known yet
      decided: { ...one, of: x => x.decisions.length },
      // @ts-expect-error a setting is a constant, not its name
      limit: { ...one, of: x => x.setting('far.meters') },
      far: { ...one, of: x => x.setting(far) },
    },
  })
  // @ts-expect-error what is needed is a row, rows, what is later, an own entity or what is near: not the state itself
  question('c', { ...rest, on: [fix], needs: { before: fixes } })
  // @ts-expect-error a question stands on kinds, not on their names
  question('d', { ...rest, on: ['attendance.punch'] })
  // @ts-expect-error an action is done on one of two sides
  question('e', { ...rest, on: [punch], actions: { act: action('a', 'do'), clear: action('c', 'clear') } })
  question('f', { ...rest, on: [punch], actions: { act: action('a', 'act') } })
  question('f', { ...rest, on: [punch], actions: { clear: action('c', 'clear') } })
  // @ts-expect-error one side at least is there
  question('f', { ...rest, on: [punch], actions: {} })
  // @ts-expect-error a side that is missing is left out
  question('f', { ...rest, on: [punch], actions: { act: action('a', 'act'), clear: null } })

  const act = { ...action('a', 'act'), once: { group: person, key: () => 'a', windowMs: hours(1) } }
  question('f', { ...rest, on: [punch], actions: { act } })
  // @ts-expect-error the group that holds it is a constant, not its name
  question('f', { ...rest, on: [punch], actions: { act: { ...act, once: { ...act.once, group: 'person' } } } })
  // @ts-expect-error what is done once is so within a window
  question('f', { ...rest, on: [punch], actions: { act: { ...act, once: { group: person, key: () => 'a' } } } })
  question('f', {
    ...rest,
    on: [fix],
    // @ts-expect-error a key is a text, made of what the question sees: a fix has no site
    actions: { act: { ...act, once: { ...act.once, key: ({ event }) => event.data.site } } },
  })
  const half = () => 0.5
  // @ts-expect-error another rule has another version
  question('f', { ...rest, on: [punch], rule: { probability: half } })
  // @ts-expect-error a rule says how probable it is: what it cannot say is an error
  question('f', { ...rest, on: [punch], rule: { version: 1, probability: () => null } })
  question('f', {
    ...rest,
    on: [fix],
    features: { accuracy: { ...one, of: ({ event }) => event.data.accuracy } },
    rule: {
      version: 1,
      // @ts-expect-error a rule sees the features alone, as a model does
      probability: ({ event }) => (event.data.accuracy > 10 ? 1 : 0),
    },
  })
  question('f', {
    ...rest,
    on: [fix],
    features: { accuracy: { ...one, of: ({ event }) => event.data.accuracy } },
    // @ts-expect-error a feature may be missing, or a word
    rule: { version: 1, probability: ({ accuracy }) => accuracy / 100 },
  })

  const { asks: _, ...silent } = rest
  // @ts-expect-error a question is a sentence
  question('g', { ...silent, on: [punch] })

  question('h', {
    ...rest,
    on: [punch],
    hangs: { rule: alert, type, severity },
    // @ts-expect-error subjects have a key
    about: ({ findings }) => findings.map(finding => ({ finding })),
  })
  question('i', {
    ...rest,
    on: [punch],
    hangs: { rule: alert, type, severity },
    // @ts-expect-error whom it is asked about is not known while that is found out
    about: x => [x.subject],
  })
  question('j', {
    ...rest,
    on: [punch],
    hangs: { rule: alert, type, severity },
    // @ts-expect-error nobody is an empty list
    about: ({ findings }) => (findings.length === 0 ? null : [{ key: '' }]),
  })

  // @ts-expect-error a case has a type
  question('k', { ...rest, on: [punch], hangs: { rule: alert, severity } })
  // @ts-expect-error a case has a severity
  question('l', { ...rest, on: [punch], hangs: { rule: alert, type } })
  // @ts-expect-error a rule of cases is a constant, not its name
  question('m', { ...rest, on: [punch], hangs: { rule: 'alert', type, severity } })
  question('n', {
    ...rest,
    on: [punch],
    hangs: {
      rule: alert,
      // @ts-expect-error there may be no finding
      type: ({ subject }) => subject.finding.code,
      // @ts-expect-error a probability may be missing
      severity: (_x, probability) => (probability > 0.9 ? 'CRITICAL' : 'LOW'),
    },
  })
  // @ts-expect-error a severity is one of a list of words
  question('o', { ...rest, on: [punch], hangs: { rule: alert, type, severity: () => 'BAD' } })

  // @ts-expect-error a rule of cases says which group holds them
  cases('p', { windowMs: () => hours(2) })
  // @ts-expect-error the group is a constant, not its name
  cases('q', { group: 'site', windowMs: () => hours(2) })
  // @ts-expect-error a window is a function of the type
  cases('r', { group: site, windowMs: hours(2) })
  // @ts-expect-error a window that never ends is null
  cases('s', { group: site, windowMs: () => undefined })

  // @ts-expect-error a tick has a period
  tick('t', { entity: sites, group: site })
  // @ts-expect-error a period is a number of milliseconds
  tick('u', { every: '5m', entity: sites, group: site })
  // @ts-expect-error an entity is a constant, not its name
  tick('v', { every: 300_000, entity: 'site', group: site })
  // @ts-expect-error its payload is its own: it has no reader and no schema
  tick('w', { every: 300_000, entity: sites, group: site, schema: Type.Object({}) })
  question('x', {
    ...rest,
    on: [ticked],
    hangs: { rule: alert, type, severity },
    features: {
      // @ts-expect-error a tick has its entity and its gap
      site: { ...one, of: ({ event }) => event.data.site },
      gap: { ...one, of: ({ event }) => event.data.gapMs },
    },
  })
}
