import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import Type from 'typebox'
import { type Detector, detector, evaluated, unknown } from './detector.ts'
import { entity } from './entity.ts'
import { groupId, groups } from './groups.ts'
import type { JsonObject } from './json.ts'
import { type Event, type EventKind, kind } from './kind.ts'
import { near, own, row, setting } from './needs.ts'
import { type PodSpec, pod } from './pod.ts'
import { type Entries, entries, type Folding, state } from './state.ts'

const { device, person, site } = groups('device', 'person', 'site')
const read: EventKind['read'] = () => ({ ok: true, event: { payload: {}, ignored: [] } })
const fix = kind('fix', {
  schema: Type.Object({ person: Type.String(), n: Type.Integer() }),
  read,
  groups: data => [person.of(data.person)],
})
interface Fix {
  readonly at: number
  readonly n: number
}
const kept = (count: number, ms: number) =>
  entries({
    name: 'fixes',
    group: person,
    on: [fix],
    keep: { count, ms },
    entry: ({ event: { at, data } }): Fix | null => (data.n < 0 ? null : { at, n: data.n }),
  })
const of = (at: number, n: number): Folding<Event> => ({
  event: { kind: 'fix', id: `${at}/${n}`, tenant: 't', at, late: false, data: { person: 'P1', n } },
  here: 'P1',
  seen: [],
  unknowns: [],
  key: () => 'P1',
})
const folded = (fixes: ReturnType<typeof kept>, times: readonly number[]): Entries<Fix> =>
  times.reduce((value, at, n) => fixes.fold(value, of(at, n)), fixes.initial)
const timesOf = ({ list }: Entries<Fix>): readonly number[] => list.map(({ at }) => at)

test('a late event finds what was before it and what has come after, and takes its place among them', () => {
  const fixes = kept(10, 1000)
  const value = folded(fixes, [10, 20, 40])
  assert.deepEqual(timesOf(fixes.before(value, 30)), [10, 20])
  assert.deepEqual(timesOf(fixes.after(value, 30)), [40])
  assert.deepEqual(timesOf(fixes.before(value, 20)), [10], 'strictly before')
  assert.deepEqual(timesOf(fixes.after(value, 20)), [40], 'strictly after')
  assert.deepEqual(timesOf(fixes.fold(value, of(30, 9))), [10, 20, 30, 40])
  assert.deepEqual(timesOf(fixes.after(value, 40)), [], 'what is not late has nothing after it')
})

test('what leaves no entry, or is older than all that is kept, gives the same value back', () => {
  const fixes = kept(3, 1000)
  const value = folded(fixes, [10, 20, 30, 40])
  assert.deepEqual(value, { since: 20, list: [20, 30, 40].map((at, index) => ({ at, n: index + 1 })) })
  assert.equal(fixes.fold(value, of(15, 9)), value)
  assert.equal(fixes.fold(value, of(50, -1)), value)
})

test('what is kept ends after a time, and then nothing older is taken in', () => {
  const fixes = kept(10, 100)
  const value = folded(fixes, [0, 50, 120])
  assert.deepEqual([value.since, timesOf(value)], [20, [50, 120]])
  assert.equal(fixes.fold(value, of(19, 9)), value)
  assert.deepEqual(timesOf(fixes.fold(value, of(20, 9))), [20, 50, 120])
})

test('of entries of one time the last that came stay, and what is whole begins after them', () => {
  const fixes = kept(2, 1000)
  const value = folded(fixes, [10, 10, 10])
  assert.deepEqual(value, { since: 11, list: [1, 2].map(n => ({ at: 10, n })) })
  assert.equal(fixes.fold(value, of(10, 9)), value)
  assert.deepEqual(timesOf(fixes.fold(value, of(11, 9))), [10, 11])
})

const aTime = fc.integer({ min: 0, max: 300 })

test('entries stay sorted, at most so many and none too old, and since never goes back; nothing that it promises is missing', () => {
  fc.assert(
    fc.property(
      fc.array(aTime),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 200 }),
      (times, count, ms) => {
        const fixes = kept(count, ms)
        let value = fixes.initial
        for (const [n, at] of times.entries()) {
          const next = fixes.fold(value, of(at, n))
          assert.ok(next.since >= value.since)
          assert.ok(next.list.length <= count)
          assert.deepEqual(
            timesOf(next),
            timesOf(next).toSorted((a, b) => a - b),
          )
          assert.ok(next.list.every(one => one.at >= next.list.at(-1)!.at - ms))
          const promised = times.slice(0, n + 1).filter(one => one >= next.since)
          assert.deepEqual(
            timesOf(next).filter(one => one >= next.since),
            promised.toSorted((a, b) => a - b),
          )
          if (at < value.since) assert.equal(next, value)
          value = next
        }
      },
    ),
  )
})

test('in whichever order events come, the entries that are left are those of the order in which they happened', () => {
  const shuffled = fc
    .uniqueArray(aTime)
    .chain(times => fc.tuple(fc.constant(times), fc.shuffledSubarray(times, { minLength: times.length })))
  fc.assert(
    fc.property(
      shuffled,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 200 }),
      ([times, other], count, ms) => {
        const fixes = kept(count, ms)
        const inOrder = times.toSorted((a, b) => a - b)
        assert.deepEqual(timesOf(folded(fixes, other)), timesOf(folded(fixes, inOrder)))
      },
    ),
  )
})

test('before and after a moment part the entries, but for those of that very moment', () => {
  fc.assert(
    fc.property(fc.array(aTime), aTime, (times, at) => {
      const fixes = kept(20, 1000)
      const value = folded(fixes, times)
      const there = value.list.filter(one => one.at === at)
      assert.deepEqual([...fixes.before(value, at).list, ...there, ...fixes.after(value, at).list], value.list)
    }),
  )
})

test('a value that is folded without before is what it is, and nothing has come after it', () => {
  const count = state({ name: 'count', group: person, on: [fix], initial: 0, fold: value => value + 1 })
  assert.deepEqual([count.before(7, 1), count.after(7, 1), count.bucket(of(1, 1))], [7, 0, ''])
})

test('a group is known by its name and a key that a database can hold; a missing key is no group', () => {
  assert.deepEqual([device.rank, person.rank, site.rank], [0, 1, 2])
  assert.equal(groupId(person.of('P7')!), 'person:P7')
  assert.deepEqual([person.of(null), person.of(undefined)], [null, null])
  for (const key of ['', 'x'.repeat(129), 'a\0b', 'a\ud800']) assert.throws(() => person.of(key), RangeError)
  assert.throws(() => groups('a', 'a'), /two groups called a/)
  assert.throws(() => groups('A:b'), /cannot be called/)
})

const doors = entity('door', { schema: Type.Object({ code: Type.String() }), held: 'key', id: ['code'] })
const minimal = {
  kinds: { fix },
  questions: [{ name: 'main', on: ['fix'], actions: { act: { name: 'a' }, clear: { name: 'b' } } }],
}
const put = (parts: Partial<PodSpec>) => pod({ name: 'p', ...minimal, ...parts } as unknown as PodSpec)
const rule = { family: 'x', severity: 'LOW', confidence: 0.5, on: [fix], detect: () => null } as const
const linked = (name: string) =>
  state({
    name,
    group: person,
    on: [fix],
    initial: '',
    fold: value => value,
    link: { to: site, followedBy: [fix], all: value => [value], at: value => value },
  })

const limitedBy = (name: string, defaultSettings: JsonObject): Partial<PodSpec> => ({
  detectors: [detector('A', { ...rule, limit: setting(name, 1, [0, 2], '') })],
  defaultSettings,
  checkSettings: () => ['always wrong'],
})

test('limits are settings of the pod, within their ranges; a pod that is put together again says each sentence once', () => {
  const one = put(limitedBy('over', { own: 2 }))
  assert.deepEqual(one.defaultSettings, { over: 1, own: 2 })
  for (const same of [one, pod(one)]) {
    assert.deepEqual(same.checkSettings({ over: 2 }), ['always wrong'])
    assert.deepEqual(same.checkSettings({ over: 3 }), ['over must be a number from 0 to 2', 'always wrong'])
  }
})

test('a pod is put together from parts of its own, and says which part is missing', () => {
  const fixes = kept(1, 1)
  const good = put({ state: [fixes], detectors: [detector('A', { ...rule, needs: { before: row(fixes) } })] })
  assert.deepEqual([good.state.length, good.detectors.length], [1, 1])
  assert.deepEqual([put({}).state, put({}).detectors], [[], []])

  const other = kind('fix', { schema: fix.schema as typeof doors.schema, read, groups: () => [] })
  const bare = kind('bare', { schema: Type.Object({}), read })
  for (const [parts, sentence] of [
    [{ state: [fixes, kept(2, 2)] }, /there are two of the state fixes/],
    [
      { state: [state({ name: 's', group: person, on: [other], initial: 0, fold: n => n })] },
      /s stands on fix, which is no kind/,
    ],
    [
      { kinds: { fix, bare }, state: [state({ name: 's', group: person, on: [bare], initial: 0, fold: n => n })] },
      /names no person/,
    ],
    [{ state: ['a', 'b', 'c', 'd', 'e'].map(linked) }, /5 kinds of state link from a person: 4 may/],
    [
      { state: [fixes, state({ name: 's', group: groups('person').person, on: [fix], initial: 0, fold: n => n })] },
      /two of the group person/,
    ],
    [{ detectors: [detector('A', rule), detector('A', rule)] }, /two of the detector A/],
    [{ detectors: [detector('A', { ...rule, on: [other] })] }, /A stands on fix, which is no kind/],
    [{ detectors: [detector('A', { ...rule, needs: { before: row(fixes) } })] }, /needs the state fixes/],
    [{ detectors: [detector('A', { ...rule, needs: { door: own(doors, site) } })] }, /needs the entity door/],
    [
      { detectors: ['A', 'B'].map(code => detector(code, { ...rule, limit: setting('s', 1, [0, 2], '') })) },
      /two of the setting s/,
    ],
    [limitedBy('threshold', {}), /the limit threshold has the name of another setting/],
    [limitedBy('attributes', {}), /the limit attributes has/],
    [limitedBy('own', { own: 2 }), /the limit own has/],
  ] as const)
    assert.throws(() => put(parts as Partial<PodSpec>), sentence)
})

test('what cannot be declared says so', () => {
  assert.throws(() => kept(0, 1), /at least one entry/)
  assert.throws(() => setting('s', 3, [0, 2], ''), /3 is not between 0 and 2/)
  assert.throws(() => setting('Over degrees', 1, [0, 2], ''), /a setting cannot be called "Over degrees"/)
  assert.throws(() => near(doors, site, 1, 1), /no such look-up key/)
  const link = { to: person, followedBy: [fix], all: () => [], at: () => null }
  assert.throws(() => state({ name: 's', group: person, on: [fix], initial: 0, fold: n => n, link }), /higher rank/)
})

test('what was measured fires above its limit, after rounding to six decimals; without one it always does', () => {
  const over = setting('over', 3, [0, 9], '')
  const rules = {
    above: detector('A', { ...rule, limit: over }),
    at: detector('B', { ...rule, limit: over, atLeast: true }),
  }
  const fires = (of: Detector, limit: number | null, value: number): boolean => evaluated(of, limit, { value }).fired
  assert.deepEqual(
    [2.9, 3, 3.0000004, 3.000001].map(value => fires(rules.above, 3, value)),
    [false, false, false, true],
  )
  assert.deepEqual(
    [2.999999, 2.9999996, 3].map(value => fires(rules.at, 3, value)),
    [false, true, true],
  )
  assert.equal(fires(detector('C', rule), null, -1), true)
  assert.deepEqual(evaluated(rules.above, 3, { value: 4, about: 'P7', severity: 'HIGH' }), {
    code: 'A',
    family: 'x',
    about: 'P7',
    value: 4,
    limit: 3,
    fired: true,
    severity: 'HIGH',
    confidence: 0.5,
    evidence: {},
  })
  assert.deepEqual(
    [unknown('feed_gap'), unknown('feed_gap', 'P7')],
    [{ unknown: 'feed_gap' }, { unknown: 'feed_gap', about: 'P7' }],
  )
})
