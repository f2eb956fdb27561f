import type { Role } from '@surety/contract'
import type { World } from './start-world.ts'

interface Asked {
  readonly role?: Role
  readonly tenant?: string
  /** A key of the test's own, instead of one of that role. */
  readonly key?: string | null
  readonly headers?: { readonly [name: string]: string }
  /** Where the caller says it is. */
  readonly remoteAddress?: string
}

/** Short words for asking the door of a world without a socket in between: a caller may come from any address, with any header. */
export function atDoor(world: World) {
  const send = async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
    { role = 'admin', tenant = 'acme', key, headers = {}, remoteAddress = '127.0.0.1' }: Asked = {},
  ) => {
    const presented = key === undefined ? await world.key(role, tenant) : key
    return world.app.http.inject({
      method,
      url,
      remoteAddress,
      headers: {
        ...(presented === null ? {} : { 'x-api-key': presented }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }
  return {
    send,
    get: (url: string, asked?: Asked) => send('GET', url, undefined, asked),
    post: (url: string, body?: unknown, asked?: Asked) => send('POST', url, body, asked),
  }
}
