import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { RawEvent, Sender } from '@surety/contract'
import { labellersOf } from '../manage/autonomy/labellers.ts'
import { createKey } from '../manage/keys/keys.ts'
import { podNamed } from '../pods.ts'
import { auditOf } from '../store/audit.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { openActingCore, record } from '../testing/acting-core.ts'

const database = await openTestDatabase({ poolSize: 2 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [question] = podNamed('customer-ops').questions
const at = new Date('2026-11-21T10:00:00Z')
const tenant = 'acme'

test('who told outcomes is listed with what counts as bulk and why; a key whose labels are not those of audits comes first', async () => {
  await using core = await openActingCore(database, () => at)
  const keyOf = async (name: string, systemOfRecord = false): Promise<Sender> => {
    const input = { tenant, role: 'operator' as const, name, systemOfRecord }
    const { view } = await createKey({ db, now: () => at, audit: auditOf() }, 'test', input)
    return { key: view.id, systemOfRecord, outcomes: 1 }
  }
  const [form, crm, liar, auditor] = [
    await keyOf('form'),
    await keyOf('crm', true),
    await keyOf('liar'),
    await keyOf('auditor'),
  ]
  let told = 0
  const tell = (sender: Sender, caseId: string, outcome: string, quality?: 'audit' | 'bulk'): RawEvent => ({
    tenant,
    kind: 'lead.outcome',
    eventId: `told-${told++}`,
    sender,
    ...(quality !== undefined && { quality }),
    data: { lead_id: caseId, outcome },
  })
  const ids = Array.from({ length: 40 }, (_, i) => `L${i}`)
  await record(
    core,
    at,
    ...ids.map(
      (caseId): RawEvent => ({
        tenant,
        kind: 'lead.created',
        eventId: caseId,
        caseId,
        sender: form,
        data: { name: 'Jane Doe', email: 'jane@example.com', details: 'need an estimate' },
      }),
    ),
  )
  const truth = (i: number): string => (i % 3 === 0 ? 'booked' : 'ghosted')
  const lie = (i: number): string => (i % 3 === 0 ? 'ghosted' : 'booked')
  // 20 audits; the CRM is wrong about one of them, the liar about nine of ten; what was not audited says nothing of anybody.
  await record(core, at, ...ids.slice(0, 20).map((id, i) => tell(auditor, id, truth(i), 'audit')))
  await record(core, at, ...ids.map((id, i) => tell(crm, id, i === 5 ? lie(i) : truth(i))))
  await record(core, at, ...ids.slice(0, 10).map((id, i) => tell(liar, id, i === 7 ? truth(i) : lie(i))))
  // A key that opened the case, a request with too many, a list that was answered together, and somebody from inside.
  await record(
    core,
    at,
    tell(form, 'L0', lie(0)),
    tell({ ...liar, outcomes: 51 }, 'L30', 'booked'),
    tell(liar, 'L31', 'booked', 'bulk'),
  )
  await record(core, at, {
    tenant,
    kind: 'lead.outcome',
    eventId: 'inside',
    data: { lead_id: 'L39', outcome: 'ghosted' },
  })

  const found = await db.read([tenant], reader => labellersOf(reader, tenant, question))
  const none = { own_case: 0, one_request: 0, one_minute: 0, inbox: 0 }
  assert.deepEqual([found.outcomes, found.since, found.budget], [74, at.toISOString(), 0.05])
  assert.deepEqual(found.bulk, { own_case: 1, one_request: 1, one_minute: 0, inbox: 1 })
  assert.deepEqual(
    found.labellers.map(({ name, system_of_record, outcomes, disagrees, bulk }) => [
      name,
      system_of_record,
      outcomes,
      disagrees,
      bulk,
    ]),
    [
      ['liar', false, 12, true, { ...none, one_request: 1, inbox: 1 }],
      ['crm', true, 40, false, none],
      ['auditor', false, 20, false, none],
      ['form', false, 1, false, { ...none, own_case: 1 }],
      [null, false, 1, false, none],
    ],
  )
  const [ofLiar, ofCrm, ofAuditor] = found.labellers.map(({ audits }) => audits)
  assert.deepEqual([ofLiar!.n, ofLiar!.disagree, ofLiar!.share], [10, 9, 0.9])
  assert.ok(Math.abs(ofLiar!.lower - 0.5958) < 1e-4 && Math.abs(ofLiar!.upper - 0.9821) < 1e-4)
  assert.deepEqual([ofCrm!.n, ofCrm!.disagree, ofAuditor], [20, 1, null])
  assert.deepEqual((await db.read(['borg'], reader => labellersOf(reader, 'borg', question))).labellers, [])
})
