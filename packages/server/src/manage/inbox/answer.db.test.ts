import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Answer } from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import { table } from '@surety/pod-table'
import { act } from '../../pipeline/act/act.ts'
import { countStates } from '../../store/conservation.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { sweepInbox } from './close.ts'
import { actorOf, openTestInbox, type QueuedCase, queueCases, writeOutcome } from './testing/queue-cases.ts'

// A pool of one: a query that leaves its transaction hangs here instead of seeing old rows in production.
const database = await openTestDatabase({ poolSize: 1 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const start = new Date('2026-03-10T09:00:00Z')
const seconds = (n: number) => new Date(start.getTime() + n * 1000)
const ask = { order: 'urgency', except: [] } as const

const rowsOf = async <Row extends object>(tenant: string, sql: string) =>
  (await db.transaction([tenant], handle => handle.query<Row & { [column: string]: unknown }>(sql, [tenant]))).rows

const movesOf = (tenant: string) =>
  rowsOf<{ to_state: string }>(
    tenant,
    'select from_state, to_state, reason, actor from transitions where tenant_id = $1 order by recorded_at',
  )
const actsOf = (tenant: string) =>
  rowsOf<{ state: string; not_before: Date; token: number }>(
    tenant,
    'select action, automatic, state, token, not_before from acts where tenant_id = $1 order by recorded_at',
  )

let tenants = 0
/** One case in a tenant of its own, leased. */
async function inHand(over: Partial<QueuedCase> = {}, doneAct = true) {
  const tenant = `t${tenants++}`
  const clock = { now: seconds(60) }
  const inbox = openTestInbox(db, clock)
  const actor = actorOf('ann', 'operator', tenant)
  await queueCases(db, [{ id: 'A', at: start, tenant, probability: 0.8, ...over }])
  if (doneAct)
    await db.transaction([tenant], handle =>
      handle.query(`update acts set state = 'done' where tenant_id = $1`, [tenant]),
    )
  const next = await inbox.service.next(actor, ask)
  clock.now = seconds(90)
  const give = (answer: Answer, more: { outcome?: string; notes?: string } = {}) =>
    inbox.service.answer(actor, 'A', { answer, lease_token: next.lease_token!, ...more })
  return { tenant, clock, actor, next, give, ...inbox }
}

test('an approved act waits 30 seconds under the newest fence of its case, and its case counts as acted', async () => {
  const { tenant, give, clock, counted } = await inHand()
  const answer = await give('approve', { notes: ' call 555-1234 ' })
  assert.deepEqual([answer.state, answer.reason, answer.quality], ['acted', 'approved_by_human', 'human'])
  assert.deepEqual(answer.act, { action: 'start_followup', not_before: seconds(120).toISOString() })
  assert.deepEqual(
    [answer.revealed.action, answer.revealed.probability, answer.revealed.reason, answer.revealed.blind_audit],
    ['start_followup', 0.8, 'not_certified', false],
  )
  assert.equal(answer.seconds, 30)
  assert.deepEqual(await movesOf(tenant), [
    { from_state: 'queued', to_state: 'acted', reason: 'approved_by_human', actor: 'key:ann' },
  ])
  const [fence] = await rowsOf<{ token: number }>(tenant, 'select token from fences where tenant_id = $1')
  assert.deepEqual(await actsOf(tenant), [
    {
      action: 'start_followup',
      automatic: false,
      state: 'pending',
      token: fence!.token,
      not_before: new Date(clock.now.getTime() + 30_000),
    },
  ])
  const [row] = await rowsOf<object>(tenant, 'select state, answer, quality, notes from inbox where tenant_id = $1')
  assert.deepEqual(row, { state: 'answered', answer: 'approve', quality: 'human', notes: ' call [PHONE] ' })
  assert.deepEqual(counted, [
    [{ pod: 'customer-ops', action: 'start_followup', answer: 'approve', quality: 'human', cases: 1, seconds: 30 }],
  ])
  await assert.rejects(give('decline'), { code: 'case_closed', status: 409 })
})

/** What answers lead to: [pod, side, answer] -> state, reason, act. */
const consequences = [
  [customerOps, 'act', 'approve', 'acted', 'approved_by_human', 'start_followup'],
  [customerOps, 'act', 'decline', 'suppressed', 'declined_by_human', null],
  [customerOps, 'clear', 'approve', 'suppressed', 'approved_by_human', null],
  [customerOps, 'clear', 'decline', 'acted', 'approved_by_human', 'start_followup'],
  [table, 'act', 'approve', 'acted', 'approved_by_human', 'yes'],
  [table, 'act', 'decline', 'logged', 'declined_by_human', null],
  [table, 'clear', 'approve', 'acted', 'approved_by_human', 'no'],
  [table, 'clear', 'decline', 'acted', 'approved_by_human', 'yes'],
] as const

test('yes to clearing clears, no to clearing acts, and no to acting ends as the pod says', async () => {
  for (const [pod, side, answer, state, reason, act] of consequences) {
    const { give, tenant } = await inHand({ pod, side })
    const answered = await give(answer)
    assert.deepEqual([answered.state, answered.reason, answered.act?.action ?? null], [state, reason, act])
    assert.deepEqual(
      (await actsOf(tenant)).map(one => one.state),
      act === null ? [] : ['pending'],
    )
  }
})

test('a withheld case asks for the act of the pod, on whichever side the score lies', async () => {
  for (const side of ['act', 'clear'] as const)
    for (const answer of ['approve', 'decline'] as const) {
      const { give, next } = await inHand({ side, blinded: true })
      assert.equal(next.case?.question, 'start_followup')
      const answered = await give(answer)
      assert.equal(answered.state, answer === 'approve' ? 'acted' : 'suppressed')
      assert.equal(answered.revealed.action, customerOps.questions[0].actions[side]!.name)
    }
})

test('the audit of what was done changes nothing where it agrees or comes too late, and takes back what it can', async () => {
  const audit = { audit: true, blinded: true, done: true } as const
  const cases = [
    [{ ...audit }, 'approve', 'acted', 0],
    [{ ...audit }, 'decline', 'acted', 0],
    [{ ...audit, pod: table }, 'decline', 'logged', 1],
    [{ ...audit, side: 'clear' }, 'decline', 'suppressed', 0],
    [{ ...audit, side: 'clear' }, 'approve', 'acted', 1],
    [{ ...audit, side: 'clear', pod: table }, 'approve', 'acted', 1],
  ] as const
  for (const [over, answer, state, moves] of cases) {
    const { give, tenant } = await inHand(over)
    const answered = await give(answer)
    assert.deepEqual([answered.state, answered.quality, answered.revealed.blind_audit], [state, 'audit', true])
    assert.equal(answered.revealed.done_before, true)
    assert.equal((await movesOf(tenant)).length, moves, `${JSON.stringify(over)} ${answer}`)
  }
})

test('what had not been performed yet when its auditor took it is done only as the auditor says', async () => {
  const over = { audit: true, blinded: true, done: true, pod: table } as const
  const agreed = await inHand(over, false)
  assert.equal((await agreed.give('approve')).state, 'acted')
  assert.deepEqual(
    (await actsOf(agreed.tenant)).map(({ automatic, state }) => [automatic, state]),
    [
      [true, 'cancelled'],
      [false, 'pending'],
    ],
  )
  const refused = await inHand(over, false)
  assert.equal((await refused.give('decline')).state, 'logged')
  const undone = await refused.service.undo(refused.actor, 'A', undefined, 'r')
  assert.equal(undone.state, 'queued', 'it was never done')
})

test('an outcome goes through the line as a label of its quality; an answer without one is no label', async () => {
  for (const [over, quality] of [
    [{ audit: true, blinded: true }, 'audit'],
    [{ blinded: true }, 'human'],
    [{ pod: table }, 'human'],
  ] as const) {
    const { give, reported, tenant } = await inHand(over)
    const word = 'pod' in over ? 'positive' : 'booked'
    const answer = await give('approve', { outcome: word, notes: 'sure' })
    assert.deepEqual([answer.outcome, answer.quality], [word, quality])
    const label = await rowsOf<object>(tenant, 'select outcome, label, quality from outcomes where tenant_id = $1')
    assert.deepEqual(label, [{ outcome: word, label: 1, quality }])
    assert.equal(reported.length, 1)
  }
  const { give, reported } = await inHand()
  await give('approve')
  assert.deepEqual(reported, [])
  const wrong = await inHand()
  await assert.rejects(wrong.give('approve', { outcome: 'lost' }), { code: 'invalid_outcome' })
  assert.deepEqual(wrong.reported, [])
  assert.equal((await wrong.give('approve')).state, 'acted', 'the lease still holds')
})

test('a case whose outcome became known while it was in hand is withdrawn, not answered', async () => {
  const { give, tenant, clock, reported } = await inHand()
  await writeOutcome(db, { tenant, ...customerOps.report('A', 'ghosted', null) }, clock.now)
  await assert.rejects(give('approve', { outcome: 'booked' }), { code: 'case_closed' })
  await assert.rejects(give('approve'), { code: 'case_closed' })
  assert.deepEqual(reported, [])
  assert.deepEqual(
    (await movesOf(tenant)).map(move => move['reason']),
    ['outcome_known'],
  )
})

test('an answer that reports nothing does nothing about a case whose outcome became known meanwhile', async () => {
  const { give, tenant, clock } = await inHand()
  await writeOutcome(db, { tenant, ...customerOps.report('A', 'ghosted', null) }, clock.now)
  await assert.rejects(give('approve'), { code: 'case_closed' })
  assert.deepEqual(await actsOf(tenant), [])
})

test('an answer is taken back: the act is cancelled, the case is as it was, in the same hands and with nothing withheld', async () => {
  const { tenant, give, service, actor, clock, audited } = await inHand({ blinded: true, audit: true })
  await give('approve')
  clock.now = seconds(100)
  const undone = await service.undo(actor, 'A', 'slipped', 'r1')
  assert.deepEqual([undone.state, undone.case.reason, undone.outcome_stands], ['queued', 'blind_audit', false])
  assert.notEqual(undone.case.opinion, 'withheld')
  assert.deepEqual(
    (await movesOf(tenant)).map(move => [move['from_state'], move.to_state, move['reason']]),
    [
      ['queued', 'acted', 'approved_by_human'],
      ['acted', 'queued', 'blind_audit'],
    ],
  )
  assert.deepEqual(
    (await actsOf(tenant)).map(act => act.state),
    ['cancelled'],
  )
  assert.deepEqual(
    audited.map(({ action, reason }) => [action, reason]),
    [['inbox.undone', 'slipped']],
  )
  await assert.rejects(service.undo(actor, 'A', undefined, 'r2'), { code: 'not_answered' })
  // What was seen is seen: the second answer is no blind one.
  const again = await service.answer(actor, 'A', { answer: 'decline', lease_token: undone.lease_token })
  assert.deepEqual([again.state, again.quality], ['suppressed', 'human'])
})

test('an answer is taken back by whoever gave it or by an admin, and the log says whose it was', async () => {
  const { tenant, give, service, clock, audited } = await inHand()
  await give('approve')
  clock.now = seconds(100)
  await assert.rejects(service.undo(actorOf('bob', 'operator', tenant), 'A', undefined, 'r1'), {
    code: 'forbidden',
    status: 403,
  })
  assert.equal((await actsOf(tenant)).at(-1)?.state, 'pending', 'the refusal cancels nothing')
  const undone = await service.undo(actorOf('eve', 'admin', tenant), 'A', 'not him', 'r2')
  assert.equal(undone.case.lease?.mine, true)
  const [entry] = audited.filter(({ action }) => action === 'inbox.undone')
  assert.deepEqual([entry?.actor, entry?.detail?.['answered_by']], ['key:eve', 'key:ann'])
})

test('it is too late to take back what has been done, or after ten minutes', async () => {
  const done = await inHand()
  await done.give('approve')
  await db.transaction([done.tenant], handle =>
    handle.query(`update acts set state = 'done' where tenant_id = $1`, [done.tenant]),
  )
  await assert.rejects(done.service.undo(done.actor, 'A', undefined, 'r'), { code: 'too_late', status: 409 })
  const late = await inHand()
  await late.give('decline')
  late.clock.now = seconds(90 + 600)
  await late.service.undo(late.actor, 'A', undefined, 'r')
  const tooLate = await inHand()
  await tooLate.give('decline')
  tooLate.clock.now = seconds(90 + 601)
  await assert.rejects(tooLate.service.undo(tooLate.actor, 'A', undefined, 'r'), { code: 'too_late' })
})

test('a rubber stamp is told so at the fifth answer under three seconds, and never before', async () => {
  const tenant = 'stamp'
  const clock = { now: seconds(0) }
  const { service, counted } = openTestInbox(db, clock)
  await queueCases(
    db,
    Array.from({ length: 12 }, (_, i) => ({ id: `S${i}`, at: start, tenant })),
  )
  const actor = actorOf('ann', 'operator', tenant)
  const told: (true | undefined)[] = []
  const answerIn = async (ms: number) => {
    const { case: item, lease_token } = await service.next(actor, ask)
    clock.now = new Date(clock.now.getTime() + ms)
    told.push((await service.answer(actor, item!.case_id, { answer: 'approve', lease_token: lease_token! })).hurried)
  }
  for (const ms of [900, 2999, 800, 700, 3000, 900, 800, 700, 600, 500]) await answerIn(ms)
  assert.deepEqual(
    told.map(one => one === true),
    [false, false, false, false, false, false, false, false, false, true],
  )
  assert.equal(counted.filter(([word]) => word === 'hurried').length, 1)
})

test('the sweep closes what nobody looked at and forgets ended rows after 30 days, while transitions stay', async () => {
  const { tenant, clock, deps } = await inHand({ expiresDays: 7 })
  const day = 86_400_000
  await sweepInbox(deps, [tenant], new Date(start.getTime() + 6 * day))
  const states = () => rowsOf<{ state: string }>(tenant, 'select state from inbox where tenant_id = $1')
  assert.deepEqual(await states(), [{ state: 'open' }])
  clock.now = new Date(start.getTime() + 7 * day)
  await sweepInbox(deps, [tenant], clock.now)
  assert.deepEqual(await states(), [{ state: 'expired' }])
  assert.deepEqual(await movesOf(tenant), [
    { from_state: 'queued', to_state: 'expired', reason: 'queue_ttl', actor: 'system' },
  ])
  await sweepInbox(deps, [tenant], new Date(start.getTime() + 37.1 * day))
  assert.deepEqual(await states(), [])
  assert.equal((await movesOf(tenant)).length, 1)
})

const perform = (tenant: string, at: Date) =>
  db.transaction([tenant], handle =>
    act(handle, tenant, at, {
      podNamed: name => (name === table.name ? table : customerOps),
      queueDays: async () => 7,
    }),
  )

test('the stage act performs what was approved after 30 seconds, once, and nothing that was undone or touched since', async () => {
  const approved = await inHand()
  await approved.give('approve')
  assert.equal((await perform(approved.tenant, seconds(119))).acts.length, 0)
  const done = await perform(approved.tenant, seconds(120))
  assert.deepEqual(
    done.acts.map(one => [one.action, one.state]),
    [['start_followup', 'done']],
  )
  assert.equal((await rowsOf(approved.tenant, 'select step from outbox where tenant_id = $1')).length, 1)
  approved.clock.now = seconds(121)
  await assert.rejects(approved.service.undo(approved.actor, 'A', undefined, 'r'), { code: 'too_late' })

  const undone = await inHand()
  await undone.give('approve')
  await undone.service.undo(undone.actor, 'A', undefined, 'r')
  assert.equal((await perform(undone.tenant, seconds(200))).acts.length, 0)
  const lost = async (tenant: string) =>
    (
      await db.transaction([tenant], handle =>
        countStates(handle, tenant, 'customer-ops', new Date(start.getTime() - 1000), seconds(1000)),
      )
    ).map(({ state, cases, lost: gone }) => [state, cases, gone])
  assert.deepEqual(await lost(approved.tenant), [['acted', 1, 0]])
  assert.deepEqual(await lost(undone.tenant), [['queued', 1, 0]])
})
