import type { Readable } from 'node:stream'
import type { FieldError, ProblemCode } from '@surety/contract'
import { problems } from '@surety/contract'
import type { Problem } from '../../errors.ts'
import { jsonType } from './headers.ts'

/** What a handler gives back: already written, so the door adds only headers. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string | Readable
  readonly headers?: { readonly [name: string]: string }
}

/** The success envelope. The id needs no escaping: its pattern allows no quote. */
export function enveloped(requestId: string, data: unknown, status = 200): Answer {
  return { status, type: jsonType, body: `{"ok":true,"request_id":"${requestId}","data":${JSON.stringify(data)}}` }
}

/** A body outside the envelope, exactly as given. */
export function exactJson(body: unknown, status = 200, headers: { readonly [name: string]: string } = {}): Answer {
  return { status, type: jsonType, body: JSON.stringify(body), headers }
}

/** RFC 9457. `instance` is the path without the query, which may hold personal data. */
export function problemText(problem: Problem, requestId: string, url: string): string {
  return writeProblem(problem.code, problem.message, problem.errors, requestId, url)
}

export function writeProblem(
  code: ProblemCode,
  detail: string,
  errors: readonly FieldError[],
  requestId: string,
  url: string,
): string {
  const { status, title } = problems[code]
  return JSON.stringify({
    type: `urn:surety:problem:${code}`,
    title,
    status,
    detail,
    instance: url.split('?', 1)[0],
    code,
    request_id: requestId,
    ...(errors.length > 0 ? { errors } : {}),
  })
}

const writtenId = /"request_id":"[A-Za-z0-9._-]*"/

/** A stored answer sent again: the same bytes but for the id, which is that of the request being answered. */
export function withRequestId(body: string, requestId: string): string {
  return body.replace(writtenId, `"request_id":"${requestId}"`)
}
