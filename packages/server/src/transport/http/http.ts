import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defaultBodyLimit, type RouteName, routes, speaksOfLeads } from '@surety/contract'
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify'
import { Problem } from '../../errors.ts'
import { openAccess } from './access.ts'
import { readBodies } from './body.ts'
import { answerPreflight, corsWriter } from './cors.ts'
import { serveDocsFiles } from './docs.ts'
import { answerConnect, answerUnreadable, logFailure, sendProblem, toProblem } from './failures.ts'
import { apiHeaders, chooseRequestId } from './headers.ts'
import type { HttpConfig } from './http-config.ts'
import type { Inside } from './inside.ts'
import { httpMetrics } from './metrics.ts'
import { ownRoutes } from './own-routes.ts'
import { allowedMethods } from './paths.ts'
import { type AnyHandler, addRoute } from './route.ts'

/**
 * The HTTP door. No plugin and few hooks on the hot route, no child logger and no line per request: each of those
 * costs a fifth to a half of the throughput. `close()` stops accepting and finishes what is in flight.
 */
export function buildHttp(inside: Inside, config: HttpConfig): FastifyInstance {
  refuseUnsafe(config)
  const metrics = httpMetrics(config.registry)
  const lost = metrics.meter('any', 'unmatched', [404, 405], ['not_found', 'method_not_allowed'])
  const app = fastify({
    logger: false,
    genReqId: raw => chooseRequestId(raw.headers['x-request-id'], config),
    bodyLimit: defaultBodyLimit,
    ...(config.trustedProxies?.length ? { trustProxy: [...config.trustedProxies] } : {}),
    requestTimeout: 30_000,
    // A socket without traffic; long enough for a training run that answers at its end.
    connectionTimeout: 300_000,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 512 },
    clientErrorHandler: answerUnreadable(config),
    // Asked below, where the answer is a problem like any other.
    http: { requireHostHeader: false },
    frameworkErrors: (error, request, reply) => {
      reply.headers(apiHeaders).header('x-request-id', request.id)
      sendProblem(config, toProblem(error), request, reply)
    },
  })
  // What is expected beside 100-continue may be ignored (RFC 9110, 10.1.1): the request is answered as any other.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.server.on('connect', answerConnect(config))
  app.decorateRequest('principal', null)
  readBodies(app)
  const here = (Object.keys(routes) as RouteName[]).filter(name => config.leads !== false || !speaksOfLeads(name))
  const allowed = allowedMethods(here.map(name => routes[name]))
  const cors = corsWriter(config.corsOrigins)
  let closing = false
  let answered = 0
  app.addHook('preClose', done => {
    closing = true
    answered = performance.now()
    letGo(app.server, () => performance.now() - answered > (config.stopMs ?? 10_000))
    done()
  })
  app.addHook('onResponse', (_request, _reply, done) => {
    answered = performance.now()
    done()
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(apiHeaders).header('x-request-id', request.id)
    const listed = cors(request, reply)
    if (request.raw.headers.host === undefined && request.raw.httpVersion === '1.1')
      throw new Problem('malformed_request', 'The request has no Host header.')
    if (closing) throw new Problem('not_ready', 'The service is stopping; send it again to the next one.')
    if (request.is404) {
      if (listed && answerPreflight(request, reply, allowed)) return
      throw unknownPath(allowed(request.url), reply)
    }
    done()
  })
  app.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error)
    lost.problem(problem.code)
    lost.count(problem.status, null)
    logFailure(config, error, problem, request)
    sendProblem(config, problem, request, reply)
  })
  serveDocsFiles(app)
  const access = openAccess(inside, config)
  const handlers = { ...inside.routes, ...ownRoutes(inside, config) }
  for (const name of here) {
    // The pair was checked by the types of `inside`; here the union of all pairs has no common type.
    addRoute(
      app,
      { idempotency: inside.idempotency, personalTo: inside.personalTo, config, access, metrics },
      routes[name],
      handlers[name] as AnyHandler,
    )
  }
  return app
}

/** Opens the door; answers its address. */
export async function listenAt(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  await app.listen({ port, host })
  const opened = app.server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${opened.port}`
}

function unknownPath(methods: string | null, reply: FastifyReply): Problem {
  if (methods === null) return new Problem('not_found')
  reply.header('allow', methods)
  return new Problem('method_not_allowed')
}

/**
 * A kept-alive connection whose answer was in flight would hold the close until its keep-alive ends: 72 s. One that never sent
 * a whole request is not idle, and nothing ends it any more: once nobody was answered for a while, all of them go.
 */
function letGo(server: Server, isOver: () => boolean) {
  if (!server.listening) return
  const sweep = setInterval(() => (isOver() ? server.closeAllConnections() : server.closeIdleConnections()), 50)
  server.once('close', () => clearInterval(sweep))
}

/** What would open the door too far stops the start with one sentence. */
function refuseUnsafe(config: HttpConfig) {
  if (!config.production) return
  if (config.corsOrigins.includes('*')) throw new Error('CORS origin * is refused in production: list the origins')
  if (config.devOpenLoopback) throw new Error('DEV_OPEN_LOOPBACK is refused in production')
}
