import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groups, kind, state } from '@surety/contract'
import Type from 'typebox'
import { Memory } from './memory.ts'

const { person, site } = groups('person', 'site')
const moved = kind('moved', {
  schema: Type.Object({ person: Type.String() }),
  read: () => ({ ok: true, event: { payload: {}, ignored: [] } }),
  groups: data => [person.of(data.person)],
})
const places = state({
  name: 'places',
  group: person,
  on: [moved],
  initial: [] as readonly string[],
  fold: value => value,
  link: { to: site, followedBy: [moved], all: value => value, at: value => value[0] ?? null },
})
const sites = ['S1', 'S2', 'S3', 'S4', 'S5']
const holds = () => true
const memory = () =>
  new Memory({
    groups: new Map(['person:P1', ...sites.map(key => `site:${key}`)].map(id => [id, { version: 1, links: {} }])),
    state: new Map([['person:P1', new Map([['places', new Map([['', ['S1']]])]])]]),
    read: new Map([['places', 'all']]),
  })

test('a row points to at most four groups, which is as many as are held with it', () => {
  const kept = memory()
  kept.set(person.of('P1')!, places, '', sites.slice(1), holds)
  assert.deepEqual(kept.group('person:P1').links, { places: sites.slice(1).map(key => `site:${key}`) })
  assert.throws(() => kept.set(person.of('P1')!, places, '', sites, holds), /would point to 5 groups: 4 may/)
})

test('what a batch leaves is the text of each row as it was set last, and is seen before it is written', () => {
  const kept = memory()
  assert.deepEqual(kept.row('person:P1', places, ''), ['S1'])
  kept.set(person.of('P1')!, places, '', ['S2'], holds)
  kept.set(person.of('P1')!, places, '', ['S3'], holds)
  assert.deepEqual(kept.row('person:P1', places, ''), ['S3'])
  assert.deepEqual([...kept.rows('person:P1', places)], [['', ['S3']]])
  assert.equal(kept.moved('person:P1'), 2)
  assert.deepEqual(kept.left(), {
    groups: [{ id: 'person:P1', version: 2, links: { places: ['site:S3'] } }],
    rows: [{ group: 'person:P1', kind: 'places', bucket: '', text: '["S3"]' }],
  })
})
