import { type Answered, findingView } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import type { Finding, FindingsPlace } from '../../store/evaluations.ts'
import { pageOfFindings } from '../../store/evaluations.ts'
import type { ExactTime } from '../../store/exact-time.ts'

export interface FindingsNeeds {
  /** Opaque places in a list, tied to the tenant. `read` throws `validation_failed` on a foreign one. */
  readonly cursor: {
    write(tenant: string, list: string, place: { recordedAt: ExactTime; caseId: string }): string
    read(tenant: string, list: string, cursor: string): { recordedAt: ExactTime; caseId: string }
  }
}

export interface FindingsQuery {
  readonly pod?: string | undefined
  readonly code?: string | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

/** What rules found, for people. */
export function findings({ db, now, pods }: Pick<Context, 'db' | 'now' | 'pods'>, { cursor }: FindingsNeeds) {
  const withRules = pods.filter(({ detectors }) => detectors.length > 0)
  return {
    async list(tenant: string, query: FindingsQuery): Promise<Answered<'listFindings'>> {
      const as_of = now().toISOString()
      const pod = podMeant(withRules, query.pod)
      if (pod === null) return { items: [], next: null, as_of }
      const { code = null, limit } = query
      if (code !== null && !pod.detectors.some(rule => rule.code === code))
        throw unknown(
          'code',
          pod.detectors.map(rule => rule.code),
        )
      const list = `findings/${pod.name}/${code ?? ''}`
      const after = query.cursor === undefined ? null : placeOf(cursor.read(tenant, list, query.cursor))
      const found = await db.read([tenant], reader =>
        pageOfFindings(reader, { tenant, pod: pod.name, code, after, limit: limit + 1 }),
      )
      const shown = found.slice(0, limit)
      const last = shown.at(-1)
      return {
        items: shown.map(finding => ({ pod: pod.name, ...listed(finding) })),
        next:
          found.length > shown.length && last !== undefined
            ? cursor.write(tenant, list, { recordedAt: last.exactly, caseId: `${last.place}.${last.eventId}` })
            : null,
        as_of,
      }
    },
  }
}

type Rules = Pick<Context['pods'][number], 'name' | 'detectors'>

/** null: no pod has rules. @throws Problem `validation_failed` that says the pods there are */
function podMeant(withRules: readonly Rules[], name: string | undefined): Rules | null {
  const found = withRules.filter(pod => name === undefined || pod.name === name)
  if (found.length === 1) return found[0]!
  if (name === undefined && withRules.length === 0) return null
  throw unknown(
    'pod',
    withRules.map(pod => pod.name),
  )
}

const unknown = (path: 'pod' | 'code', names: readonly string[]): Problem =>
  new Problem('validation_failed', undefined, {
    errors: [{ path, code: 'unknown', message: `name one of those that there are: ${names.join(', ') || 'none'}` }],
  })

function placeOf({ recordedAt, caseId }: { recordedAt: ExactTime; caseId: string }): FindingsPlace {
  const dot = caseId.indexOf('.')
  return { recordedAt, place: Number(caseId.slice(0, dot)), eventId: caseId.slice(dot + 1) }
}

const listed = (finding: Finding) => ({
  event_id: finding.eventId,
  occurred_at: finding.occurredAt.toISOString(),
  recorded_at: finding.recordedAt.toISOString(),
  ...findingView({ ...finding, value: finding.measured }),
})
