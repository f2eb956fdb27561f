import assert from 'node:assert/strict'
import type { Json } from '@surety/contract'
import type { Database } from '../db.ts'
import type { Writer } from '../writer.ts'
import { guards, inOrderOfVersions } from './guards.ts'
import { type Arrived, fedOneByOne, planOf, type Walked, walk } from './state-walk.ts'

/** Whose events they are. */
export const tenant = 't'
const now = new Date('2027-03-01T12:00:00Z')

/** Of two processes one has these events, the other one those: each its own share of what comes. */
export const shareOf = (events: readonly Arrived[], who: number): readonly Arrived[] =>
  events.filter((_, n) => Math.imul(n + 1, 0x9e3779b1) >>> 31 === who)

/** Hands its events to the line in cuts of its own; a batch whose connection was lost comes again. */
export async function work(
  writer: Writer,
  events: readonly Arrived[],
  random: () => number,
): Promise<{ readonly tries: number; readonly lost: number }> {
  let [from, tries, lost] = [0, 0, 0]
  while (from < events.length) {
    const cut = events.slice(from, from + 1 + Math.floor(random() ** 3 * 12))
    tries++
    try {
      await writer.writeHeld(planOf(guards, tenant, cut, now), recalled => walk(guards, tenant, cut, recalled, now))
      from += cut.length
    } catch (error) {
      if (!/terminat|not queryable|ended|closed|EPIPE|ECONNRESET/i.test(String(error))) throw error
      lost++
    }
  }
  return { tries, lost }
}

/** The groups and rows of a tenant, and the ids that are remembered. */
export async function stored(db: Database, of: string) {
  return await db.read([of], async reader => {
    const groups = await reader.query<{ id: string; version: number }>(
      'select group_key as id, version from groups where tenant_id = $1 order by 1',
      [of],
    )
    const rows = await reader.query<{ id: string; value: Json }>(
      `select group_key || chr(10) || kind || chr(10) || bucket as id, value from state_rows where tenant_id = $1 order by 1`,
      [of],
    )
    const keys = await reader.query<{ id: string }>(
      'select event_id as id from event_keys where tenant_id = $1 order by 1',
      [of],
    )
    return {
      versions: new Map(groups.rows.map(row => [row.id, row.version])),
      rows: new Map(rows.rows.map(row => [row.id, row.value])),
      keys: keys.rows.map(row => row.id),
    }
  })
}

/** What is stored of these events is what one process finds and folds that is fed one by one, in the order of the stored versions. */
export async function assertOneByOne(db: Database, events: readonly Arrived[]): Promise<void> {
  const { rows } = await db.read([tenant], reader =>
    reader.query<{ id: string; versions: Walked['versions']; payload: Pick<Walked, 'found' | 'moved'> }>(
      'select event_id as id, versions, payload from events where tenant_id = $1',
      [tenant],
    ),
  )
  assert.equal(rows.length, events.length, 'each event once')
  const walked = new Map(rows.map(({ payload, ...row }) => [row.id, { ...row, ...payload }]))
  const byId = new Map(events.map(one => [one.event.id, one]))
  const expected = fedOneByOne(
    guards,
    inOrderOfVersions([...walked.values()]).map(id => byId.get(id)!),
  )
  for (const one of expected.walked) assert.deepEqual(walked.get(one.id), one)
  const kept = await stored(db, tenant)
  assert.deepEqual(sorted(kept.rows), sorted(expected.rows))
  assert.deepEqual(sorted(kept.versions), sorted(expected.versions))
  const followed = [...walked.values()].filter(
    ({ id, versions }) =>
      byId.get(id)!.event.kind === 'fix' && Object.keys(versions).some(group => group.startsWith('site:')),
  )
  assert.ok(followed.length > events.length / 20, `${followed.length} events reached a site over two links`)
}

const sorted = <Value>(of: ReadonlyMap<string, Value>) => [...of].toSorted(([a], [b]) => (a < b ? -1 : 1))
