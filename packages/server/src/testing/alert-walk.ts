import assert from 'node:assert/strict'
import { type EventResult, pod, state } from '@surety/contract'
import { heating, reading, thermostat } from '../../../../tests/thermostats/pod.ts'
import type { Core } from '../app/core.ts'
import type { Arrival } from '../pipeline/item.ts'
import { installed, podsFrom } from '../pods.ts'
import type { Database } from '../store/db.ts'
import { inOrderOfVersions, type Left } from './guards/order.ts'
import { openGuards } from './guards/processes.ts'
import { seeded } from './guards/shift.ts'

const startsAt = new Date('2027-01-15T08:00:00Z')
export const codes = ['T0', 'T1', 'T2']

/** Each reading makes a version, one that is too old to be kept too: so the versions tell one order. */
const counting = pod({
  ...heating,
  state: [
    ...heating.state,
    state({
      name: 'counted',
      group: thermostat,
      on: [reading],
      initial: { count: 0 },
      fold: ({ count }) => ({ count: count + 1 }),
    }),
  ],
})

/** The line of one process that serves the thermostats; what it scores follows from the features alone. */
export const openHeating = (db: Database): Promise<Core> =>
  openGuards(db, {
    pods: podsFrom([...installed.pods, counting]),
    serving: (_tenant, { name }) =>
      name === 'failing'
        ? {
            version: 1,
            digest: 'd',
            score: (_schema, [, , , findings]) => ({ probability: Number(findings) / 2, notes: [], cannot: null }),
          }
        : null,
  })

/** A reading, or an answer to the alert that an event opened about a subject. */
export interface Planned {
  readonly id: string
  readonly at: Date
  readonly reading?: { readonly code: string; readonly celsius: number }
  readonly answers?: Opening
  /** The one question that the answer speaks of; null: of all. */
  readonly of?: string | null
}
const spokenOf = [null, 'failing', 'real'] as const
interface Opening {
  readonly event: string
  readonly question: string
  readonly about: string
}

const arrival = (tenant: string, { id, at, reading, of = null }: Planned, caseId: string | null): Arrival => ({
  raw:
    reading === undefined
      ? {
          tenant,
          eventId: id,
          kind: 'heating.visited',
          occurredAt: at,
          data: { case: caseId!, word: 'fine', ...(of !== null && { of }) },
        }
      : { tenant, eventId: id, kind: 'thermostat.reading', occurredAt: at, data: { ...reading } },
  at: startsAt,
  startedMs: 0,
})

/** Readings of three thermostats over ten hours, one in six late by less than what a row keeps, many too warm. */
export function readings(count: number, seed: number): readonly Planned[] {
  const random = seeded(seed)
  return Array.from({ length: count }, (_, n) => {
    const late = random() < 1 / 6 ? Math.floor(random() * 15) : 0
    const at = new Date(startsAt.getTime() - 36_000_000 + Math.max(0, (n / count) * 600 - late) * 60_000)
    const celsius = random() < 0.5 ? 20 : 20 + Math.floor(random() * 16)
    return { id: `r${n}`, at, reading: { code: codes[Math.floor(random() * codes.length)]!, celsius } }
  })
}

/** What an event came to, with cases by what opened them. */
export interface Came {
  readonly planned: Planned
  readonly decisions: readonly string[]
}

/** The cases of one tenant by what opened each. */
export class CasesSeen {
  readonly byId = new Map<string, Opening>()
  readonly ids = new Map<string, string>()

  /** @returns what it came to, told once all openings are known: whoever joined may hear of it before whoever opened */
  note(event: string, result: EventResult): () => readonly string[] {
    if (result.status === 'rejected') return () => [result.code]
    for (const { hung, caseId, question, questionSubject: about } of result.decisions)
      if (hung === 'opened') {
        const opening = { event, question, about }
        this.byId.set(caseId, opening)
        this.ids.set(JSON.stringify(opening), caseId)
      }
    return () =>
      result.decisions.map(
        ({ question, questionSubject, state, reason, hung, caseId, features, score, actingVersion }) =>
          JSON.stringify([
            question,
            questionSubject,
            state,
            reason,
            hung,
            this.byId.get(caseId) ?? caseId,
            features,
            score.probability,
            actingVersion,
          ]),
      )
  }

  idOf(opening: Opening): string {
    const id = this.ids.get(JSON.stringify(opening))
    assert.ok(id !== undefined, `nothing was opened by ${JSON.stringify(opening)}`)
    return id
  }
}

const cameTo = (planned: Planned, told: () => readonly string[]): Came => ({
  planned,
  get decisions() {
    return told()
  },
})

/** One process: its share of the readings in cuts of its own, and answers to some of the alerts that were opened meanwhile. */
export async function workAlerts(
  core: Core,
  tenant: string,
  share: readonly Planned[],
  seen: CasesSeen,
  who: number,
): Promise<readonly Came[]> {
  const random = seeded(who + 77)
  const came: Came[] = []
  let answered = 0
  for (let from = 0; from < share.length; ) {
    const batch: Planned[] = share.slice(from, from + 1 + Math.floor(random() ** 2 * 9))
    from += batch.length
    const open = [...seen.byId.values()]
    if (open.length > 0 && random() < 0.5) {
      const opening = open[Math.floor(random() * open.length)]!
      const place = Math.floor(random() * (batch.length + 1))
      const of = spokenOf[answered % spokenOf.length]!
      batch.splice(place, 0, { id: `a${who}-${answered++}`, at: startsAt, answers: opening, of })
    }
    const ids = batch.map(({ answers }) => (answers === undefined ? null : seen.idOf(answers)))
    const results = await core.run(batch.map((planned, n) => arrival(tenant, planned, ids[n]!)))
    for (const [n, result] of results.entries()) came.push(cameTo(batch[n]!, seen.note(batch[n]!.id, result)))
  }
  return came
}

/** An answer makes no version: two that found the same one, of which the first closed the alert, are told apart by this. */
export const numberAnswers = (db: Database): Promise<unknown> =>
  db.transaction([], handle => handle.query('alter table outcomes add column place bigserial'))

/** The events of a tenant in the order that the stored versions say, of a database with numbered answers. */
export async function orderOf(db: Database, tenant: string, came: readonly Came[]): Promise<readonly Planned[]> {
  const { rows } = await db.read([tenant], handle =>
    handle.query<Omit<Left, 'moved'> & { moved: boolean; place: number }>(
      `select event_id as id, versions, true as moved, 0 as place from events where tenant_id = $1
        union all select event_id, versions, false, place from outcomes where tenant_id = $1`,
      [tenant],
    ),
  )
  const left = rows.map(
    ({ id, versions, moved, place }): Left => ({ id, versions, place, moved: moved ? Object.keys(versions) : [] }),
  )
  const planned = new Map(came.map(one => [one.planned.id, one.planned]))
  assert.equal(rows.length, planned.size, 'each event once')
  return inOrderOfVersions(left).map(id => planned.get(id)!)
}

/** One process that is fed one by one. */
export async function oneByOne(core: Core, tenant: string, order: readonly Planned[]): Promise<readonly Came[]> {
  const seen = new CasesSeen()
  const came: Came[] = []
  for (const planned of order) {
    const caseId = planned.answers === undefined ? null : seen.idOf(planned.answers)
    const [result] = await core.run([arrival(tenant, planned, caseId)])
    came.push(cameTo(planned, seen.note(planned.id, result!)))
  }
  return came
}

/** Every alert of a tenant by what opened it, and how it stands. */
export async function standing(db: Database, tenant: string): Promise<readonly string[]> {
  const { rows } = await db.read([tenant], handle =>
    handle.query<{ text: string }>(
      `select concat_ws(' ', d.event_id, d.question, d.question_subject, c.type, c.severity, c.occurrences, c.first_seen, c.last_seen,
          c.clock_from, c.closed_at is null, array_to_string(array(select unnest(c.asked) order by 1), ','), array_to_string(c.settled, ','), i.state,
          coalesce(json_array_length(i.others), 0)) as text
        from cases c join lateral (select * from decisions d where d.tenant_id = $1 and d.case_id = c.case_id and d.hung = 'opened'
          order by d.question, d.question_subject limit 1) d on true
        left join inbox i on i.tenant_id = $1 and i.case_id = c.case_id
        where c.tenant_id = $1 order by 1`,
      [tenant],
    ),
  )
  return rows.map(({ text }) => text)
}
