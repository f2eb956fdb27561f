import type { Role } from '@surety/contract'
import { buildHttp } from './http.ts'
import type { HttpConfig } from './http-config.ts'
import { keyOf, testConfig, testServices } from './testing-services.ts'

interface Asked {
  readonly role?: Role
  readonly tenant?: string
  readonly headers?: { readonly [name: string]: string }
}

/** The door over services in memory, with short words for asking it. */
export function openTestDoor(change: Partial<HttpConfig> = {}) {
  const inside = testServices()
  const config = testConfig(change)
  const app = buildHttp(inside.services, config)
  const send = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, body?: unknown, asked: Asked = {}) =>
    app.inject({
      method,
      url,
      headers: {
        'x-api-key': keyOf(asked.role ?? 'admin', asked.tenant),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...asked.headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  return {
    ...inside,
    config,
    app,
    send,
    get: (url: string, asked?: Asked) => send('GET', url, undefined, asked),
    post: (url: string, body?: unknown, asked?: Asked) => send('POST', url, body, asked),
  }
}
