import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, RawEvent } from '@surety/contract'
import type { App } from '../app.ts'
import { exampleModel } from '../model/example-model.ts'
import { signModel } from '../model/signature.ts'
import type { HistoryItem } from '../replay/world.ts'
import { leadOf, outcomeOf } from '../testing/acting-core.ts'
import { historyKey, push, rowsOf, startOfHistory } from '../testing/push-history.ts'

/** What a case is counted under depends on what was known when it was decided, and on nothing else. */
const minute = 60_000
const dayMs = 1440 * minute
const leads = 480

/** Longer texts book more often; a lead every forty minutes, answered a day later. @param flippedFrom from then on answers are the opposite */
function history(flippedFrom = Number.POSITIVE_INFINITY): readonly HistoryItem[] {
  return Array.from({ length: leads }, (_, n) => {
    const [at, id] = [startOfHistory + 40 * minute * n, `L${n}`]
    const answerAt = at + dayMs
    const length = 1 + ((n * 37) % 180)
    // One in eight is an exception.
    const books = (length > 90 === (n % 8 !== 0)) === answerAt < flippedFrom
    const ask: RawEvent = leadOf('acme', id)
    const told: RawEvent = outcomeOf('acme', id)
    return {
      at,
      answerAt,
      row: n + 1,
      ask: { ...ask, data: { ...(ask.data as JsonObject), details: 'x'.repeat(length) } },
      answer: {
        ...told,
        eventId: `o${n}`,
        data: { ...(told.data as JsonObject), outcome: books ? 'booked' : 'unqualified' },
      },
    }
  })
}

async function letServe(app: App): Promise<void> {
  const actor = { kind: 'key', tenant: '*', keyId: 'test', role: 'admin', name: 'test', limits: {} } as const
  const candidate = signModel(exampleModel({ weights: { details_len: 0.2 } }), historyKey)
  const given = { candidate, minAuc: undefined, reason: 'test', requestId: 'test' }
  assert.ok((await app.models.service.reload(actor, given)).accepted)
}

interface Counted {
  readonly case_id: string
  readonly recorded_at: Date
  readonly acting_version: number
  readonly kappa_act: number
  readonly kappa_clear: number
}
const pushed = (items: readonly HistoryItem[], batchSize: number): Promise<readonly Counted[]> =>
  push({ pod: 'customer-ops', items, batchSize, prepare: letServe }, app =>
    rowsOf(
      app,
      `select case_id, recorded_at, acting_version, kappa_act, kappa_clear from decisions order by recorded_at, case_id`,
    ),
  )
const held = ({ kappa_act, kappa_clear }: Counted): boolean => kappa_act >= 0 || kappa_clear >= 0
const whole = await pushed(history(), 300)

test('a history is counted under cuts from the first look on, and under those of the next version when one is promoted', () => {
  assert.equal(whole.length, leads)
  assert.ok(!whole.slice(0, 50).some(held), 'fifty decisions make the first cuts')
  assert.ok(whole.slice(150).every(held))
  assert.ok(whole.every(({ kappa_act, kappa_clear }) => kappa_act === -1 || kappa_clear === -1))
  assert.ok(new Set(whole.map(({ acting_version }) => acting_version)).size > 1, 'a version was promoted')
  assert.ok(new Set(whole.map(({ kappa_act }) => kappa_act)).size > 10)
})

test('however its batches are cut, each case is counted under the same cut of the same version', async () => {
  assert.deepEqual(await pushed(history(), 7), whole)
})

test('answers that turn out otherwise change no cut of what was decided before them', async () => {
  const from = startOfHistory + 3 * dayMs
  const flipped = await pushed(history(from), 300)
  const before = (rows: readonly Counted[]) => rows.filter(row => row.recorded_at.getTime() < from)
  assert.ok(before(whole).filter(held).length > 30)
  assert.deepEqual(before(flipped), before(whole))
  assert.ok(!isDeepStrictEqual(flipped, whole), 'later versions learn something else')
})
