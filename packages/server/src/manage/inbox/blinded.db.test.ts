import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { dataKeys } from '../../store/seal.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { cases } from '../cases/cases.ts'
import { actorOf, decisionId, openTestInbox, type QueuedCase, queueCases } from './testing/queue-cases.ts'

const database = await openTestDatabase({ poolSize: 2 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const start = new Date('2026-03-10T09:00:00Z')
const tenant = 'blind'
const clock = { now: new Date('2026-03-10T10:00:00Z') }
const { service } = openTestInbox(db, clock)
const ann = actorOf('ann', 'admin', tenant)

/** Everything that may differ between two blinded cases, and must not show. */
const kinds: readonly Partial<QueuedCase>[] = [
  { audit: true },
  { audit: true, done: true },
  { audit: true, done: true, side: 'clear', probability: 0.02 },
  { reason: 'uncertain', probability: 0.5, side: 'clear', unlocks: true },
  { reason: 'not_certified', probability: 0.9, unlocks: true },
  { reason: 'mode_asking', probability: null },
  { reason: 'no_model', probability: null },
]
const ids = kinds.map((_, i) => `H${i}`)

/** What is each case's own (its id and what arrived) written as one word. */
const levelled = (value: unknown, id: string): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(decisionId(id), 'DECISION').replaceAll(id, 'ID'))

test('a blind audit and any other withheld case are the same to the byte, in the list, in hand and as a lead', async () => {
  await queueCases(
    db,
    kinds.map((kind, i) => ({
      id: ids[i]!,
      at: start,
      tenant,
      blinded: true,
      probability: 0.8,
      draw: (i + 1) / 100,
      ...kind,
    })),
  )
  const { items } = await service.list(ann, { order: 'unlock', limit: 50 })
  assert.equal(items.length, kinds.length)
  const shapes = items.map(item => levelled(item, item.case_id))
  for (const shape of shapes) assert.deepEqual(shape, shapes[0])
  assert.deepEqual(
    [items[0]?.opinion, items[0]?.reason, items[0]?.unlocks, items[0]?.question],
    ['withheld', 'withheld', null, 'start_followup'],
  )

  const keys = dataKeys([Buffer.alloc(32, 7)])
  const privacy = () => ({ redact: (text: string) => ({ text, pii: {} }), contactWords: () => [] })
  const leads = cases({
    db,
    pod: 'customer-ops',
    unreadable: error => assert.fail(String(error)),
    dataKeys: keys,
    privacy,
    memory: true,
  })
  const details = await Promise.all(ids.map(id => leads.get(tenant, id)))
  const levelledDetails = details.map((detail, i) => levelled(detail, ids[i]!))
  for (const detail of levelledDetails) assert.deepEqual(detail, levelledDetails[0])
  const listed = (await leads.list(tenant, { limit: 50 })).items
  for (const lead of listed) assert.deepEqual(levelled(lead, lead.id), levelled(listed[0], listed[0]!.id))

  const shown = await leads.get(tenant, 'H0')
  assert.deepEqual([shown.decision.opinion, shown.decision.propensity, shown.lead.pred_prob], ['withheld', null, null])
})

test('their place says nothing either: one order is that of urgency, due time and id, the other that of the draw', async () => {
  for (const order of ['urgency', 'unlock'] as const) {
    const { items } = await service.list(ann, { order, limit: 50 })
    assert.deepEqual(
      items.map(item => item.case_id),
      ids,
    )
  }
})

test('a bulk query by score or reason counts no withheld case, so that no number tells', async () => {
  await queueCases(db, [{ id: 'shown', at: start, tenant, probability: 0.8 }])
  const ask = (query: object) =>
    service.bulk(
      actorOf('bob', 'operator', tenant),
      { pod: 'customer-ops', query, answer: 'decline', reason: 'test' },
      'r',
    )
  const counts = []
  for (const query of [{}, { reason: 'blind_audit' }, { probability_from: 0.99 }, { probability_to: 0.01 }])
    counts.push((await ask(query)).left_out)
  assert.deepEqual(counts, [7, 7, 7, 7])
})

test('after the answer everything is told, and the lead is shown as it stands', async () => {
  const next = await service.next(ann, { order: 'urgency', except: [] })
  assert.equal(next.case?.opinion, 'withheld')
  const id = next.case!.case_id
  const answered = await service.answer(ann, id, { answer: 'approve', lease_token: next.lease_token! })
  assert.deepEqual([answered.revealed.blind_audit, answered.revealed.probability], [true, 0.8])
  const { items } = await service.list(ann, { order: 'urgency', limit: 50 })
  assert.equal(
    items.some(item => item.case_id === id),
    false,
  )
})
