import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestDatabase } from '../../store/test-database.ts'
import type { BulkInput } from './bulk.ts'
import { actorOf, openTestInbox, queueCases } from './testing/queue-cases.ts'

const database = await openTestDatabase({ poolSize: 2 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const start = new Date('2026-03-10T09:00:00Z')
const minutes = (n: number) => new Date(start.getTime() + n * 60_000)
const skip: BulkInput = {
  pod: 'customer-ops',
  query: { probability_to: 0.1 },
  answer: 'approve',
  reason: 'clearly nothing',
}

async function world(tenant: string, extra: Parameters<typeof queueCases>[1] = []) {
  const clock = { now: minutes(1) }
  await queueCases(db, [
    ...Array.from({ length: 30 }, (_, i) => ({
      id: `${tenant}-${i}`,
      at: start,
      tenant,
      side: 'clear' as const,
      probability: i < 20 ? 0.05 : 0.5,
    })),
    ...extra,
  ])
  return { ...openTestInbox(db, clock), clock, actor: actorOf('ann', 'operator', tenant), tenant }
}

test('a preview says how many, shows twenty and answers nothing; its token answers exactly these as bulk', async () => {
  const { service, actor, reported, audited, counted, tenant } = await world('exact')
  const seen = await service.bulk(actor, { ...skip, outcome: 'ghosted' }, 'r1')
  assert.deepEqual([seen.applied, seen.count, seen.sample.length, seen.more, seen.left_out], [false, 20, 20, false, 0])
  assert.equal((await service.list(actor, { order: 'urgency', limit: 1 })).counts.open, 30)
  await queueCases(db, [{ id: 'exact-new', at: start, tenant, side: 'clear', probability: 0.01 }])
  const input = { ...skip, outcome: 'ghosted', preview_token: seen.preview_token! }
  const done = await service.bulk(actor, input, 'r2')
  assert.deepEqual([done.applied, done.count, done.changed], [true, 20, 0])
  assert.equal((await service.list(actor, { order: 'urgency', limit: 1 })).counts.open, 11)
  assert.equal(reported.length, 20)
  assert.ok(reported.every(event => event.quality === 'bulk'))
  assert.deepEqual(
    audited.map(({ action, reason }) => [action, reason]),
    [['inbox.bulk', 'clearly nothing']],
  )
  assert.deepEqual(counted, [
    [{ pod: 'customer-ops', action: 'skip_followup', answer: 'approve', quality: 'bulk', cases: 20, seconds: null }],
  ])
  const again = await service.bulk(actor, input, 'r3')
  assert.deepEqual([again.count, again.changed], [0, 20])
  // Each of them can be taken back by itself.
  const undone = await service.undo(actor, done.sample[0]!, undefined, 'r4')
  assert.deepEqual([undone.state, undone.outcome_stands], ['queued', true])
})

test('what changed since the preview is left alone and counted', async () => {
  const { service, actor, tenant } = await world('changed')
  const seen = await service.bulk(actor, skip, 'r1')
  const bob = actorOf('bob', 'operator', tenant)
  const first = await service.next(bob, { order: 'urgency', except: [] })
  await service.answer(bob, first.case!.case_id, { answer: 'decline', lease_token: first.lease_token! })
  await service.next(bob, { order: 'urgency', except: [] })
  const third = await service.next(actorOf('cas', 'operator', tenant), { order: 'urgency', except: [] })
  await service.release(actorOf('cas', 'operator', tenant), third.case!.case_id, third.lease_token!)
  const done = await service.bulk(actor, { ...skip, preview_token: seen.preview_token! }, 'r2')
  assert.deepEqual([done.count, done.changed, done.left_out], [17, 3, 1])
})

test('leased and withheld cases are left out and counted together', async () => {
  const { service, actor, tenant } = await world('left', [
    { id: 'left-h', at: start, tenant: 'left', blinded: true, probability: 0.05, side: 'clear' },
    { id: 'left-a', at: start, tenant: 'left', blinded: true, audit: true, probability: 0.05, side: 'clear' },
  ])
  await service.next(actorOf('bob', 'operator', tenant), { order: 'urgency', except: [] })
  const seen = await service.bulk(actor, { ...skip, query: {} }, 'r1')
  assert.equal(seen.count + seen.left_out, 32)
  assert.equal(seen.left_out, 3)
})

test('a token that was changed, has expired, or belongs to another key, tenant, query or answer is refused', async () => {
  const { service, actor, clock } = await world('token')
  const { preview_token } = await service.bulk(actor, skip, 'r1')
  const token = preview_token!
  const bytes = Buffer.from(token, 'base64url')
  const flipped = (at: number) => {
    const copy = Buffer.from(bytes)
    copy[at] = copy[at]! ^ 1
    return copy.toString('base64url')
  }
  const invalid = { code: 'preview_invalid', status: 422 }
  for (const bad of [
    flipped(0),
    flipped(7),
    flipped(9),
    flipped(bytes.length - 1),
    'x',
    `${token}A`,
    token.slice(0, -27),
  ])
    await assert.rejects(service.bulk(actor, { ...skip, preview_token: bad }, 'r'), invalid)
  const withToken = { ...skip, preview_token: token }
  await assert.rejects(service.bulk(actorOf('bob', 'operator', 'token'), withToken, 'r'), invalid)
  await assert.rejects(service.bulk(actorOf('ann', 'operator', 'elsewhere'), withToken, 'r'), invalid)
  await assert.rejects(service.bulk(actor, { ...withToken, answer: 'decline' }, 'r'), invalid)
  await assert.rejects(service.bulk(actor, { ...withToken, outcome: 'booked' }, 'r'), invalid)
  await assert.rejects(service.bulk(actor, { ...withToken, query: {} }, 'r'), invalid)
  clock.now = minutes(11)
  await assert.rejects(service.bulk(actor, withToken, 'r'), { code: 'preview_expired', status: 409 })
  assert.equal((await service.list(actor, { order: 'urgency', limit: 1 })).counts.open, 30)
})

test('a reason, a known pod and a word of the pod are asked for before anything else', async () => {
  const { service, actor } = await world('checks')
  await assert.rejects(service.bulk(actor, { ...skip, reason: ' ' }, 'r'), { code: 'reason_required' })
  await assert.rejects(service.bulk(actor, { ...skip, pod: 'x' }, 'r'), { code: 'validation_failed' })
  await assert.rejects(service.bulk(actor, { ...skip, outcome: 'lost' }, 'r'), { code: 'invalid_outcome' })
})

test('of more than a thousand the first thousand are meant, and answered in one go', async () => {
  const tenant = 'many'
  const { service, actor } = await world(
    tenant,
    Array.from({ length: 1001 }, (_, i) => ({ id: `many-x${i}`, at: start, tenant, probability: 0.01 })),
  )
  const seen = await service.bulk(actor, { ...skip, answer: 'decline' }, 'r1')
  assert.deepEqual([seen.count, seen.more], [1000, true])
  assert.ok(seen.preview_token!.length < 40_000)
  const done = await service.bulk(actor, { ...skip, answer: 'decline', preview_token: seen.preview_token! }, 'r2')
  assert.deepEqual([done.count, done.changed], [1000, 0])
})
