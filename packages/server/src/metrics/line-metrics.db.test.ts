import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawEvent } from '@surety/contract'
import { Registry } from 'prom-client'
import { installed } from '../pods.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { messageOf, openActingCore, outcomeOf, record } from '../testing/acting-core.ts'
import { lineMetrics } from './line-metrics.ts'

const at = new Date('2026-11-21T10:00:00Z')
const lead = (caseId: string, more: object): RawEvent => ({
  tenant: 'acme',
  kind: 'lead.created',
  caseId,
  data: { name: 'Jane Doe', email: 'jane@example.com', ...more },
})

test('only what has a text counts as a text that was examined', async () => {
  await using database = await openTestDatabase()
  const registry = new Registry()
  const metrics = lineMetrics(registry, installed, () => 0)
  await using core = await openActingCore(database, () => at, { observe: metrics.observe })
  const texts = async () =>
    [...(await registry.metrics()).matchAll(/^pii_text_items_total\{surface="(\w+)"\} (\d+)$/gm)].map(
      ([, surface, count]) => `${surface} ${count}`,
    )
  await record(core, at, lead('L1', {}), lead('L2', { details: '' }), lead('L3', { details: ' ' }))
  await record(core, at, outcomeOf('acme', 'L1'))
  assert.deepEqual(await texts(), ['conversation 0', 'notes 0'])
  await record(core, at, lead('L4', { details: 'write to jane@example.com' }), messageOf('acme', 'L1'))
  const noted = { lead_id: 'L2', outcome: 'booked', notes: 'called back' }
  await record(core, at, { tenant: 'acme', kind: 'lead.outcome', data: noted })
  assert.deepEqual(await texts(), ['conversation 2', 'notes 1'])
  assert.match(await registry.metrics(), /^pii_redactions_total\{type="EMAIL",surface="conversation"\} 1$/m)
})
