import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@surety/contract'
import type { App } from '../../packages/server/src/app.ts'
import type { Env } from '../../packages/server/src/config/env.ts'
import type { HistoryItem } from '../../packages/server/src/replay/world.ts'
import { leadOf, outcomeOf } from '../../packages/server/src/testing/acting-core.ts'
import { push, rowsOf, startOfHistory } from '../../packages/server/src/testing/push-history.ts'

const dayMs = 86_400_000
/** Every budget equally often, in no order: much money books within three days, little never does, and in between nobody knows. */
const budgetOf = (n: number): number => (n * 37) % 100
const books = (n: number): boolean => (budgetOf(n) >= 40 && budgetOf(n) < 75 ? n % 2 === 0 : budgetOf(n) >= 75)
const onlyBooked: readonly HistoryItem[] = Array.from({ length: 1_800 }, (_, n) => {
  const lead = leadOf('acme', `B${n}`)
  const asked = startOfHistory + n * (dayMs / 12)
  return {
    at: asked,
    answerAt: asked + 3 * dayMs,
    row: n + 1,
    ask: { ...lead, data: { ...(lead.data as JsonObject), attributes: { budget: budgetOf(n) } } },
    answer: books(n) ? { ...outcomeOf('acme', `B${n}`), eventId: `b${n}` } : null,
  }
})

async function declareBudget(app: App): Promise<void> {
  const actor = { kind: 'key', tenant: 'acme', keyId: 'test', role: 'admin', name: 'test', limits: {} } as const
  const given = { attributes: [{ name: 'budget', kind: 'numeric' }] }
  const change = { given, rest: 'kept', apply: true, requestId: 'test' } as const
  await app.settings.save(actor, { pod: 'customer-ops', name: 'attributes' }, change)
}

test('where only bookings are ever reported, silence settles the rest, models learn and a certificate is earned', async () => {
  const pushed = (env: Env) =>
    push({ pod: 'customer-ops', items: onlyBooked, batchSize: 300, env, prepare: declareBudget }, async app => ({
      said: await rowsOf(
        app,
        `select outcome, label, source, quality, count(*)::int as n,
          count(*) filter (where o.recorded_at - d.recorded_at between interval '30 days' and interval '30 days 1 hour')::int as in_time
          from outcomes o join decisions d using (case_id) group by 1, 2, 3, 4 order by 1`,
      ),
      certificates: await rowsOf(app, 'select action, document from certificates order by issued_at'),
      models: await rowsOf(app, 'select version from models where accepted'),
    }))
  const settled = await pushed({})
  const [booked, ghosted] = settled.said
  assert.deepEqual(settled.said.length, 2)
  assert.deepEqual([booked.outcome, booked.label, booked.source], ['booked', 1, 'reported'])
  assert.deepEqual(
    [ghosted.outcome, ghosted.label, ghosted.source, ghosted.quality],
    ['ghosted', 0, 'window', 'silence'],
  )
  assert.equal(ghosted.in_time, ghosted.n, 'each was told at the first sweep after its 30 days')
  assert.ok(settled.models.length > 0)
  assert.ok(settled.certificates.length > 0, 'no certificate was earned')
  const never = await pushed({ OUTCOME_WINDOW_DAYS: '0' })
  assert.deepEqual(
    [never.said.length, never.certificates.length],
    [1, 0],
    'without silence nothing is ever known of the rest',
  )
})
