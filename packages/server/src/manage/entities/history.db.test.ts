import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import type { JsonObject } from '@surety/contract'
import fc from 'fast-check'
import Type from 'typebox'
import { entity } from '../../../../contract/src/entity.ts'
import { entitiesAt, entityAt } from '../../store/entities.ts'
import {
  type KeySlot,
  type Known,
  type Reference,
  type ReferenceAsk,
  readReference,
  readSnapshot,
} from '../../store/reference.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { countReads } from '../../testing/count-reads.ts'
import { type EntityKind, entityKinds } from './kinds.ts'
import { readRow } from './read-row.ts'
import { bodyAt, type Deed, marksAfter } from './testing/oracle.ts'
import { always, type Timeline, withEnd, withEndAt, withValue } from './timeline.ts'
import { writeEdits } from './write.ts'

const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database

const hour = 3_600_000
const Time = Type.String({ format: 'date-time' })
const schema = Type.Object({
  code: Type.String(),
  person: Type.String(),
  site: Type.Union([Type.String(), Type.Null()]),
  start: Type.Optional(Time),
  end: Type.Optional(Time),
  note: Type.Integer(),
})
const keys = [
  { group: 'person', of: (row: { person: string }) => row.person },
  { group: 'site', of: (row: { site: string | null }) => row.site },
] as const
const longestMs = 6 * hour
const shift = entity('shift', {
  schema,
  held: 'key',
  id: ['code'],
  keys,
  span: { of: row => (row.start === undefined || row.end === undefined ? null : [row.start, row.end]), longestMs },
})
const device = entity('device', { schema, held: 'snapshot', id: ['code'], keys })
const kinds = entityKinds([{ name: 'watch', entities: [shift, device] }])

const day = (n: number): number => Date.parse('2026-03-01T00:00:00Z') + n * 24 * hour
const moments = [always.getTime(), ...Array.from({ length: 8 }, (_, n) => day(n))]
const iso = (ms: number): string => new Date(ms).toISOString()

const moment = fc.constantFrom(...moments)
const body = fc
  .record({
    person: fc.constantFrom('P1', 'P2'),
    site: fc.constantFrom('S1', 'S2', null),
    span: fc.option(fc.record({ from: fc.integer({ min: 0, max: 40 }), hours: fc.integer({ min: 0, max: 6 }) })),
    note: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ span, ...fields }) => {
    const from = day(0) + (span?.from ?? 0) * hour
    return { ...fields, ...(span === null ? {} : { start: iso(from), end: iso(from + span.hours * hour) }) }
  })
const deed = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('value' as const), at: moment, body }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), at: moment }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end at' as const), at: fc.option(moment) }) },
)
const change = fc.record({
  kind: fc.constantFrom('shift', 'device'),
  /** By the clock of the process that changes, which may be behind that of another one. */
  clock: fc.integer({ min: -3, max: 5 }),
  edits: fc.uniqueArray(
    fc.record({ code: fc.constantFrom('a', 'b', 'c'), deeds: fc.array(deed, { minLength: 1, maxLength: 2 }) }),
    { selector: edit => edit.code, minLength: 1 },
  ),
})

interface Happened {
  readonly change: number
  readonly kind: string
  readonly code: string
  readonly deeds: readonly Deed[]
}

function apply(kind: EntityKind, deeds: readonly Deed[]) {
  return (timeline: Timeline): Timeline =>
    deeds.reduce<Timeline>((now, one) => {
      if (one.do === 'end') return withEnd(now, new Date(one.at))
      if (one.do === 'end at') return withEndAt(now, one.at === null ? null : new Date(one.at))
      const row = readRow(kind, one.body)
      assert.ok(row.ok, JSON.stringify(row))
      return withValue(now, new Date(one.at), row.value)
    }, timeline)
}

/** What there is of a kind at a moment, told by the slow way. */
function told(all: readonly Happened[], change: number, kind: string, at: number): readonly JsonObject[] {
  return ['a', 'b', 'c'].flatMap(code => {
    const deeds = all.filter(one => one.change <= change && one.kind === kind && one.code === code)
    const body = bodyAt(marksAfter(deeds.flatMap(one => one.deeds)), at)
    return body === null ? [] : [body]
  })
}

interface Look {
  readonly slot: KeySlot
  readonly key: string
  readonly span: { readonly from: number; readonly to: number } | null
}
const looks: readonly Look[] = [
  ...['a', 'b', 'c', 'unknown'].map(key => ({ slot: 0 as const, key, span: null })),
  ...['P1', 'P2'].map(key => ({ slot: 1 as const, key, span: null })),
  ...[0, 7, 20, 41].flatMap(from =>
    ['S1', 'S2'].map(key => ({
      slot: 2 as const,
      key,
      span: { from: day(0) + from * hour, to: day(0) + (from + 5) * hour },
    })),
  ),
]

function seen(row: JsonObject, kind: string, { slot, key, span }: Look): boolean {
  if (row[slot === 0 ? 'code' : slot === 1 ? 'person' : 'site'] !== key) return false
  if (span === null || kind === 'device' || row['start'] === undefined || row['end'] === undefined) return true
  return Date.parse(row['start'] as string) <= span.to && Date.parse(row['end'] as string) >= span.from
}

const asksAt = (kind: string, at: number): readonly ReferenceAsk[] =>
  looks.map(({ slot, key, span }) => ({
    kind,
    slot,
    key,
    at: new Date(at),
    span: span === null ? 'all' : { from: new Date(span.from), to: new Date(span.to), longestMs },
  }))

const bodies = (reference: Reference) => reference.found.map(rows => rows.map(row => row.body))

test('whatever was read after a change is read again after any later one, as a slow walk over all deeds tells it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 10 }), async changes => {
      const tenant = `t${randomUUID()}`
      const place = { tenant, pod: 'watch' }
      const happened: Happened[] = []
      const recorded: number[] = []
      const newest: Reference[] = []
      let clock = day(20)
      const read = (known: Known, asks: readonly ReferenceAsk[]) =>
        db.read([tenant], reader => readReference(reader, tenant, 'watch', known, asks))
      const allAsks = ['shift', 'device'].flatMap(kind => [day(0), day(3), day(9)].flatMap(at => asksAt(kind, at)))
      for (const { kind: name, clock: passed, edits } of changes) {
        const kind = kinds.find(name, undefined)
        clock += passed * 1000
        const withCodes = edits.map(({ code, deeds }) => ({
          code,
          deeds: deeds.map(one => (one.do === 'value' ? { ...one, body: { code, ...one.body } } : one)),
        }))
        const { change } = await db.transaction([tenant], tx =>
          writeEdits(
            tx,
            { ...place, kind: name },
            withCodes.map(({ code, deeds }) => ({ id: code, apply: apply(kind, deeds) })),
            { now: () => new Date(clock), actor: 'test', what: 'imported', reason: null },
          ),
        )
        if (change === null) continue
        assert.equal(change, recorded.length + 1, 'numbered without a gap')
        recorded.push(Math.max(clock, recorded.at(-1) ?? 0))
        for (const { code, deeds } of withCodes) happened.push({ change, kind: name, code, deeds })
        newest.push(await read('newest', allAsks))
      }
      for (let at = 1; at <= recorded.length; at++) {
        const then = await read({ change: at }, allAsks)
        assert.equal(newest[at - 1]!.change, at)
        assert.deepEqual(bodies(then), bodies(newest[at - 1]!))
        const expected = ['shift', 'device'].flatMap(kind =>
          [day(0), day(3), day(9)].flatMap(moment => {
            const rows = told(happened, at, kind, moment)
            return looks.map(look => rows.filter(row => seen(row, kind, look)))
          }),
        )
        assert.deepEqual(bodies(then), expected)
        const byTime = await read({ at: new Date(recorded[at - 1]!) }, allAsks)
        const last = recorded.lastIndexOf(recorded[at - 1]!) + 1
        assert.equal(byTime.change, last, 'the last change of that moment')
        await comparePages(tenant, at, happened)
      }
    }),
    { numRuns: 40 },
  )
})

async function comparePages(tenant: string, change: number, happened: readonly Happened[]): Promise<void> {
  await db.read([tenant], async reader => {
    const place = { tenant, pod: 'watch', kind: 'device' }
    for (const moment of [day(1), day(6)]) {
      const at = new Date(moment)
      const expected = told(happened, change, 'device', moment)
      const listed = await entitiesAt(reader, place, change, at, '', 10)
      assert.deepEqual(
        listed.map(row => row.body),
        expected,
      )
      const one = await entityAt(reader, place, 'b', change, at)
      assert.deepEqual(
        one?.body,
        expected.find(row => row['code'] === 'b'),
      )
      const { pieces } = await readSnapshot(reader, tenant, 'watch', { change }, ['device'])
      const held = pieces.filter(row => row.validFrom <= at && (row.validUntil === null || row.validUntil > at))
      assert.deepEqual(
        held.map(row => row.body),
        expected,
      )
    }
  })
}

test('another tenant finds nothing, and a change that changes nothing has no number', async () => {
  const kind = kinds.find('device', undefined)
  const place = { tenant: 'mine', pod: 'watch', kind: 'device' }
  const body = { code: 'a', person: 'P1', site: null, note: 0 }
  const write = () =>
    db.transaction(['mine'], tx =>
      writeEdits(tx, place, [{ id: 'a', apply: apply(kind, [{ do: 'value', at: day(0), body }]) }], {
        now: () => new Date(day(1)),
        actor: 'test',
        what: 'created',
        reason: null,
      }),
    )
  assert.equal((await write()).change, 1)
  assert.equal((await write()).change, null)
  const asks = asksAt('device', day(2))
  const read = (tenants: readonly string[], of: string) =>
    db.read(tenants, reader => readReference(reader, of, 'watch', 'newest', asks))
  assert.deepEqual(
    (await read(['mine'], 'mine')).found[0]?.map(row => row.id),
    ['a'],
  )
  for (const [admitted, asked] of [
    ['yours', 'mine'],
    ['yours', 'yours'],
  ] as const) {
    const reference = await read([admitted], asked)
    assert.equal(reference.change, 0)
    assert.deepEqual(reference.found.flat(), [])
  }
})

test('a look-up reads the rows that touch the span, however many shifts a person has behind and ahead, and however often they were corrected', async () => {
  const kind = kinds.find('shift', undefined)
  const tenant = 'roster'
  const place = { tenant, pod: 'watch', kind: 'shift' }
  const tell = { now: () => new Date(day(1)), actor: 'test', what: 'imported', reason: null } as const
  const bring = (note: number) => {
    const edits = Array.from({ length: 4000 }, (_, n) => {
      const start = day(0) + n * 12 * hour
      const body = { code: `s${n}`, person: 'P1', site: null, start: iso(start), end: iso(start + 6 * hour), note }
      return { id: body.code, apply: apply(kind, [{ do: 'value', at: always.getTime(), body }]) }
    })
    return db.transaction([tenant], tx => writeEdits(tx, place, edits, tell))
  }
  for (const note of [0, 1, 2]) assert.equal((await bring(note)).change, note + 1)
  await db.transaction([], tx => tx.query('analyze entities, entity_changes'))
  const at = new Date(day(1500))
  const asks = [
    { kind: 'shift', slot: 0 as const, key: 's7', at, span: null },
    { kind: 'shift', slot: 1 as const, key: 'P1', at, span: { from: at, to: new Date(day(1501)), longestMs } },
  ]
  for (const generic of [false, true])
    for (const known of ['newest', { change: 1 }, { change: 2 }, { at: new Date(day(2)) }] as const) {
      const counted = countReads(db, { generic })
      const { found } = await counted.read([tenant], reader => readReference(reader, tenant, 'watch', known, asks))
      const note = known === 'newest' || 'at' in known ? 2 : known.change - 1
      assert.deepEqual(
        found.map(rows => rows.map(row => row.body['note'])),
        [[note], [note, note, note]],
      )
      const { pages } = counted.takeReads()
      assert.ok(pages < 60, JSON.stringify({ generic, known, pages }))
    }
})

test('a kind without spans is looked up without one, and a row without a span is found at any time', async () => {
  const tenant = 'plain'
  const row = { code: 'a', person: 'P1', site: null, note: 0 }
  for (const name of ['device', 'shift'])
    await db.transaction([tenant], tx =>
      writeEdits(
        tx,
        { tenant, pod: 'watch', kind: name },
        [{ id: 'a', apply: apply(kinds.find(name, undefined), [{ do: 'value', at: day(0), body: row }]) }],
        { now: () => new Date(day(1)), actor: 'test', what: 'created', reason: null },
      ),
    )
  const at = new Date(day(2))
  const ask = { slot: 1 as const, key: 'P1', at }
  const asks = [
    { ...ask, kind: 'device', span: null },
    { ...ask, kind: 'shift', span: { from: at, to: at, longestMs } },
    { ...ask, kind: 'shift', span: 'all' as const },
  ]
  const { found } = await db.read([tenant], reader => readReference(reader, tenant, 'watch', 'newest', asks))
  assert.deepEqual(
    found.map(rows => rows.length),
    [1, 1, 1],
  )
  const none = await db.read([tenant], reader => readReference(reader, tenant, 'watch', 'newest', []))
  assert.deepEqual(none, { change: 2, found: [] })
})

test('a row that is looked up by something new is written again, though no field of it changed', async () => {
  const place = { tenant: 'later', pod: 'watch', kind: 'device' }
  const row = { code: 'a', person: 'P1', site: 'S1', note: 0 }
  const [first, ...others] = keys
  const before = entityKinds([{ name: 'watch', entities: [{ ...device, keys: [first] }] }]).find('device', undefined)
  const write = (kind: EntityKind) =>
    db.transaction(['later'], tx =>
      writeEdits(tx, place, [{ id: 'a', apply: apply(kind, [{ do: 'value', at: day(0), body: row }]) }], {
        now: () => new Date(day(1)),
        actor: 'test',
        what: 'imported',
        reason: null,
      }),
    )
  const found = async () => {
    const ask = { kind: 'device', slot: 2 as const, key: 'S1', at: new Date(day(2)), span: null }
    const reference = await db.read(['later'], reader => readReference(reader, 'later', 'watch', 'newest', [ask]))
    return reference.found[0]!.length
  }
  assert.equal(others.length, 1)
  await write(before)
  assert.equal(await found(), 0)
  assert.equal((await write(kinds.find('device', undefined))).change, 2)
  assert.equal(await found(), 1)
  assert.equal((await write(kinds.find('device', undefined))).change, null)
})
