import { type Answered, findingView, type Severity } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { foreignCursor, readCursor, writeCursor } from '../../request/cursor.ts'
import { podMeant } from '../../request/questions-meant.ts'
import type { Context } from '../../runtime/context.ts'
import { type Finding, type FindingsFilter, type FindingsPlace, pageOfFindings } from '../../store/evaluations.ts'
import { microsOf, timeOfMicros } from '../../store/exact-time.ts'

export interface FindingsQuery {
  readonly pod?: string | undefined
  readonly code?: string | undefined
  readonly group?: string | undefined
  readonly about?: string | undefined
  readonly severity?: Severity | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

/** What rules found, for people. */
export function findings({ db, now, pods }: Pick<Context, 'db' | 'now' | 'pods'>) {
  const withRules = pods.filter(({ detectors }) => detectors.length > 0)
  return {
    async list(tenant: string, query: FindingsQuery): Promise<Answered<'listFindings'>> {
      const as_of = now().toISOString()
      const pod = podMeant(withRules, query.pod)
      if (pod === null) return { items: [], next: null, as_of }
      const { code = null, group = null, about = null, severity = null, limit } = query
      if (code !== null && !pod.detectors.some(rule => rule.code === code))
        throw unknownCode(pod.detectors.map(rule => rule.code))
      const filter: FindingsFilter = { code, group, about, severity }
      const list = `findings/${pod.name}/${JSON.stringify(filter)}`
      const after = query.cursor === undefined ? null : placeOf(tenant, list, query.cursor)
      const { rows, next } = await db.read([tenant], reader =>
        pageOfFindings(reader, { tenant, pod: pod.name, ...filter, after, limit }),
      )
      return {
        items: rows.map(finding => ({ pod: pod.name, ...listed(finding) })),
        next:
          next === null ? null : writeCursor(tenant, list, [Number(microsOf(next.exactly)), next.eventId, next.place]),
        as_of,
      }
    },
  }
}

const unknownCode = (codes: readonly string[]): Problem =>
  new Problem('validation_failed', undefined, {
    errors: [{ path: 'code', code: 'unknown', message: `name one of those that there are: ${codes.join(', ')}` }],
  })

function placeOf(tenant: string, list: string, cursor: string): FindingsPlace {
  const [micros, eventId, place] = readCursor(tenant, list, cursor, ['number', 'string', 'number']) as [
    number,
    string,
    number,
  ]
  const recordedAt = timeOfMicros(micros)
  if (recordedAt === null || !Number.isInteger(place) || Math.abs(place) > mostPlaces) throw foreignCursor()
  return { recordedAt, eventId, place }
}
/** What the column can say. */
const mostPlaces = 2 ** 15 - 1

const listed = (finding: Finding) => ({
  event_id: finding.eventId,
  occurred_at: finding.occurredAt.toISOString(),
  recorded_at: finding.recordedAt.toISOString(),
  alert_id: finding.caseId,
  ...findingView({ ...finding, value: finding.measured }),
})
