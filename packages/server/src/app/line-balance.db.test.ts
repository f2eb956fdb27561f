import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { RawEvent } from '@surety/contract'
import { Registry } from 'prom-client'
import { lineMetrics } from '../metrics/line-metrics.ts'
import { randomIds } from '../pipeline/ids.ts'
import { installed } from '../pods.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { openCore } from './core.ts'

const at = new Date('2026-11-21T10:00:00Z')
const lead = (eventId: string, details = 'New gutters'): RawEvent => {
  return {
    tenant: 'acme',
    kind: 'lead.created',
    eventId,
    data: { name: 'Jane Doe', email: 'jane@example.com', details },
  }
}

test('the balance is 0 whatever comes in, and not 0 when a committed lead loses its event result', async () => {
  await using database = await openTestDatabase()
  const registry = new Registry()
  const metrics = lineMetrics(registry, installed, () => 0)
  let faulty = false
  await using core = await openCore({
    db: database.db,
    secrets: { dataKeys: [randomBytes(32)], piiRoot: randomBytes(32) },
    ids: randomIds(),
    monotonicMs: () => 0,
    now: () => at,
    enrichment: true,
    serving: () => null,
    onError: () => {},
    settle: metrics.settle,
    observe() {
      if (faulty) throw new Error('the fault: after the commit, before the answers')
    },
  })
  const run = (...raws: RawEvent[]) => core.run(raws.map(raw => ({ raw, at, startedMs: 0 })))
  const balance = async () => Number((await registry.metrics()).match(/^lead_conservation_imbalance (-?\d+)$/m)?.[1])
  await run(lead('one'), lead('one'), lead('one', 'another payload'), lead('two'), { ...lead('three'), data: {} })
  const eventResults = await run(lead('two'), lead('four'))
  assert.deepEqual(
    eventResults.map(eventResult => eventResult.status),
    ['duplicate', 'recorded'],
  )
  assert.equal(await balance(), 0)
  faulty = true
  await assert.rejects(run(lead('five'), lead('six'), lead('one')))
  assert.equal(await balance(), -2)
})

test('a lead that is answered as recorded without having been committed shows as well', async () => {
  const registry = new Registry()
  const metrics = lineMetrics(registry, installed, () => 0)
  const eventResult = {
    status: 'recorded',
    kind: 'lead.created',
    eventId: 'one',
    caseId: 'one',
    recordedAt: at,
  } as const
  const told = { ...eventResult, decision: null, decisions: [], outcome: null, ignored: [], phoneValid: null }
  metrics.settle([lead('one'), lead('two')], [told, told], 1)
  assert.match(await registry.metrics(), /^lead_conservation_imbalance 1$/m)
})
