import { type Principal, type RateGroup, type Role, type Route, readers } from '@surety/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../errors.ts'
import { callerAddress } from './caller-address.ts'
import { type HttpConfig, readBurst } from './http-config.ts'
import type { Inside } from './inside.ts'
import { type RateLimiter, rateLimiter, type Spent } from './rate-limit.ts'

export const knownKeys = 10_000

/** The first checks of every request with a key, in the order of the contract: key (401), rate (429), role (403). */
export interface Access {
  readonly known: Inside['authenticate']
  readonly endedAt: Inside['endedAt']
  readonly spend: Inside['spend']
  readonly config: HttpConfig
  readonly perPrincipal: RateLimiter
  /** Refused keys by address and by the id they named. */
  readonly failures: RateLimiter
  readonly clock: () => number
}

export function openAccess(inside: Pick<Inside, 'authenticate' | 'endedAt' | 'spend'>, config: HttpConfig): Access {
  return {
    known: inside.authenticate,
    endedAt: inside.endedAt,
    spend: inside.spend,
    config,
    perPrincipal: config.perPrincipal ?? rateLimiter(knownKeys),
    failures: rateLimiter(knownKeys),
    clock: () => performance.now(),
  }
}

/** The public part of `sty_<id>_<secret>`. */
function publicId(key: string): string {
  const end = key.indexOf('_', 4)
  return end < 0 ? '' : key.slice(0, Math.min(end, 40))
}

/** The key is looked at before any limit: however many wrong ones come from its address or name its id, a good one is let in. */
export async function authenticate(access: Access, request: FastifyRequest): Promise<Principal> {
  const presented = request.headers['x-api-key']
  if (typeof presented !== 'string' || presented === '') {
    const open = openPrincipal(access.config, request)
    if (open === null) throw new Problem('authentication_required')
    return open
  }
  const principal = presented.length > 256 ? null : await access.known(presented)
  if (principal !== null) return principal
  const address = callerAddress(request.ip, request.socket.remoteAddress)
  const wait = Math.max(waitAfter(access, 'address', address), waitAfter(access, 'id', publicId(presented)))
  if (wait > 0)
    throw new Problem('rate_limited', 'too many requests with a wrong key from this address or of this id', {
      retryAfterSeconds: wait,
    })
  // Only who holds such a secret is told; for whoever guesses there is one wording.
  const ended = presented.length > 256 ? null : await access.endedAt?.(presented)
  const why =
    ended == null ? undefined : `This secret was replaced and good until ${ended.toISOString()}: send the new one.`
  throw new Problem('invalid_api_key', why)
}

/** Counts one refused key; seconds to wait where there were too many, else 0. */
function waitAfter({ failures, config, clock }: Access, slot: 'address' | 'id', caller: string): number {
  if (caller === '') return 0
  const spent = failures.take(`${slot} ${caller}`, slot, config.limits.failedKeys, clock())
  return spent.allowed ? 0 : spent.resetSeconds
}

const loopback = /^(?:127\.|::1$|::ffff:127\.)/
const localName = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/

/** What proxies say of whom they ask for: through one everybody is local. */
const saidByProxies =
  /^(?:forwarded|via|x-forwarded-.+|x-real-ip|x-original-.+|x-client-ip|true-client-ip|cf-.+|fastly-.+|x-envoy-.+|x-amzn?-.+)$/

/**
 * A page in a browser may name this machine by a foreign host name, or send what it likes to this one, and a proxy makes everybody local:
 * all of them are refused. Browsers say where a
 * page is from that asks for more than a look; those of CORS_ORIGINS may.
 */
function openPrincipal(config: HttpConfig, request: FastifyRequest): Principal | null {
  if (!config.devOpenLoopback || !loopback.test(request.socket.remoteAddress ?? '')) return null
  const { host, origin } = request.headers
  if (!localName.test(host ?? '')) return null
  if (Object.keys(request.headers).some(name => saidByProxies.test(name))) return null
  const listed = origin !== undefined && (origin === `http://${host}` || config.corsOrigins.includes(origin))
  const from = request.headers['sec-fetch-site'] ?? 'none'
  if (!listed && (origin !== undefined || (from !== 'same-origin' && from !== 'none'))) return null
  return {
    kind: 'key',
    keyId: 'open-loopback',
    tenant: config.openTenant ?? 'public',
    role: 'admin',
    name: 'open loopback',
    limits: {},
    grants: ['pii'],
  }
}

/** What is counted, and of whom. */
export interface Counted {
  readonly route: Route
  readonly group: RateGroup
  readonly principal: Principal
}

/** An exchange that was under way already may not have asked for this caller; the one after it does. */
const mostExchanges = 2

/**
 * One unit per request, also for a batch of 1,000 events: the body limit bounds the rest. What this process would refuse only
 * because it has not been handed its part of the minute yet waits for that: many requests at once are no reason to refuse.
 */
export async function countRequest(access: Access, counted: Counted, reply: FastifyReply): Promise<void> {
  let spent = take(access, counted)
  for (let k = 0; k < mostExchanges && spent.soon && (await access.perPrincipal.afterExchange()); k++)
    spent = take(access, counted)
  answer(spent, reply)
  await countOfDay(access, counted.principal, reply)
}

/** After the minute: what that refuses costs nothing of the day. */
async function countOfDay({ spend }: Access, principal: Principal, reply: FastifyReply): Promise<void> {
  if (principal.dailyQuota === undefined || spend === undefined) return
  const spent = await spend(principal)
  if (spent === null) return
  const { limit, resetSeconds } = spent
  writeLimit({ limit, remaining: 0, resetSeconds }, reply)
  throw new Problem('quota_exceeded', `too many requests: this key may send ${limit} a day, until 00:00 UTC`, {
    retryAfterSeconds: resetSeconds,
  })
}

/** The same for what was refused already: nothing is waited for. */
export function countRefused(access: Access, counted: Counted, reply: FastifyReply) {
  answer(take(access, counted), reply)
}

function take(access: Access, { route, group, principal }: Counted): Spent {
  const { slot, limit, burst } = limitOf(access.config, route, group, principal)
  return access.perPrincipal.take(principal.keyId, slot, limit, access.clock(), burst, principal.tenant)
}

function writeLimit(spent: Pick<Spent, 'limit' | 'remaining' | 'resetSeconds'>, reply: FastifyReply) {
  reply.header('ratelimit-limit', String(spent.limit))
  reply.header('ratelimit-remaining', String(spent.remaining))
  reply.header('ratelimit-reset', String(spent.resetSeconds))
}

function answer(spent: Spent, reply: FastifyReply) {
  writeLimit(spent, reply)
  if (!spent.allowed) {
    throw new Problem('rate_limited', `too many requests: this key may send ${spent.limit} per minute here`, {
      retryAfterSeconds: spent.resetSeconds,
    })
  }
}

const mayRead = (role: Role): boolean => (readers as readonly Role[]).includes(role)

/** What viewers and higher read is counted over all routes; what is written or exported, by the group of its route. */
function limitOf({ limits }: HttpConfig, route: Route, group: RateGroup, { role, limits: own }: Principal) {
  // A key made before exports and reads were counted by themselves keeps what it was given for them.
  if (group === 'exports') return { slot: group, limit: own[group] ?? own['ops'] ?? limits.exports }
  if (route.method !== 'GET' || !mayRead(role)) return { slot: group, limit: own[group] ?? limits[group] }
  const given = own['reads'] ?? own['v1']
  if (given === undefined && group === 'ops' && own['ops'] !== undefined)
    return { slot: `${route.method} ${route.path}`, limit: own['ops'] }
  const limit = given ?? limits.reads
  return { slot: 'reads', limit, burst: Math.max(readBurst, Math.ceil(limit / 6)) }
}

export function checkRole(route: Route, principal: Principal) {
  const { kind, role, scope } = principal
  if ((kind === 'device') !== (role === 'device'))
    throw new Problem('forbidden', `A ${kind} cannot hold the role ${role}.`)
  // A part of the tenant is never answered with all of it: no route knows clients and sites yet.
  if (scope !== undefined) throw new Problem('forbidden', 'This caller may see a part of the tenant only.')
  if (!route.roles.includes(role))
    throw new Problem('forbidden', `This takes a key of the role ${route.roles.join(' or ')}; this one is ${role}.`)
  if (route.grant !== undefined && !principal.grants?.includes(route.grant))
    throw new Problem('forbidden', `This takes a key that holds the grant ${route.grant}; this one does not.`)
  if (principal.tenant === '*' && route.platform !== true) {
    throw new Problem('forbidden', 'A platform key belongs to no tenant; use a key of the tenant.')
  }
}
