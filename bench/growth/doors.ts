import type pg from 'pg'
import { lead } from '../line/requests.ts'
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

interface Door {
  readonly name: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  readonly times?: number
}

/** No door is asked longer than this. */
const patienceMs = 10_000

export async function measureDoors(service: Service, sql: pg.Client, heard: Heard): Promise<readonly Timed[]> {
  const list = await service.call('GET', '/v1/lead?limit=50')
  if (list.status !== 200) throw new Error(`the list: ${list.body}`)
  const { items } = (JSON.parse(list.body) as { data: { items: { id: string }[] } }).data
  const leadId = items[0]!.id
  const detail = await service.call('GET', `/v1/lead/${leadId}`)
  if (detail.status !== 200) throw new Error(`a lead: ${detail.body}`)
  const decisionId = (JSON.parse(detail.body) as { data: { decision: { id: string } } }).data.decision.id
  const doors: readonly Door[] = [
    { name: 'POST /v1/lead', method: 'POST', path: '/v1/lead', body: lead(1), times: 50 },
    { name: 'GET /v1/lead', method: 'GET', path: '/v1/lead?limit=50' },
    { name: 'GET /v1/lead/{id}', method: 'GET', path: `/v1/lead/${leadId}` },
    { name: 'GET /v1/decisions/{id}/explain', method: 'GET', path: `/v1/decisions/${decisionId}/explain` },
    { name: 'GET /v1/inbox', method: 'GET', path: '/v1/inbox' },
    { name: 'POST /v1/inbox/next', method: 'POST', path: '/v1/inbox/next', body: {} },
    { name: 'search, a common word', method: 'GET', path: '/v1/search?q=kitchen', times: 10 },
    { name: 'search, an e-mail', method: 'GET', path: '/v1/search?q=ada.ardenden.77@example.invalid', times: 10 },
    { name: 'GET /v1/analytics/outcomes', method: 'GET', path: '/v1/analytics/outcomes' },
    { name: 'GET /ops/model-status', method: 'GET', path: '/ops/model-status' },
    { name: 'GET /ops/autonomy', method: 'GET', path: '/ops/autonomy' },
    { name: 'GET /v1/calibration', method: 'GET', path: '/v1/calibration' },
    { name: 'GET /metrics', method: 'GET', path: '/metrics' },
  ]
  const found: Timed[] = []
  for (const door of doors) {
    heard.take()
    found.push(await measureDoor(service, sql, heard, door))
  }
  return found
}

async function measureDoor(service: Service, sql: pg.Client, heard: Heard, door: Door): Promise<Timed> {
  const taken: number[] = []
  let status = 0
  let spent = 0
  for (let n = 0; n < (door.times ?? 25) && spent < patienceMs; n++) {
    const startedMs = performance.now()
    status = (await service.call(door.method, door.path, door.body)).status
    const ms = performance.now() - startedMs
    taken.push(ms)
    spent += ms
  }
  return { name: door.name, status, ...quantiles(taken), explained: await explainAll(sql, service, heard) }
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
