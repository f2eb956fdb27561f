import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultOutcomeLimits } from '../../store/tenants.ts'
import { clinic } from '../../testing/clinic.ts'
import { decide } from '../decide/decide.ts'
import { autonomyWith, boundedItem, snapshotWith } from '../decide/testing/bounded-item.ts'
import type { Decided, Review } from '../item.ts'
import { toBatch } from './batch.ts'

const recorder = { seal: () => null, outcomeLimits: () => defaultOutcomeLimits, monotonicMs: () => 0 }
const ids = [0, 1].map(n => `01a1fe21-41d7-7000-8ce7-e9ab588375a${n}`)

/** A referral that asks both questions of the clinic; what a person is asked of each. */
function referral(reviews: readonly (Partial<Review> | null)[]): Decided {
  const [first, second] = clinic.questions.map((question, place) => {
    const item = boundedItem({ pod: clinic, p: null, cannot: 'no_model' })
    const asked = { ...item, question, questions: clinic.questions, enrichment: {} }
    const one = decide([asked], snapshotWith(autonomyWith({}, question)))[0]!
    const change = reviews[place]
    const review = change === null ? null : { ...one.verdict.review!, ...change }
    return { ...one, verdict: { ...one.verdict, decisionId: ids[place]!, review } }
  })
  return { ...first!, beside: [second!] }
}
const placeOf = (...reviews: (Partial<Review> | null)[]) => toBatch([referral(reviews)], recorder).inbox
const at = (hour: number) => new Date(Date.UTC(2026, 2, 10, hour))

test('decisions lie in the order of the questions, and one key, one event and one place stand for them', () => {
  const batch = toBatch([referral([{}, {}])], recorder)
  assert.deepEqual(
    batch.decisions.map(({ id, question }) => [id, question]),
    [
      [ids[0], 'shows'],
      [ids[1], 'pays'],
    ],
  )
  assert.deepEqual([batch.keys.length, batch.events.length, batch.inbox.length], [1, 1, 1])
  assert.equal(batch.keys[0]!.decisionId, ids[0])
})

test('the most urgent question leads its place; of the others nothing is lost, and one that is blinded blinds all', () => {
  const draws = [
    { shown: 0.1, blinded: 0.4 },
    { shown: 0.2, blinded: 0.3 },
  ] as const
  const early = {
    urgency: 'high',
    dueAt: at(13),
    expiresAt: at(14),
    unlocks: false,
    blinded: false,
    draw: draws[0],
  } as const
  const late = {
    urgency: 'low',
    dueAt: at(20),
    expiresAt: at(22),
    unlocks: true,
    blinded: true,
    draw: draws[1],
  } as const
  for (const reviews of [
    [early, late],
    [late, early],
  ] as const) {
    const [place, ...more] = placeOf(...reviews)
    assert.equal(more.length, 0)
    const leading = reviews[0] === early ? 0 : 1
    assert.deepEqual([place!.decisionId, place!.urgency], [ids[leading], 0])
    assert.deepEqual(
      place!.others?.map(({ decisionId, action }) => [decisionId, action]),
      [[ids[1 - leading], leading === 0 ? 'send' : 'remind']],
    )
    assert.deepEqual([place!.dueAt, place!.expiresAt], [at(13), at(22)], 'due with the first, over with the last')
    assert.deepEqual([place!.unlocks, place!.blinded, place!.draw], [true, true, 0.3])
  }
})

test('what nobody is asked is in no place', () => {
  assert.deepEqual(placeOf(null, null), [])
  const [place] = placeOf(null, {})
  assert.deepEqual([place!.decisionId, place!.others], [ids[1], null])
})
