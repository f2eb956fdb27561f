import { routes } from '@surety/contract'
import type pg from 'pg'
import { type Door, doorsOf } from './door-list.ts'
import { type Explained, explain, type listen } from './queries.ts'
import type { Service } from './service.ts'

export interface Timed {
  readonly name: string
  readonly status: number | string
  readonly p50: number
  readonly p95: number
  readonly n: number
  readonly explained: readonly Explained[]
}

type Heard = ReturnType<typeof listen>

/** No door is asked longer than this. */
const patienceMs = 10_000

export async function measureDoors(service: Service, sql: pg.Client, heard: Heard): Promise<readonly Timed[]> {
  const list = await service.call('GET', '/v1/lead?limit=100')
  if (list.status !== 200) throw new Error(`the list: ${list.body}`)
  const leads = (JSON.parse(list.body) as { data: { items: { id: string }[] } }).data.items.map(({ id }) => id)
  const found: Timed[] = []
  for (const door of doorsOf(service, { leads, decision: await explained(service, leads) })) {
    heard.take()
    found.push(await measureDoor(service, sql, heard, door))
  }
  return found
}

/** The newest decision that may be explained: of a case that a person is to judge unseen there is nothing to read. */
async function explained(service: Service, leads: readonly string[]): Promise<string> {
  for (const lead of leads) {
    const { status, body } = await service.call('GET', `/v1/lead/${lead}`)
    if (status !== 200) throw new Error(`a lead: ${body}`)
    const { decision } = (JSON.parse(body) as { data: { decision: { id: string; opinion: string } } }).data
    if (decision.opinion === 'shown') return decision.id
  }
  throw new Error('every one of the newest leads is to be judged unseen')
}

async function measureDoor(service: Service, sql: pg.Client, heard: Heard, door: Door): Promise<Timed> {
  const { method, path } = routes[door.route]
  const taken: number[] = []
  let status = 0
  let spent = 0
  for (let n = 0; n < (door.times ?? 25) && spent < patienceMs; n++) {
    const request = await door.request?.(n)
    const startedMs = performance.now()
    status = (await service.call(method, request?.path ?? path, request?.body)).status
    const ms = performance.now() - startedMs
    taken.push(ms)
    spent += ms
  }
  const name = `${method} ${path}${door.what === undefined ? '' : `, ${door.what}`}`
  return { name, status, ...quantiles(taken), explained: await explainAll(sql, service, heard) }
}

export async function explainAll(sql: pg.Client, service: Service, heard: Heard): Promise<readonly Explained[]> {
  const found: Explained[] = []
  for (const seen of heard.take()) found.push(...(await explain(sql, ['*', service.tenant], seen)))
  return found
}

export function quantiles(taken: readonly number[]): { p50: number; p95: number; n: number } {
  const sorted = taken.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p95: at(0.95), n: sorted.length }
}
