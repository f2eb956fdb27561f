import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import { entity } from './entity.ts'
import { groups } from './groups.ts'
import { type EventKind, kind } from './kind.ts'
import { type PodSpec, pod } from './pod.ts'
import { state } from './state.ts'
import { isTickId, tick, tickId } from './tick.ts'

const { person, site } = groups('person', 'site')
const sites = entity('site', { schema: Type.Object({ code: Type.String() }), held: 'key', id: ['code'] })
const ticked = tick('site', { every: 300_000, entity: sites, group: site })
const at = new Date('2027-03-01T12:00:00Z')

test('a tick is a kind of the pod that holds the group of its entity alone', () => {
  const read = ticked.read({ entity: 'S1', gapMs: 0 }, { now: at, settings: {} })
  assert.deepEqual(read, { ok: true, event: { subject: 'S1', payload: { entity: 'S1', gapMs: 0 }, ignored: [] } })
  const reference = { get: () => null, groupsOfCase: () => [] }
  assert.deepEqual(ticked.groups?.({ entity: 'S1', gapMs: 0 }, reference), [site.of('S1')])
  assert.deepEqual([ticked.name, ticked.rememberDays, ticked.madeHere], ['tick.site', 7, true])
})

test('its id is the same wherever it is made, fits, and is told from others', () => {
  assert.equal(tickId('tick.site', 'S1', at), 'tick.site:S1:2027-03-01T12:00:00.000Z')
  const [long, other] = ['x'.repeat(200), `${'x'.repeat(199)}y`]
  assert.equal(tickId('tick.site', long, at), tickId('tick.site', long, at))
  assert.notEqual(tickId('tick.site', long, at), tickId('tick.site', other, at))
  assert.ok(tickId('tick.site', long, at).length <= 128)
  assert.ok([tickId('tick.site', 'S1', at), tickId('tick.site', long, at)].every(isTickId))
  for (const id of ['tick', 'tick.site', 'a tick.site:S1', 'ticket.site:S1']) assert.equal(isTickId(id), false, id)
})

test('what cannot be a tick says so', () => {
  assert.throws(() => tick('Site', { every: 300_000, entity: sites, group: site }), /cannot be called "Site"/)
  for (const every of [9_999, 86_400_001, 10_000.5, Number.NaN])
    assert.throws(() => tick('site', { every, entity: sites, group: site }), /10 seconds to a day/, String(every))
})

test('a pod with ticks has their kinds; what does not belong together is refused with a sentence', () => {
  const read: EventKind['read'] = () => ({ ok: true, event: { payload: {}, ignored: [] } })
  const asks = kind('asks', { schema: Type.Object({}), read })
  const action = (name: string, side: 'act' | 'clear') => ({ name, side })
  const questions = [
    {
      name: 'q',
      on: ['asks'],
      actions: { act: action('a', 'act'), clear: action('c', 'clear') },
      outcomes: { words: {} },
    },
  ]
  const put = (parts: Partial<PodSpec>) =>
    pod({ name: 'p', kinds: { asks }, questions, entities: [sites], ticks: [ticked], ...parts } as unknown as PodSpec)
  assert.equal(put({}).kinds['tick.site'], ticked)
  assert.equal(pod(put({})).kinds['tick.site'], ticked)
  const link = { to: site, followedBy: [ticked], all: () => [], at: () => null }
  const another = tick('site', { every: 600_000, entity: sites, group: site })
  for (const [parts, sentence] of [
    [{ entities: [] }, /tick\.site is of site, which is no entity/],
    [{ ticks: [], kinds: { asks, [ticked.name]: ticked } }, /tick\.site is a tick: it stands in ticks/],
    [{ ticks: [ticked, another] }, /two of the kind tick\.site/],
    [{ kinds: { asks, [ticked.name]: asks } }, /two of the kind tick\.site/],
    [
      {
        ticks: [ticked],
        state: [state({ name: 's', group: groups('site').site, on: [ticked], initial: 0, fold: n => n })],
      },
      /two of the group site/,
    ],
    [
      { state: [state({ name: 's', group: person, on: [], initial: 0, fold: n => n, link })] },
      /link of s is followed by tick\.site, which holds the site of its entity alone/,
    ],
  ] as const)
    assert.throws(() => put(parts as Partial<PodSpec>), sentence)
})
