import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { RawEvent } from '@surety/contract'
import { readLabels } from '../manage/autonomy/read-labels.ts'
import { cases } from '../manage/cases/cases.ts'
import { reports } from '../manage/reports/reports.ts'
import { readRows } from '../pipeline/learn/rows.ts'
import { readEligible } from '../store/calibration-rows.ts'
import { decisionStates } from '../store/case-state.ts'
import { settledBetween } from '../store/inbox-overdue.ts'
import { sampleRecords } from '../store/record-completeness.ts'
import type { KeptRecord } from '../store/records.ts'
import { readDecided } from '../store/replay-results.ts'
import { dataKeys } from '../store/seal.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { leadOf, openActingCore, record } from '../testing/acting-core.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const tenant = 'acme'
const pod = 'customer-ops'
const minute = 60_000
const dataKey = randomBytes(32)
const start = Date.parse('2026-11-21T10:00:00Z')
const at = (minutes: number): Date => new Date(start + minutes * minute)

/** @param happened minutes after the start */
const told = (caseId: string, eventId: string, outcome: string, happened: number): RawEvent => ({
  tenant,
  kind: 'lead.outcome',
  eventId: `${eventId}-${caseId}`,
  occurredAt: at(happened),
  data: { lead_id: caseId, outcome },
})

/** What each case is named after is what it comes to. */
const expected: { readonly [caseId: string]: 0 | 1 | null } = {
  'told first and happened last': 1,
  'told last and happened last': 0,
  'happened at one time and told last': 0,
  'recorded later and happened before': 1,
  'silence after a report': 1,
  'silence alone': 0,
  'silence after a word that settles nothing': 0,
  'told late what happened before silence': 1,
  'told late a word that settles nothing': null,
  'silence was broken': null,
  'silence once more': 0,
  'open again': null,
  'reported once': 1,
}
const ids = Object.keys(expected)
const finalOnes = Object.fromEntries(Object.entries(expected).filter(([, label]) => label !== null))

before(async () => {
  let clock = at(0)
  await using core = await openActingCore(database, () => clock, {
    secrets: { dataKeys: [dataKey], piiRoot: randomBytes(32) },
  })
  await record(core, clock, ...ids.map(id => leadOf(tenant, id)))
  clock = at(60)
  // One batch has one time of recording. The ids of the events say the opposite of the rule, so that they decide nothing.
  await record(
    core,
    clock,
    told('told first and happened last', 'a', 'booked', 30),
    told('told first and happened last', 'z', 'ghosted', 20),
    told('told last and happened last', 'z', 'booked', 20),
    told('told last and happened last', 'a', 'ghosted', 30),
    told('happened at one time and told last', 'z', 'booked', 30),
    told('happened at one time and told last', 'a', 'ghosted', 30),
    told('recorded later and happened before', 'a', 'booked', 30),
    told('silence after a report', 'a', 'booked', 30),
    told('open again', 'z', 'booked', 20),
    told('open again', 'a', 'qualified', 30),
    told('reported once', 'a', 'booked', 30),
    told('silence after a word that settles nothing', 'a', 'qualified', 30),
  )
  clock = at(90)
  await record(core, clock, told('recorded later and happened before', 'z', 'ghosted', 20))
  await db.transaction([tenant], async handle => {
    const say = (caseId: string, source: string, minutes: number) =>
      handle.query(
        `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, quality, occurred_at, recorded_at)
          values ($1, $3 || '-silence' || $5, $2, $3, case $4 when 'window' then 'ghosted' else $4 end,
            case $4 when 'window' then 0 end, $4, 'silence', $6, $6)`,
        [tenant, pod, caseId, source, minutes, at(minutes)],
      )
    for (const caseId of ids) if (/silence/.test(caseId)) await say(caseId, 'window', 95)
    await say('told late a word that settles nothing', 'window', 95)
    await say('silence was broken', 'reactivated', 96)
    await say('silence once more', 'reactivated', 96)
    await say('silence once more', 'window', 97)
  })
  clock = at(100)
  await record(
    core,
    clock,
    told('told late what happened before silence', 'a', 'booked', 20),
    told('told late a word that settles nothing', 'a', 'nurture', 20),
  )
})

const screen = cases({
  db,
  pod,
  unreadable: error => assert.fail(String(error)),
  dataKeys: dataKeys([dataKey]),
  privacy: () => {
    throw new Error('nothing is searched')
  },
  memory: true,
})
const files = reports({ db, pod, now: () => at(120), audit: async () => {} })
const labelOf = (outcome: string | null): 0 | 1 | null => (outcome === 'booked' ? 1 : outcome === 'ghosted' ? 0 : null)

test('a person sees on the page of a lead the outcome that counts first', async () => {
  const seen: { [caseId: string]: unknown } = {}
  for (const id of ids) seen[id] = (await screen.get(tenant, id)).outcomes[0]?.['label'] ?? null
  assert.deepEqual(seen, expected)
})

test('the list of leads shows it', async () => {
  const { items } = await screen.list(tenant, { limit: 50 })
  assert.deepEqual(Object.fromEntries(items.map(item => [item.id, labelOf(item.outcome)])), expected)
})

test('outcomes.csv holds it', async () => {
  const { lines } = await files.outcomesCsv(tenant, {})
  let text = ''
  for await (const piece of lines) text += piece
  const [head = '', ...rows] = text.trim().split(/\r?\n/)
  const place = head.split(',').indexOf('label')
  assert.deepEqual(
    Object.fromEntries(rows.map(row => row.split(',')).map(cells => [cells[0], Number(cells[place])])),
    finalOnes,
  )
})

test('analytics count it', async () => {
  const { outcome_breakdown: words, conversion_n: final } = await files.analytics(tenant, 100)
  assert.deepEqual([words, final], [{ booked: 5, ghosted: 5, nurture: 1, qualified: 1, reactivated: 1 }, 10])
})

test('calibrators and certificates rest on it', async () => {
  // As they are where a model with cuts serves.
  await db.transaction([tenant], handle =>
    handle.query(
      `update decisions set model_digest = 'd', acting_version = 1, kappa_act = 20, kappa_clear = -1 where tenant_id = $1`,
      [tenant],
    ),
  )
  await readLabels(db, tenant, { pod, name: 'main', modelScope: 'all' }, null, at(120))
  const of = { tenant, pod, question: 'main', digest: 'd', now: at(120), maturityMs: 0 }
  const rows = await db.transaction([tenant], handle => readEligible(handle, of))
  assert.deepEqual(Object.fromEntries(rows.map(row => [row.rowId, row.label])), finalOnes)
  const kept = await db.transaction([tenant], handle =>
    handle.query<{ case_id: string; label: number | null }>(
      'select case_id, label from record_rows where tenant_id = $1 and label is not null',
      [tenant],
    ),
  )
  assert.deepEqual(Object.fromEntries(kept.rows.map(row => [row.case_id, row.label])), finalOnes)
  const record = { tenant, pod, question: 'main', side: 'act', rowsFrom: at(0), drawn: { rate: 1 } } as KeptRecord
  const sample = (await db.read([tenant], reader => sampleRecords(reader, [record], at(1))))[0]!
  const sum = (of: 'decisions' | 'labelled') => sample.reduce((total, one) => total + one[of], 0)
  assert.deepEqual([sum('decisions'), sum('labelled')], [13, 10])
})

test('models are trained on it', async () => {
  const labels = new Map<string, 0 | 1 | null>()
  for await (const { changes } of readRows(db, { pod, question: 'main' }, tenant, null))
    for (const { id, label } of changes) labels.set(id.slice(tenant.length + 1), label)
  assert.deepEqual(Object.fromEntries(labels), expected)
})

test('the report of a replay is made of it', async () => {
  const labels: (0 | 1 | null)[] = []
  for await (const page of readDecided(db, tenant, pod)) for (const row of page) labels.push(row.label)
  assert.deepEqual(labels.toSorted(), Object.values(expected).toSorted())
})

test('the inbox lets go of the cases that are settled, and what would be done about them ends', async () => {
  await db.transaction([tenant], handle =>
    handle.query(
      `insert into inbox (tenant_id, pod, case_id, decision_id, recorded_at, action, urgency, due_at, expires_at, unlocks,
          reason, audit, blinded)
        select tenant_id, pod, case_id, decision_id, recorded_at, action, 1, recorded_at, recorded_at, false, reason, false, false
        from decisions on conflict do nothing`,
    ),
  )
  const settled = await db.transaction([tenant], handle =>
    settledBetween(handle, tenant, at(120), { pod, from: at(0).toISOString(), to: at(120).toISOString() }),
  )
  assert.deepEqual(settled.map(one => one.caseId).toSorted(), Object.keys(finalOnes).toSorted())
  const states = await db.transaction([tenant], handle =>
    decisionStates(
      handle,
      tenant,
      ids.map(caseId => ({ pod, caseId, decisionId: null })),
    ),
  )
  assert.deepEqual(
    Object.fromEntries(states.map(one => [one.caseId, one.labelled])),
    Object.fromEntries(Object.entries(expected).map(([caseId, label]) => [caseId, label !== null])),
  )
})
