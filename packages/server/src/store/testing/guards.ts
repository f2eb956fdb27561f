/** Guards who carry devices and are on duty at sites: groups of three ranks, links from each to the next, folds that tell every order apart. */
import { type Event, entries, groups, type Kind, kind, type StateKind, state } from '@surety/contract'
import Type from 'typebox'
import type { Arrived, Walked } from './state-walk.ts'

const { device, person, site } = groups('device', 'person', 'site')
const text = Type.String()
const read: Kind['read'] = () => ({ ok: true, event: { payload: {}, ignored: [] } })

const handover = kind('handover', {
  schema: Type.Object({ device: text, person: text }),
  read,
  groups: data => [device.of(data.device), person.of(data.person)],
})
const punch = kind('punch', {
  schema: Type.Object({ person: text, site: text, way: text }),
  read,
  groups: data => [person.of(data.person), site.of(data.site)],
})
/** It names its device only: the person is who held it then, the site where that person was on duty. */
const fix = kind('fix', { schema: Type.Object({ device: text }), read, groups: data => [device.of(data.device)] })

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
const present = entries({
  name: 'present',
  group: site,
  on: [punch],
  everywhere: true,
  bucket: x => x.event.data.person,
  keep: { count: 3, ms: 1e9 },
  entry: ({ event: { at, data }, here }) => ({ at, way: data.site === here ? data.way : 'out' }),
})
/** Another value for every order of the same events. */
const chainOf = (of: typeof device | typeof person | typeof site): StateKind =>
  state({
    name: `${of.name}_chain`,
    group: of,
    on: [handover, punch, fix],
    initial: { count: 0, hash: 7 },
    fold: ({ count, hash }, { event }) => ({ count: count + 1, hash: mixed(hash, event.id) }),
  }) as StateKind

const mixed = (hash: number, id: string): number =>
  [...id].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0, hash)

export const guards: readonly StateKind[] = [
  holder,
  duty,
  present,
  chainOf(device),
  chainOf(person),
  chainOf(site),
] as StateKind[]

/** Numbers in [0, 1), the same for the same seed. */
export function seeded(seed: number): () => number {
  let at = seed >>> 0
  return () => {
    at = (at + 0x6d2b79f5) >>> 0
    let mix = Math.imul(at ^ (at >>> 15), at | 1)
    mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61)
    return ((mix ^ (mix >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Events of 12 devices, 8 people and 3 sites; one in ten comes late. */
export function shift(count: number, random: () => number): readonly Arrived[] {
  const one = (what: string, of: number): string => `${what}${Math.floor(random() * of)}`
  return Array.from({ length: count }, (_, index): Arrived => {
    const late = random() < 0.1
    const drawn = random()
    const [of, data] =
      drawn < 0.15
        ? [handover, { device: one('D', 12), person: one('P', 8) }]
        : drawn < 0.4
          ? [punch, { person: one('P', 8), site: one('S', 3), way: random() < 0.7 ? 'in' : 'out' }]
          : [fix, { device: one('D', 12) }]
    const at = 1_800_000_000_000 + index * 1000 - (late ? Math.floor(random() * 60_000) : 0)
    const event: Event = { kind: of.name, id: `e${index}`, tenant: 't', at, late, data }
    return { kind: of as Kind, event }
  })
}

/**
 * The order in which the versions say that events were judged: of each group first who made a version, then who found it.
 * @throws Error where two made the same version, or where no such order exists
 */
export function inOrderOfVersions(walked: readonly Walked[]): readonly string[] {
  const holders = new Map<string, { readonly id: string; readonly version: number; readonly made: boolean }[]>()
  for (const { id, versions, moved } of walked)
    for (const [group, version] of Object.entries(versions)) {
      if (!holders.has(group)) holders.set(group, [])
      holders.get(group)!.push({ id, version, made: moved.includes(group) })
    }
  const after = new Map<string, Set<string>>(walked.map(({ id }) => [id, new Set()]))
  for (const [group, all] of holders) {
    let maker = { id: '', version: 0 }
    let finders: string[] = []
    for (const { id, version, made } of all.toSorted(
      (a, b) => a.version - b.version || Number(b.made) - Number(a.made),
    )) {
      if (version !== maker.version + Number(made))
        throw new Error(`${id} holds ${group} at ${version} after ${maker.version}`)
      after.get(maker.id)?.add(id)
      if (!made) finders.push(id)
      else {
        for (const finder of finders) after.get(finder)!.add(id)
        maker = { id, version }
        finders = []
      }
    }
  }
  return sortedBy(after)
}

function sortedBy(after: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const waitsFor = new Map([...after.keys()].map(id => [id, 0]))
  for (const next of after.values()) for (const id of next) waitsFor.set(id, waitsFor.get(id)! + 1)
  const ready = [...waitsFor].filter(([, count]) => count === 0).map(([id]) => id)
  const order: string[] = []
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    order.push(id)
    for (const next of after.get(id)!) {
      waitsFor.set(next, waitsFor.get(next)! - 1)
      if (waitsFor.get(next) === 0) ready.push(next)
    }
  }
  if (order.length < after.size) throw new Error('the versions belong to no order of events')
  return order
}
