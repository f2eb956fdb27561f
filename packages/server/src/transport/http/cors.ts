import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../errors.ts'
import type { Allowed } from './paths.ts'

const exposed = [
  'x-request-id',
  'retry-after',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'idempotency-replayed',
  'x-reject-code',
  'x-total-rows',
].join(', ')
const accepted = 'content-type, x-api-key, x-request-id, idempotency-key'

/** Adds what a listed origin needs; does nothing for any other, so browsers refuse those by themselves. */
export function corsWriter(origins: readonly string[]): (request: FastifyRequest, reply: FastifyReply) => boolean {
  if (origins.length === 0) return () => false
  const listed = new Set(origins)
  return (request, reply) => {
    reply.header('vary', 'origin')
    const { origin } = request.headers
    if (origin === undefined || !(listed.has(origin) || listed.has('*'))) return false
    reply.header('access-control-allow-origin', listed.has('*') ? '*' : origin)
    reply.header('access-control-expose-headers', exposed)
    return true
  }
}

/** True when the request was a preflight of a listed origin and is answered. */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply, allowed: Allowed): boolean {
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false
  const methods = allowed(request.url)
  if (methods === null) throw new Problem('not_found')
  reply
    .code(204)
    .header('access-control-allow-methods', methods)
    .header('access-control-allow-headers', accepted)
    .header('access-control-max-age', '600')
    .send()
  return true
}
