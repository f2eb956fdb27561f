import type { Principal, RateGroup, Route } from '@surety/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../errors.ts'
import type { HttpConfig } from './http-config.ts'
import { type RateLimiter, rateLimiter } from './rate-limit.ts'
import type { Keys } from './services.ts'

const knownKeys = 10_000

/** The first checks of every request with a key, in the order of the contract: key (401), rate (429), role (403). */
export interface Access {
  readonly keys: Keys
  readonly config: HttpConfig
  readonly perKey: RateLimiter
  readonly perAddress: RateLimiter
  /** Ids (not secrets) of keys that were good lately: callers behind one address do not lock each other out. */
  readonly goodIds: Set<string>
  readonly clock: () => number
}

export function openAccess(keys: Keys, config: HttpConfig): Access {
  return {
    keys,
    config,
    perKey: rateLimiter(knownKeys),
    perAddress: rateLimiter(knownKeys),
    goodIds: new Set(),
    clock: () => performance.now(),
  }
}

/** The public part of `sty_<id>_<secret>`. */
function publicId(key: string): string {
  const end = key.indexOf('_', 4)
  return end < 0 ? '' : key.slice(0, end)
}

export async function authenticate(access: Access, request: FastifyRequest): Promise<Principal> {
  const presented = request.headers['x-api-key']
  if (typeof presented !== 'string' || presented === '') {
    const open = openPrincipal(access.config, request)
    if (open === null) throw new Problem('authentication_required')
    return open
  }
  const id = publicId(presented)
  if (!access.goodIds.has(id)) refuseGuessing(access, request.ip)
  const principal = presented.length > 256 ? null : await access.keys.authenticate(presented)
  if (principal === null) {
    const spent = access.perAddress.take(request.ip, 'failed', access.config.limits.failedKeys, access.clock())
    if (!spent.allowed) throw tooManyFailures(spent.resetSeconds)
    throw new Problem('invalid_api_key')
  }
  if (!access.goodIds.has(id)) remember(access.goodIds, id)
  return principal
}

function remember(ids: Set<string>, id: string) {
  if (ids.size >= knownKeys) ids.delete(ids.values().next().value ?? '')
  ids.add(id)
}

function refuseGuessing(access: Access, address: string) {
  const wait = access.perAddress.waitSeconds(address, 'failed', access.config.limits.failedKeys, access.clock())
  if (wait > 0) throw tooManyFailures(wait)
}

function tooManyFailures(retryAfterSeconds: number): Problem {
  return new Problem('rate_limited', 'too many requests with a wrong key from this address', { retryAfterSeconds })
}

const loopback = /^(?:127\.|::1$|::ffff:127\.)/
const localName = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/

/** A page in a browser may name this machine by a foreign host name, and a proxy makes everybody local: both are refused. */
function openPrincipal(config: HttpConfig, request: FastifyRequest): Principal | null {
  if (!config.devOpenLoopback || !loopback.test(request.socket.remoteAddress ?? '')) return null
  const { host, forwarded } = request.headers
  const proxied = forwarded !== undefined || request.headers['x-forwarded-for'] !== undefined
  if (proxied || !localName.test(host ?? '')) return null
  return {
    keyId: 'open-loopback',
    tenant: config.openTenant ?? 'public',
    role: 'admin',
    name: 'open loopback',
    limits: {},
  }
}

/** One unit per request, also for a batch of 1,000 events: the body limit bounds the rest. */
export function countRequest(
  access: Access,
  route: Route,
  group: RateGroup,
  principal: Principal,
  reply: FastifyReply,
) {
  const limit = principal.limits[group] ?? access.config.limits[group]
  const slot = group === 'ops' ? `${route.method} ${route.path}` : group
  const spent = access.perKey.take(principal.keyId, slot, limit, access.clock())
  reply.header('ratelimit-limit', String(spent.limit))
  reply.header('ratelimit-remaining', String(spent.remaining))
  reply.header('ratelimit-reset', String(spent.resetSeconds))
  if (!spent.allowed) {
    throw new Problem('rate_limited', `too many requests: this key may send ${limit} per minute here`, {
      retryAfterSeconds: spent.resetSeconds,
    })
  }
}

export function checkRole(route: Route, principal: Principal) {
  const { role } = principal
  if (!route.roles.includes(role))
    throw new Problem('forbidden', `This takes a key of the role ${route.roles.join(' or ')}; this one is ${role}.`)
  if (principal.tenant === '*' && route.platform !== true) {
    throw new Problem('forbidden', 'A platform key belongs to no tenant; use a key of the tenant.')
  }
}
