import { createHash } from 'node:crypto'
import { canonical, type Json, type Principal, type Route } from '@surety/contract'
import type { FastifyRequest } from 'fastify'
import { Problem } from '../../errors.ts'
import { type Answer, problemText, shownPath, withRequestId } from './answer.ts'
import { toProblem } from './failures.ts'
import { jsonType, problemType } from './headers.ts'
import type { HttpConfig } from './http-config.ts'
import type { Idempotency } from './inside.ts'

/** The key of the request, checked; null without one. */
export function idempotencyKey(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key === 'string' && /^[\x21-\x7e]{1,128}$/.test(key)) return key
  const error = { path: 'idempotency-key', code: 'format', message: 'must be 1 to 128 visible ASCII characters' }
  throw new Problem('validation_failed', undefined, { errors: [error] })
}

/** SHA-256 of what was asked: route, path, query and canonical body, so that field order does not matter. */
function digestOf(route: Route, request: FastifyRequest): string {
  const body = request.body === undefined ? '' : canonical(request.body as Json)
  return createHash('sha256').update(`${route.method} ${request.url}\n${body}`).digest('hex')
}

/**
 * Runs `work` once per word of one API key. Its answer is kept, also a refusal that would be the same again (4xx); after an outage
 * (5xx, 429) the word is free. A failure to keep the answer does not change it: what was accepted is durable, and a
 * retry finds the event by its id.
 */
export async function once(
  context: { readonly idempotency: Idempotency; readonly config: HttpConfig; readonly route: Route },
  principal: Principal,
  word: string,
  request: FastifyRequest,
  work: (eventId: string) => Promise<Answer>,
): Promise<Answer> {
  const { idempotency, config, route } = context
  const { tenant, keyId } = principal
  // A word that one API key took is no answer to another, and stands in nobody's way.
  const key = `${keyId} ${word}`
  const begun = await idempotency.begin(tenant, key, digestOf(route, request))
  if (begun.kind === 'replay') {
    return {
      status: begun.status,
      type: begun.status < 400 ? jsonType : problemType,
      body: withRequestId(begun.body, request.id),
      headers: { 'idempotency-replayed': 'true' },
    }
  }
  const keep = async (status: number, body: string) => {
    try {
      if (status >= 500 || status === 429) await idempotency.release(tenant, key)
      else await idempotency.finish(tenant, key, status, body)
    } catch (err) {
      config.log('idempotent_answer_not_kept', { err, request_id: request.id })
    }
  }
  try {
    const answer = await work(begun.eventId)
    if (typeof answer.body === 'string') await keep(answer.status, answer.body)
    return answer
  } catch (error) {
    const problem = toProblem(error)
    await keep(problem.status, problemText(problem, request.id, shownPath(request.url, config)))
    throw error
  }
}
