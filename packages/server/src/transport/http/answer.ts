import { Readable } from 'node:stream'
import {
  type FieldError,
  type ProblemCode,
  problems,
  type Route,
  type RouteAnswer,
  type TextAnswer,
} from '@surety/contract'
import type { Problem } from '../../errors.ts'
import { jsonType } from './headers.ts'
import type { HttpConfig } from './http-config.ts'

/** An answer as it is sent, but for the headers that every answer has. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string | Readable
  readonly headers?: { readonly [name: string]: string }
}

/** Writes what a handler of one route gave back, of which `AnswersOf` says the type. */
export type Writer = (requestId: string, answered: never) => Answer

/** Chosen once for each route, by what the route promises. */
export function writerOf({ answers }: Pick<Route, 'answers'>): Writer {
  const [first] = answers
  if (first === undefined) throw new Error('a route without an answer')
  if (first.type !== 'application/json')
    return (_requestId, { body, type = `${first.type}; charset=utf-8`, headers = {} }: TextAnswer) => ({
      status: first.status,
      type,
      body: typeof body === 'string' ? body : Readable.from(body, { objectMode: false }),
      headers,
    })
  if (answers.length === 1) {
    const { status } = first
    return (requestId, data) => ({ status, type: jsonType, body: textOf(first, requestId, JSON.stringify(data)) })
  }
  const promised = new Map(answers.map(answer => [answer.status, answer]))
  return (requestId, { status, data, text = JSON.stringify(data), headers = {} }: Tagged) => {
    const answer = promised.get(status)
    if (answer === undefined) throw new Error(`an answer of status ${status}, which its route does not promise`)
    return { status, type: jsonType, body: textOf(answer, requestId, text), headers }
  }
}

interface Tagged {
  readonly status: number
  readonly data?: unknown
  /** The data, written already. */
  readonly text?: string
  readonly headers?: { readonly [name: string]: string }
}

/** The envelope of a success. The id needs no escaping: its pattern allows no quote. */
function textOf({ envelope }: RouteAnswer, requestId: string, text: string): string {
  return envelope ? `{"ok":true,"request_id":"${requestId}","data":${text}}` : text
}

/** A path as a problem names it: without the query, and without the parts that hold personal data. Problems are logged where they are read. */
export function shownPath(url: string, { looksPersonal }: Pick<HttpConfig, 'looksPersonal'>): string {
  const [path = ''] = url.split('?', 1)
  return path
    .split('/')
    .map(part => (looksPersonal(decoded(part)) ? 'redacted' : part))
    .join('/')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** RFC 9457. @param path as `shownPath` gives it */
export function problemText(problem: Problem, requestId: string, path: string): string {
  return writeProblem(problem.code, problem.message, problem.errors, requestId, path)
}

export function writeProblem(
  code: ProblemCode,
  detail: string,
  errors: readonly FieldError[],
  requestId: string,
  path: string,
): string {
  const { status, title } = problems[code]
  return JSON.stringify({
    type: `urn:surety:problem:${code}`,
    title,
    status,
    detail,
    instance: path,
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
