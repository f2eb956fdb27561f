import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@surety/contract'
import type { App } from '../app.ts'
import { leadOf, outcomeOf } from '../testing/acting-core.ts'
import { push, rowsOf, startOfHistory } from '../testing/push-history.ts'
import type { HistoryItem, World } from './world.ts'

const hourMs = 3_600_000
/** A lead every 20 minutes for three days and more. Every fourth books after 24.5 hours: of half of these silence of a day has spoken by then. */
const items: readonly HistoryItem[] = Array.from({ length: 240 }, (_, n) => {
  const at = startOfHistory + n * 20 * 60_000
  const lead = leadOf('acme', `L${n}`)
  return {
    at,
    answerAt: at + 24.5 * hourMs,
    row: n + 1,
    ask: { ...lead, data: { ...(lead.data as JsonObject), attributes: { budget: (n * 37) % 100 } } },
    answer: (n * 37) % 100 >= 75 ? { ...outcomeOf('acme', `L${n}`), eventId: `b${n}` } : null,
  }
})

async function afterADay(app: App): Promise<void> {
  const actor = { kind: 'key', tenant: 'acme', keyId: 'test', role: 'admin', name: 'test', limits: {} } as const
  const values = {
    attributes: { attributes: [{ name: 'budget', kind: 'numeric' }] },
    policy: { threshold: 0.5, silence_days: 1, maturity_floor_days: 1 },
  }
  for (const [name, given] of Object.entries(values)) {
    const change = { given, rest: 'defaults', apply: true, requestId: 'test' } as const
    await app.settings.save(actor, { pod: 'customer-ops', name }, change)
  }
}

/** All that it came to, and when it was looked at; `sweeps` how often silence was asked. */
async function pushed(batchSize: number, changed: Partial<World> = {}) {
  const moments: string[] = []
  let sweeps = 0
  const met = (world: World): World => ({
    ...world,
    sweep: at => {
      sweeps++
      return world.sweep(at)
    },
    async look(at) {
      moments.push(`look ${at.toISOString()}`)
      await world.look(at)
    },
    async learn(at, signal) {
      const night = await world.learn(at, signal)
      const learned = night === null || night === 'not_worth_it' ? night : `of ${night.n_train}, digest ${night.digest}`
      moments.push(`night ${at.toISOString()} ${learned}`)
      return night
    },
    ...changed,
  })
  return push({ pod: 'customer-ops', items, batchSize, met, prepare: afterADay }, async app => {
    const outcomes = await rowsOf(
      app,
      'select event_id, case_id, outcome, label, source, occurred_at, recorded_at from outcomes order by recorded_at, event_id',
    )
    const decisions = await rowsOf(
      app,
      'select case_id, state, reason, probability, model_version from decisions order by 1',
    )
    return { found: { moments, outcomes, decisions }, sweeps }
  })
}

test('sweeps of silence that are made up together leave what hourly ones leave, at the same times, and are looked at as often', async () => {
  // What may act is never passed over: every sweep runs at its own hour.
  const hourly = await pushed(300, { mayAct: () => true })
  const together = await pushed(40)
  assert.deepEqual(together.found, hourly.found)
  const { outcomes, moments } = hourly.found
  const sources = Object.groupBy(outcomes, ({ source }) => source as string)
  assert.ok(sources['window']!.length > 150 && sources['reported']!.length > 50)
  const twice = sources['reported']!.filter(one => sources['window']!.some(other => other.case_id === one.case_id))
  assert.ok(twice.length > 15 && twice.length < 45, `of ${twice.length} that booked silence had spoken`)
  assert.ok(moments.some(one => one.startsWith('look')) && moments.some(one => /^night .* of [1-9]/.test(one)))
  assert.ok(hourly.sweeps > 70 && together.sweeps < hourly.sweeps - 20, `${together.sweeps} of ${hourly.sweeps} sweeps`)
})
