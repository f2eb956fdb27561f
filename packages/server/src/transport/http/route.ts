import { defaultBodyLimit, type Principal, problems, problemsOf, type Route } from '@surety/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../errors.ts'
import { checker, isRecord, refuseNul } from '../../request/check.ts'
import { refusePersonal } from '../../request/personal.ts'
import { type Access, authenticate, checkRole, countRefused, countRequest } from './access.ts'
import { writerOf } from './answer.ts'
import { logFailure, sendProblem, toProblem } from './failures.ts'
import { isUuid } from './headers.ts'
import type { HttpConfig } from './http-config.ts'
import { idempotencyKey, once } from './idempotent.ts'
import type { Inside } from './inside.ts'
import type { HttpMetrics } from './metrics.ts'
import { routerPath } from './paths.ts'
import { queryReader } from './query.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the first hook of every route that asks for a key. */
    principal: Principal | null
  }
}

/** What every route is built from. */
export interface Door extends Pick<Inside, 'idempotency' | 'personalTo'> {
  readonly config: HttpConfig
  readonly access: Access
  readonly metrics: HttpMetrics
}

/** A handler whose types were checked against the table already. */
export type AnyHandler = (call: {
  principal: Principal
  params: unknown
  query: unknown
  body: unknown
  requestId: string
  authorization: string | undefined
  eventId: string | null
}) => Promise<never>

const nobody: Principal = { kind: 'key', keyId: '', tenant: '', role: 'viewer', name: 'nobody', limits: {} }

/** Registers one row of the route table: the order of checks is the order of the contract. */
export function addRoute(app: FastifyInstance, door: Door, route: Route, handler: AnyHandler) {
  const meter = door.metrics.meter(route.method, route.path, statusesOf(route), problemsOf(route))
  const limit = route.body?.limit ?? defaultBodyLimit
  const guard = guardOf(door, route, limit)
  const counted = new WeakSet<FastifyRequest>()
  app.route({
    method: route.method,
    url: routerPath(route.path),
    bodyLimit: limit,
    ...(route.body?.type === undefined ? {} : { config: { bodyType: route.body.type } }),
    ...(guard === null ? {} : { onRequest: guard }),
    onResponse: (_request, reply, done) => {
      meter.count(reply.statusCode, reply.elapsedTime / 1000)
      done()
    },
    errorHandler: (error, request, reply) => {
      const problem = toProblem(counted.has(request) ? error : countRefusal(door, route, error, request, reply))
      meter.problem(problem.code)
      logFailure(door.config, error, problem, request)
      sendProblem(door.config, problem, request, reply)
    },
    handler: answering(door, route, handler, counted),
  })
}

/** What is never limited is so where it is right: what is refused counts, and is refused for that once there was too much. */
function countRefusal(door: Door, route: Route, error: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
  const { neverLimited, group } = route
  const { principal } = request
  if (neverLimited === undefined || group === null || principal === null || toProblem(error).status >= 500) return error
  try {
    countRefused(door.access, { route, group, principal }, reply)
    return error
  } catch (limited) {
    return limited
  }
}

function guardOf(door: Door, route: Route, limit: number) {
  const { group, roles } = route
  if (roles.length === 0 || group === null) return null
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
    authenticate(door.access, request)
      .then(async principal => {
        request.principal = principal
        await refreshPersonalId(door, request, reply, principal)
        // What stops the machine is known when the body was read; until then nobody is held back.
        if (route.neverLimited === undefined) await countRequest(door.access, { route, group, principal }, reply)
        checkRole(route, principal)
        // Size comes before type: the announced length is asked here, the true one while the body is read.
        if (Number(request.headers['content-length'] ?? 0) > limit) throw new Problem('too_large')
      })
      .then(() => done(), done)
  }
}

/** What is a phone number is known by the country of the tenant. */
async function refreshPersonalId(door: Door, request: FastifyRequest, reply: FastifyReply, { tenant }: Principal) {
  if (request.headers['x-request-id'] !== request.id || isUuid(request.id)) return
  // Where it cannot be told just now, it may be.
  if (!(await door.personalTo(tenant, request.id).catch(() => true))) return
  request.id = door.config.requestIds()
  reply.header('x-request-id', request.id)
}

function answering(door: Door, route: Route, handler: AnyHandler, counted: WeakSet<FastifyRequest>) {
  const readQuery = route.query === undefined ? null : queryReader(route.query)
  const checkParams = route.params === undefined ? null : checker(route.params)
  const checkBody = route.body?.checked === 'door' ? checker(route.body.schema) : null
  const write = writerOf(route)
  const { config } = door
  const { neverLimited, group } = route
  const plain = route.body?.plain
  const idempotent = { idempotency: door.idempotency, config, route }
  return async (request: FastifyRequest, reply: FastifyReply) => {
    if (route.body?.required === true && request.body === undefined) throw missingBody(request, route)
    const query = readQuery === null ? undefined : readQuery(request.query)
    if (checkParams !== null) checkParams(request.params)
    if (checkBody !== null && request.body !== undefined) {
      checkBody(request.body)
      refuseNul(request.body)
    }
    const principal = request.principal ?? nobody
    if (plain !== undefined && request.body !== undefined) {
      const isPersonal = (text: string) => door.personalTo(principal.tenant, text)
      await refusePersonal(
        isPersonal,
        plainOf(request.body, plain),
        '',
        typeof plain === 'object' && 'but' in plain ? plain.but : [],
      )
    }
    if (neverLimited !== undefined && group !== null && !isOf(request.body, neverLimited)) {
      counted.add(request)
      await countRequest(door.access, { route, group, principal }, reply)
    }
    const work = async (eventId: string | null) => {
      const answered = await handler({
        principal,
        params: request.params,
        query,
        body: request.body,
        requestId: request.id,
        authorization: request.headers.authorization,
        eventId,
      })
      return write(request.id, answered)
    }
    const key = route.idempotent ? idempotencyKey(request) : null
    const answer = await (key === null ? work(null) : once(idempotent, principal, key, request, work))
    config.checkAnswer?.(route, answer)
    reply.code(answer.status).header('content-type', answer.type)
    if (answer.headers !== undefined) reply.headers(answer.headers)
    reply.send(answer.body)
    return reply
  }
}

/** The part of a body that is kept as it was sent. */
function plainOf(body: unknown, plain: NonNullable<NonNullable<Route['body']>['plain']>): unknown {
  if (plain === 'all' || 'but' in plain || !isRecord(body)) return body
  return Object.fromEntries(plain.filter(name => Object.hasOwn(body, name)).map(name => [name, body[name]]))
}

/** A body with that word in that field. */
function isOf(body: unknown, { field, value }: NonNullable<Route['neverLimited']>): boolean {
  return isRecord(body) && body[field] === value
}

function missingBody(request: FastifyRequest, { body }: Route): Problem {
  if (body?.type !== undefined) {
    const sent = request.headers['content-type'] !== undefined
    return sent
      ? new Problem('validation_failed', 'The file is empty.')
      : new Problem('unsupported_type', `Send ${body.type}.`)
  }
  return request.headers['content-type'] === undefined
    ? new Problem('unsupported_type')
    : new Problem('malformed_json', 'The body is empty.')
}

function statusesOf(route: Route): readonly number[] {
  const refused = problemsOf(route).map(code => problems[code].status)
  return [...new Set([...route.answers.map(answer => answer.status), ...refused])].sort((a, b) => a - b)
}
