import assert from 'node:assert/strict'
import { type Evidence, type FeatureValue, type Json, severities } from '@surety/contract'
import type { Core } from '../../app/core.ts'
import type { Arrival } from '../../pipeline/item.ts'
import type { Database } from '../../store/db.ts'
import { type Fed, fedOneByOne, readAll } from './one-by-one.ts'
import { inOrderOfVersions } from './order.ts'
import { guards, placed } from './pod.ts'
import { isRefused, tenant } from './shift.ts'

interface StoredEvaluation {
  readonly id: string
  readonly code: string
  readonly family: string
  readonly about: string
  readonly severity: number | null
  readonly confidence: number | null
  readonly measured: number | null
  readonly cut: number | null
  readonly fired: boolean
  readonly unknown: string | null
  readonly evidence: Evidence | null
}

async function stored(db: Database) {
  return await db.read([tenant], async reader => {
    const all = async <Row extends object>(text: string) => (await reader.query<Row>(text)).rows
    return {
      keys: await all<{ id: string }>('select event_id as id from event_keys order by 1'),
      events: await all<{ id: string; versions: { [group: string]: number } }>(
        'select event_id as id, versions from events',
      ),
      evaluations: await all<StoredEvaluation>(
        `select event_id as id, code, family, about, severity, confidence, measured, cut, fired, unknown, evidence
          from evaluations order by event_id, place`,
      ),
      decisions: await all<{ id: string; question: string; features: readonly FeatureValue[] }>(
        'select event_id as id, question, features from decisions',
      ),
      groups: await all<{ id: string; version: number }>('select group_key as id, version from groups'),
      rows: await all<{ id: string; value: Json }>(
        `select group_key || chr(10) || kind || chr(10) || bucket as id, value from state_rows`,
      ),
    }
  })
}

/**
 * What is stored of these events is what one process finds, asks and folds that is fed one by one, in the order of the stored
 * versions. @returns that
 */
export async function assertOneByOne(db: Database, core: Core, events: readonly Arrival[]): Promise<Fed['events']> {
  const kept = await stored(db)
  const accepted = events.filter(event => !isRefused(event))
  const ids = accepted.map(({ raw }) => raw.eventId!).toSorted()
  assert.deepEqual(kept.keys.map(({ id }) => id).toSorted(), ids)
  assert.deepEqual(kept.events.map(({ id }) => id).toSorted(), ids, 'each event once')
  const evaluated = Map.groupBy(kept.evaluations, ({ id }) => id)
  const left = kept.events.map(({ id, versions }) => {
    const own = evaluated.get(id)?.find(({ code }) => code === placed.code)?.evidence ?? {}
    // Its own groups have chains that every event changes, and so have all sites that it holds.
    const moved = Object.keys(versions).filter(group => {
      const [name, key] = group.split(':') as [string, string]
      return name === 'site' || own[name] === key
    })
    return { id, versions, moved }
  })
  const items = new Map((await readAll(core, accepted)).map(item => [item.eventId, item]))
  const expected = fedOneByOne(
    core,
    inOrderOfVersions(left).map(id => items.get(id)!),
  )
  const found = new Map(left.map(({ id, versions }) => [id, versions]))
  const asked = Map.groupBy(kept.decisions, ({ id }) => id)
  for (const { id, versions, evaluations, unknowns, vectors } of expected.events) {
    assert.deepEqual({ id, versions: found.get(id) }, { id, versions })
    assert.deepEqual(
      evaluated.get(id)?.map(asJudged),
      [...evaluations, ...unknowns].map(one => ({ id, ...one })),
    )
    const decided = (asked.get(id) ?? []).map(({ question, features }) => [question, features])
    assert.equal(decided.length, Object.keys(vectors).length, `${id} asked each of its questions once`)
    assert.deepEqual(Object.fromEntries(decided), vectors, id)
  }
  assert.deepEqual(byId(kept.rows.map(({ id, value }) => [id, value])), byId(expected.rows))
  assert.deepEqual(byId(kept.groups.map(({ id, version }) => [id, version])), byId(expected.versions))
  assertMuchSeen(kept.events, kept.evaluations, kept.decisions)
  return expected.events
}

const byId = <Value>(of: Iterable<readonly [string, Value]>) => [...of].toSorted(([a], [b]) => (a < b ? -1 : 1))

function asJudged({ id, code, about, unknown, measured, severity, cut, ...row }: StoredEvaluation): object {
  if (unknown !== null) return { id, code, about, why: unknown }
  const { family, fired, confidence, evidence } = row
  const of = { id, code, about, family, fired, confidence, evidence }
  return { ...of, value: measured, limit: cut, severity: severities[severity!] }
}

/** Links were followed, rules fired and could not say, and events came late: else little was shown. */
function assertMuchSeen(
  events: readonly { readonly id: string; readonly versions: object }[],
  evaluations: readonly StoredEvaluation[],
  decisions: readonly { readonly features: readonly FeatureValue[]; readonly question: string }[],
): void {
  const fixes = new Set(evaluations.filter(({ code }) => code === 'PACE').map(({ id }) => id))
  const followed = events.filter(
    ({ id, versions }) => fixes.has(id) && Object.keys(versions).some(group => group.startsWith('site:')),
  )
  const least = events.length / 20
  assert.ok(followed.length > least, `${followed.length} events reached a site over two links`)
  assert.ok(evaluations.filter(({ fired }) => fired).length > least)
  const late = guards.questions[0].baseFeatures.findIndex(({ name }) => name === 'late')
  const [came, looked] = [
    decisions.filter(({ question, features }) => question === 'astray' && features[late] === true),
    evaluations.filter(({ code, evidence }) => code === 'PACE' && evidence !== null && evidence['next'] !== null),
  ]
  assert.ok(came.length > least / 4 && looked.length > least / 4, `${came.length} late, ${looked.length} looked ahead`)
}
