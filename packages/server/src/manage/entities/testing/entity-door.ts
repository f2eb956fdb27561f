import type { Role } from '@surety/contract'
import { heating } from '../../../../../../tests/thermostats/pod.ts'
import { auditOf } from '../../../store/audit.ts'
import { openTestDatabase } from '../../../store/test-database.ts'
import { openTestDoor } from '../../../transport/http/testing-door.ts'
import { openEntities } from '../open-entities.ts'

interface Asked {
  readonly role?: Role
  readonly tenant?: string
  /** A file instead of JSON. */
  readonly csv?: boolean
}

/** Reference data of a pod with thermostats, behind a real door and on a real database. */
export async function openEntityDoor(now: () => Date) {
  const database = await openTestDatabase()
  const { db } = database
  const pods = [heating]
  const redact = async (_tenant: string, text: string) => text.replaceAll(/\w{2,}@\w{2,}\.\w{2,}/g, '[email]')
  const opened = openEntities({ db, now, audit: auditOf((_, tenant, text) => redact(tenant, text)), redact, pods })
  const door = openTestDoor(opened.routes)
  const keyOf = ({ role = 'operator', tenant = 'acme' }: Asked): string => {
    const key = `sty_${role}${tenant}_secret`
    const keyId = `${role}${tenant}`
    door.known.set(key, { kind: 'key', keyId, tenant, role, name: role, limits: {} })
    return key
  }
  type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
  const send = async (method: Method, url: string, body?: unknown, asked: Asked = {}) => {
    const answer = await door.app.inject({
      method,
      url,
      headers: {
        'x-api-key': keyOf(asked),
        ...(body === undefined ? {} : { 'content-type': asked.csv ? 'text/csv' : 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: asked.csv ? (body as string) : JSON.stringify(body) }),
    })
    const isJson = String(answer.headers['content-type']).includes('json')
    const parsed = isJson ? answer.json() : null
    return { status: answer.statusCode, text: answer.body, headers: answer.headers, body: parsed, data: parsed?.data }
  }
  return {
    db,
    send,
    get: (url: string, asked?: Asked) => send('GET', url, undefined, asked),
    /** Imports a file of thermostats. */
    file: (text: string, query = '', kind = 'thermostat') =>
      send('POST', `/v1/entities/${kind}/import${query}`, text, { csv: true }),
    async [Symbol.asyncDispose]() {
      await door.app.close()
      await database[Symbol.asyncDispose]()
    },
  }
}
