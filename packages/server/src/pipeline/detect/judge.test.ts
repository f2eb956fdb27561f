import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Detector,
  entries,
  type GroupKey,
  groupId,
  type JsonObject,
  mostEvidenceBytes,
  type Pod,
} from '@surety/contract'
import { device, fix, guards, handover, person, punch } from '../../testing/guards/pod.ts'
import type { Stateful } from '../item.ts'
import { judge } from './judge.ts'
import type { Held } from './memory.ts'

const noReference = { change: null, rows: () => [] }
/** As the line hands it over, as far as it is judged. */
const item = (kind: { readonly name: string }, eventId: string, at: number, data: JsonObject, pod: Pod = guards) => {
  const reference = { get: () => null, groupsOfCase: () => [] }
  const named = (pod.kinds[kind.name]!.groups?.(data, reference) ?? []) as readonly GroupKey[]
  const seen = { kind: kind.name, id: eventId, tenant: 't', at, late: false, data }
  return { eventId, pod, named, seen, questions: pod.asked.get(kind.name) ?? [], settings: {} } as unknown as Stateful
}
/** Groups that these events name, without a past. */
const heldBy = (items: readonly Stateful[]): Held => ({
  groups: new Map(items.flatMap(({ named }) => named.map(key => [groupId(key), { version: 0, links: {} }]))),
  state: new Map(),
  read: new Map((items[0]?.pod ?? guards).state.map(({ name }) => [name, 'all'])),
})
const judged = (...items: readonly Stateful[]) => judge(items, heldBy(items), noReference)
const punched = (id: string, at: number, more: JsonObject = {}) =>
  item(punch, id, at, { person: 'P1', site: 'S1', way: 'in', ...more })
const fixed = (id: string, at: number, speed: number) => item(fix, id, at, { device: 'D1', speed })

test('what an event leaves is seen by those after it in the batch, and never by itself', () => {
  const { judged: all, memory } = judged(punched('e1', 1), punched('e2', 2))
  const chains = (place: number) => all[place]!.evaluations.find(({ code }) => code === 'PLACED')?.value
  assert.deepEqual([chains(0), chains(1)], [0, 2])
  const sees = (place: number) => all[place]!.asks[0]!.look.past['chain'] as { readonly count: number }
  assert.deepEqual([sees(0).count, sees(1).count], [0, 1])
  assert.deepEqual(
    all.map(({ versions }) => versions),
    [
      { 'person:P1': 1, 'site:S1': 1 },
      { 'person:P1': 2, 'site:S1': 2 },
    ],
  )
  assert.deepEqual(
    memory.left().groups.map(({ id, version }) => [id, version]),
    [
      ['person:P1', 2],
      ['site:S1', 2],
    ],
  )
})

test('a late event sees what was before its own time, and apart from it what has come after', () => {
  const { judged: all } = judged(fixed('e1', 1000, 1), fixed('e2', 3000, 9), fixed('late', 2000, 5))
  const paces = all.map(({ evaluations }) => evaluations.find(({ code }) => code === 'PACE'))
  assert.deepEqual(
    paces.map(pace => pace?.evidence),
    [undefined, { last: 1000, next: null }, { last: 1000, next: 3000 }],
  )
  assert.deepEqual(all[0]!.unknowns, [{ code: 'PACE', about: 'D1', why: 'insufficient_history' }])
  const idle = all[2]!.asks[1]!.look
  assert.deepEqual((idle.past['before'] as { readonly list: unknown }).list, [{ at: 1000, speed: 1 }])
})

test('a late event stands where its links pointed at its own time', () => {
  const given = (id: string, at: number, who: string) => item(handover, id, at, { device: 'D1', person: who })
  const { judged: all } = judged(given('e1', 1000, 'P1'), given('e2', 3000, 'P2'), fixed('late', 2000, 5))
  assert.equal(all[2]!.evaluations.find(({ code }) => code === 'PLACED')?.evidence['person'], 'P1')
})

test('who comes to another site has left the one before', () => {
  const { memory, judged: all } = judged(punched('e1', 1), punched('e2', 2, { site: 'S2' }))
  const ways = memory.left().rows.flatMap(({ group, kind, text }) => {
    const { list } = JSON.parse(text) as { readonly list: readonly { readonly way: string }[] }
    return kind === 'present' ? [[group, list.map(({ way }) => way)]] : []
  })
  assert.deepEqual(ways, [
    ['site:S1', ['in', 'out']],
    ['site:S2', ['in']],
  ])
  assert.deepEqual(all[1]!.versions, { 'person:P1': 2, 'site:S2': 1, 'site:S1': 2 })
})

test('what throws is as if it had never come: nothing of it is folded, and the others are judged without it', () => {
  const bad = punched('bad', 2, { fails: 'fold' })
  const { judged: all, memory, refused } = judged(punched('e1', 1), bad, punched('e3', 3))
  assert.deepEqual([...refused.keys()], [bad])
  assert.deepEqual(
    all.map(({ eventId, versions }) => [eventId, versions['person:P1']]),
    [
      ['e1', 1],
      ['e3', 2],
    ],
  )
  const duty = memory.left().rows.find(({ kind }) => kind === 'duty')
  assert.equal((JSON.parse(duty!.text) as { readonly list: readonly object[] }).list.length, 2)
})

/** A device is lent to people whom its fix names by number. */
const lending = (to: (speed: number) => readonly string[]): Pod => {
  const lent = entries({
    name: 'lent',
    group: device,
    on: [fix],
    keep: { count: 4, ms: 1e9 },
    entry: ({ event: { at, data } }) => ({ at, to: data.speed }),
    link: { to: person, followedBy: [fix], all: ({ list }) => list.flatMap(one => to(one.to)), at: () => null },
  })
  return { ...guards, state: [lent], detectors: [], asked: new Map() }
}

test('a fold may point only to a group that its own event holds, whatever else of its batch does', () => {
  const pod = lending(speed => [`P${speed}`])
  const strange = item(fix, 'strange', 1, { device: 'D1', speed: 9 }, pod)
  const { judged: all, refused } = judged(strange, item(handover, 'other', 2, { device: 'D2', person: 'P9' }, pod))
  assert.match(String(refused.get(strange)), /lent points to person:P9, which the event does not hold/)
  assert.deepEqual([refused.size, all.length], [1, 1])
})

test('an event is refused alone where a row points as of its time to what is not among all that it points to', () => {
  const holder = guards.state.find(({ name }) => name === 'holder')!
  const pod: Pod = { ...guards, state: [{ ...holder, link: { ...holder.link!, all: () => [] } }], detectors: [] }
  const given = [
    item(handover, 'e1', 1, { device: 'D1', person: 'P1' }, pod),
    item(fix, 'e2', 2, { device: 'D1', speed: 1 }, pod),
    item(handover, 'e3', 3, { device: 'D2', person: 'P1' }, pod),
  ]
  const { judged: all, refused } = judge(
    given.map(one => ({ ...one, questions: [] })),
    heldBy(given),
    noReference,
  )
  assert.deepEqual(
    all.map(({ eventId }) => eventId),
    ['e1', 'e3'],
  )
  assert.match(
    String([...refused.values()][0]),
    /The pod guards: the state holder points to person:P1 as of a moment, and not among all that it points to/,
  )
})

test('a rule whose evidence is larger than it may be, throws or measures no number says what went wrong, and the others are heard', () => {
  const [placed, ...others] = guards.detectors
  const says = (code: string, detect: Detector['detect']): Detector => ({ ...placed!, code, detect, needs: {} })
  // With the name and the signs around it of 2,000 bytes, and of one more.
  const [fits, tooLarge] = [1990, 1991].map(length => ({
    value: 1,
    about: 'P1',
    evidence: { track: 'x'.repeat(length - 2) },
  }))
  const pod: Pod = {
    ...guards,
    detectors: [
      says('FITS', () => fits!),
      says('LARGE', () => tooLarge!),
      says('WIDE', () => ({ value: 1, evidence: { track: '\u20ac'.repeat(666) } })),
      says('ESCAPED', () => ({ value: 1, evidence: { track: '\u0001'.repeat(333) } })),
      says('MANY', () => ({
        value: 1,
        evidence: Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`point${n}`, n])),
      })),
      says('THROWS', () => {
        throw new TypeError('no past')
      }),
      says('NAN', () => [{ value: 1 }, { value: Number.NaN, about: 'P2' }]),
      ...others,
    ],
  }
  const [one] = judged(item(punch, 'e1', 1, { person: 'P1', site: 'S1', way: 'in' }, pod)).judged
  assert.deepEqual(
    one!.evaluations.map(({ code }) => code),
    ['FITS', 'NAN', 'CROWDED'],
  )
  assert.equal(Buffer.byteLength(JSON.stringify(one!.evaluations[0]!.evidence)), mostEvidenceBytes)
  assert.deepEqual(
    one!.unknowns.map(({ code, about, why, reason }) => [code, about, why, reason]),
    [
      ['LARGE', 'P1', 'error', 'its evidence has 2001 bytes, of 2000 that it may have'],
      ['WIDE', '', 'error', 'its evidence has 2010 bytes, of 2000 that it may have'],
      ['ESCAPED', '', 'error', 'its evidence has 2010 bytes, of 2000 that it may have'],
      ['MANY', '', 'error', 'its evidence has 2781 bytes, of 2000 that it may have'],
      ['THROWS', '', 'error', 'TypeError: no past'],
      ['NAN', 'P2', 'error', 'it measured NaN, which is no number'],
    ],
  )
})
