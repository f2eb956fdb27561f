import { type Answered, findingView, questionOfAction, type Severity } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { foreignCursor, readCursor, writeCursor } from '../../request/cursor.ts'
import { possibleId } from '../../request/ids.ts'
import { podMeant } from '../../request/questions-meant.ts'
import type { Context } from '../../runtime/context.ts'
import { actsOfCase } from '../../store/acts.ts'
import { blindedOpinions } from '../../store/blinded-opinions.ts'
import {
  type CaseShown,
  type CasesAsk,
  type CasesFilter,
  decisionsOfCase,
  findCase,
  openingOf,
  pageOfCases,
} from '../../store/cases.ts'
import type { Reader } from '../../store/db.ts'
import { findingsOf } from '../../store/evaluations.ts'
import { microsOf, timeOfMicros } from '../../store/exact-time.ts'
import { outcomesOfCase } from '../../store/outcomes.ts'
import { transitionsOfCase } from '../../store/transitions.ts'

export interface AlertsQuery {
  readonly pod?: string | undefined
  readonly state: 'open' | 'closed' | 'all'
  readonly group?: string | undefined
  readonly subject?: string | undefined
  readonly severity?: Severity | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

type Alert = Answered<'getAlert'>
type Step = Alert['timeline'][number]
const longestTimeline = 200

/** What several events hang on, for people. */
export function alerts({ db, now, pods }: Pick<Context, 'db' | 'now' | 'pods'>) {
  const withAlerts = pods.filter(({ questions }) => questions.some(({ hangs }) => hangs !== undefined))
  return {
    async list(tenant: string, query: AlertsQuery): Promise<Answered<'listAlerts'>> {
      const as_of = now().toISOString()
      const pod = podMeant(withAlerts, query.pod)?.name
      if (pod === undefined) return { items: [], next: null, as_of }
      const { state, group = null, subject = null, severity = null, limit } = query
      const filter: CasesFilter = { open: state === 'all' ? null : state === 'open', group, subject, severity }
      const list = `alerts/${pod}/${JSON.stringify(filter)}`
      const after = query.cursor === undefined ? null : placeOf(tenant, list, query.cursor)
      const { rows, next, unseen } = await db.read([tenant], async reader => {
        const page = await pageOfCases(reader, { tenant, pod, ...filter, after, limit })
        const ids = page.rows.map(({ caseId }) => caseId)
        return { ...page, unseen: await blindedOpinions(reader, tenant, pod, ids) }
      })
      return {
        items: rows.map(row => alertView(pod, row, unseen.has(row.caseId))),
        next: next === null ? null : writeCursor(tenant, list, [Number(microsOf(next.exactly)), next.caseId]),
        as_of,
      }
    },

    async get(tenant: string, given: string): Promise<Alert> {
      const id = possibleId(given, 'case_not_found')
      const as_of = now().toISOString()
      return db.read([tenant], async reader => {
        const names = withAlerts.map(({ name }) => name)
        const found = names.length === 0 ? null : await findCase(reader, tenant, names, id)
        if (found === null) throw new Problem('case_not_found')
        const decisions = await decisionsOfCase(reader, tenant, found.pod, found, longestTimeline + 1)
        const opening = await openingOf(reader, tenant, found.pod, found)
        const events = [opening, decisions[0]].filter(one => one !== null && one !== undefined)
        const seen = [...new Map(events.map(one => [one.eventId, one])).values()]
        const ofEvents = await findingsOf(
          reader,
          seen.map(one => ({ tenant, pod: found.pod, ...one })),
        )
        const findings = seen.flatMap(({ eventId }, place) =>
          ofEvents[place]!.map(finding => ({ event_id: eventId, ...findingView(finding) })),
        )
        const withheld = (await blindedOpinions(reader, tenant, found.pod, [found.caseId])).size > 0
        const steps = await timelineOf(reader, tenant, found, decisions, withheld)
        return {
          ...alertView(found.pod, found, withheld),
          findings,
          timeline: steps.slice(-longestTimeline),
          timeline_complete: steps.length <= longestTimeline,
          as_of,
        }
      })
    },
  }

  async function timelineOf(
    reader: Reader,
    tenant: string,
    found: CaseShown & { readonly pod: string },
    decisions: Awaited<ReturnType<typeof decisionsOfCase>>,
    withheld: boolean,
  ): Promise<readonly Step[]> {
    const { caseId, openedAt } = found
    const pod = pods.find(({ name }) => name === found.pod)!
    const nothing = { event_id: null, question: null, about: null, state: null, reason: null, by: null }
    const questionOf = (action: string): string => questionOfAction(pod, action).name
    const hung = decisions.toReversed().map(
      ({ recordedAt, hung, eventId, question, questionSubject, state, reason }): Step => ({
        at: recordedAt.toISOString(),
        // How bad it is may follow from what the machine thinks.
        what: withheld && hung === 'raised' ? 'joined' : (hung as 'opened' | 'joined' | 'raised'),
        event_id: eventId,
        question,
        about: questionSubject === '' ? null : questionSubject,
        state: withheld ? null : state,
        reason: withheld ? null : reason,
        by: null,
      }),
    )
    const moves = withheld ? [] : await transitionsOfCase(reader, tenant, caseId, openedAt, longestTimeline)
    const acts = withheld ? [] : await actsOfCase(reader, tenant, caseId, openedAt)
    const outcomes = await outcomesOfCase(reader, tenant, found.pod, { caseId, recordedAt: openedAt })
    return [
      ...hung,
      ...moves.map(
        (move): Step => ({
          ...nothing,
          at: move.at.toISOString(),
          what: 'moved',
          question: questionOf(move.action),
          state: move.to,
          reason: move.reason,
          by: move.actor,
        }),
      ),
      ...acts.map(
        ({ recordedAt, endedAt, action, state, reason }): Step => ({
          ...nothing,
          at: (endedAt ?? recordedAt).toISOString(),
          what: 'act',
          question: questionOf(action),
          state,
          reason,
        }),
      ),
      ...outcomes.map(
        ({ recordedAt, question, outcome, source }): Step => ({
          ...nothing,
          question,
          at: recordedAt.toISOString(),
          what: 'outcome',
          state: outcome,
          by: source,
        }),
      ),
    ].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  }
}

function placeOf(tenant: string, list: string, cursor: string): NonNullable<CasesAsk['after']> {
  const [micros, caseId] = readCursor(tenant, list, cursor, ['number', 'string']) as [number, string]
  const openedAt = timeOfMicros(micros)
  if (openedAt === null) throw foreignCursor()
  return { openedAt, caseId }
}

/** @param withheld a person is to judge it unseen: how bad it is may follow from what the machine thinks, and an audit is joined by nothing */
const alertView = (pod: string, row: CaseShown, withheld: boolean) => ({
  id: row.caseId,
  pod,
  rule: row.rule,
  type: row.type,
  subject: row.subject === '' ? null : row.subject,
  group: row.group,
  severity: withheld ? null : row.severity,
  state: row.closedAt === null ? ('open' as const) : ('closed' as const),
  first_seen: row.firstSeen.toISOString(),
  last_seen: withheld ? null : row.lastSeen.toISOString(),
  joins_until: row.joinsUntil?.toISOString() ?? null,
  clock_from: withheld ? null : row.clockFrom.toISOString(),
  occurrences: withheld ? null : row.occurrences,
  opinion: withheld ? ('withheld' as const) : ('shown' as const),
  opened_at: row.openedAt.toISOString(),
  closed_at: row.closedAt?.toISOString() ?? null,
})
