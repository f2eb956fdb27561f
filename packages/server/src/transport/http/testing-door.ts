import { type Principal, type Role, type RouteName, routes as table } from '@surety/contract'
import { Registry } from 'prom-client'
import { checkAnswer } from '../../testing/check-answer.ts'
import { buildHttp } from './http.ts'
import { defaultRateLimits, type HttpConfig } from './http-config.ts'
import type { SliceRoutes } from './inside.ts'

interface Asked {
  readonly role?: Role
  readonly headers?: { readonly [name: string]: string }
}

export function keyOf(role: Role): string {
  return `sty_${role}acme_secret`
}

/**
 * A door with nothing behind it but the handlers that a test writes: for what the door does whoever answers. What is asked beside
 * them is a mistake of the test, answered 500. Whatever is about answers is tested on a whole service (`testing/at-door.ts`).
 */
export function openTestDoor(handlers: Partial<SliceRoutes> = {}, change: Partial<HttpConfig> = {}) {
  const known = principals()
  const app = buildHttp(
    {
      routes: { ...unexpected(), ...handlers },
      authenticate: async presented => known.get(presented) ?? null,
      idempotency: {
        begin: () => Promise.reject(new Error('no test of the door alone sends an idempotency key')),
        finish: async () => {},
        release: async () => {},
      },
      ready: async () => true,
      personalTo: async () => false,
    },
    configOf(change),
  )
  const send = (method: 'GET' | 'POST', url: string, body?: unknown, asked: Asked = {}) =>
    app.inject({
      method,
      url,
      headers: {
        'x-api-key': keyOf(asked.role ?? 'admin'),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...asked.headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  return {
    app,
    /** Who is let in, by key: a test may add to it. */
    known,
    get: (url: string, asked?: Asked) => send('GET', url, undefined, asked),
    post: (url: string, body?: unknown, asked?: Asked) => send('POST', url, body, asked),
  }
}

function unexpected(): SliceRoutes {
  const names = Object.keys(table) as RouteName[]
  const refuse = (name: RouteName) => (): Promise<never> =>
    Promise.reject(new Error(`${name} has no handler in this test`))
  return Object.fromEntries(names.map(name => [name, refuse(name)])) as Record<RouteName, ReturnType<typeof refuse>>
}

function principals(): Map<string, Principal> {
  const roles = ['ingest', 'device', 'viewer', 'operator', 'admin'] as const
  return new Map(
    roles.map(role => {
      const key = keyOf(role)
      const kind = role === 'device' ? 'device' : 'key'
      return [key, { kind, keyId: key.slice(0, key.indexOf('_', 4)), tenant: 'acme', role, name: role, limits: {} }]
    }),
  )
}

/** Limits high enough that only the tests of limits meet them. */
function configOf(change: Partial<HttpConfig>): HttpConfig {
  let ids = 0
  return {
    corsOrigins: [],
    production: false,
    devOpenLoopback: false,
    metricsToken: null,
    metricsOpen: true,
    log: () => undefined,
    requestIds: () => `made-${ids++}`,
    looksPersonal: text => text.includes('612-206-0006'),
    limits: { ...defaultRateLimits, ops: 100, v1: 1000 },
    registry: new Registry(),
    checkAnswer,
    ...change,
  }
}
