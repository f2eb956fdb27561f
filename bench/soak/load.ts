// What a day brings, in a mix: leads, the same lead again, messages, outcomes, mistakes, wrong keys, pages that are asked for.
import { Agent, type ClientRequest, request } from 'node:http'
import { lead } from '../line/requests.ts'

export interface Told {
  readonly statuses: { readonly [status: string]: number }
  /** Requests that broke or were not answered. */
  readonly broken: number
}

export interface Load extends AsyncDisposable {
  told(): Told
}

interface Made {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  readonly key?: string
  /** A connection of its own, closed after the answer. */
  readonly alone?: boolean
}

const patienceMs = 30_000
const remembered = 5_000

/** Starts `perSecond` requests each second until it is disposed of, whatever the answers. */
export function startLoad(port: number, key: string, perSecond: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const statuses: { [status: string]: number } = {}
  const leads: string[] = []
  let broken = 0
  let sent = 0
  const under = new Set<ClientRequest>()

  const send = (n: number): void => {
    const { method, path, body, key: own = key, alone = false } = mixed(n, leads)
    const bytes = body === undefined ? undefined : JSON.stringify(body)
    const asked = request(
      {
        port,
        host: '127.0.0.1',
        method,
        path,
        agent: alone ? false : agent,
        timeout: patienceMs,
        headers: {
          'x-api-key': own,
          ...(bytes === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) }),
        },
      },
      answer => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (piece: string) => {
          if (method === 'POST' && text.length < 2_000) text += piece
        })
        answer.on('end', () => {
          statuses[answer.statusCode!] = (statuses[answer.statusCode!] ?? 0) + 1
          const id = /"lead_id":"([^"]+)"/.exec(text)?.[1]
          if (id !== undefined && n % 10 === 0) leads[(n / 10) % remembered] = id
        })
      },
    )
    under.add(asked)
    asked.on('close', () => under.delete(asked))
    asked.on('timeout', () => asked.destroy(new Error('no answer')))
    asked.on('error', () => broken++)
    asked.end(bytes)
  }

  let next = performance.now()
  let timer = setTimeout(tick, 0)
  function tick(): void {
    for (; next <= performance.now(); next += 1000 / perSecond) send(sent++)
    timer = setTimeout(tick, Math.max(1, next - performance.now()))
  }
  return {
    told: () => ({ statuses: { ...statuses }, broken }),
    async [Symbol.asyncDispose]() {
      clearTimeout(timer)
      while (under.size > 0) await new Promise(resolve => setTimeout(resolve, 20))
      agent.destroy()
    },
  }
}

function mixed(n: number, leads: readonly string[]): Made {
  const known = leads.length === 0 ? undefined : leads[(n * 7919) % leads.length]
  const post = (path: string, body: unknown): Made => ({ method: 'POST', path, body })
  const fresh = post('/v1/lead', { ...lead(n), external_id: `soak-${n}` })
  switch (n % 50) {
    case 1:
      return post('/v1/lead', { ...lead(n - 1), external_id: `soak-${n - 1}` })
    case 7:
    case 17:
      return known === undefined ? fresh : post(`/v1/lead/${known}/messages`, { role: 'user', text: lead(n).details })
    case 13:
      return known === undefined
        ? fresh
        : post(`/v1/lead/${known}/outcome`, { outcome: n % 3 === 0 ? 'booked' : 'lost' })
    case 19:
      return post('/v1/lead', { name: 'A', email: 'no address' })
    case 23:
      return { ...fresh, alone: true }
    case 29:
      return { method: 'GET', path: '/v1/lead?limit=20' }
    case 31:
      return known === undefined ? fresh : { method: 'GET', path: `/v1/lead/${known}` }
    case 37:
      return n % 1_000 === 37 ? { method: 'GET', path: '/metrics' } : fresh
    case 41:
      return n % 500 === 41 ? { method: 'POST', path: '/v1/lead', body: {}, key: 'sty_wrong' } : fresh
    default:
      return fresh
  }
}
