import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { FeatureValue } from '@surety/contract'
import Papa from 'papaparse'
import type { Problem } from '../../errors.ts'
import type { Audit } from '../../store/audit.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { pod, recordLead, recordOutcome } from '../cases/testing/record-leads.ts'
import { reports } from './reports.ts'

const database = await openTestDatabase({ poolSize: 1 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const audited: Parameters<Audit>[1][] = []
const now = new Date('2026-04-01T00:00:00Z')
const service = reports({ db, pod, now: () => now, audit: async (_, entry) => void audited.push(entry) })

const start = Date.parse('2026-01-31T23:00:00Z')
const at = (minutes: number) => new Date(start + minutes * 60_000)

const base = ['score', 'details_len', 'hour_of_day', 'tenant', 'intent', 'sentiment', 'urgency']
const vector = (tenant: string, ...attributes: FeatureValue[]): FeatureValue[] => [
  0.7,
  12,
  23,
  tenant,
  'quote',
  'neutral',
  'medium',
  ...attributes,
]

async function schema(tenant: string, hash: string, names: readonly string[], recordedAt: Date): Promise<void> {
  await db.transaction([tenant], handle =>
    handle.query(
      `insert into feature_schemas (tenant_id, pod, schema_hash, specs, recorded_at) values ($1, $2, $3, $4, $5)`,
      [tenant, pod, hash, JSON.stringify(names.map(name => ({ name, kind: 'numeric', meaning: '' }))), recordedAt],
    ),
  )
}

async function lead(tenant: string, id: string, minutes: number, features = vector(tenant), schemaHash = 'base') {
  await recordLead(db, { tenant, id, at: at(minutes), features, schemaHash, probability: 0.12345, modelVersion: 7 })
}

const outcome = (tenant: string, caseId: string, minutes: number, word: string, label: 0 | 1 | null, took?: number) =>
  recordOutcome(db, { tenant, caseId, at: at(minutes), outcome: word, label, ...(took === undefined ? {} : { took }) })

const asker = { actor: 'key:test', requestId: 'r-1' }

async function csv(
  tenant: string,
  options: Omit<Parameters<ReturnType<typeof reports>['outcomesCsv']>[1], 'actor' | 'requestId'> = {},
) {
  const { rows, lines } = await service.outcomesCsv(tenant, { ...asker, ...options })
  let text = ''
  for await (const piece of lines) text += piece
  const { data } = Papa.parse<{ [column: string]: string }>(text, { header: true, skipEmptyLines: true })
  return { rows, text, data }
}

test('fact 54: booked (1800), ghosted, booked (3600) convert at 2/3 with a mean of 2700; a qualified one is pending', async () => {
  for (const [n, id] of ['A1', 'A2', 'A3'].entries()) await lead('fifty-four', id, n)
  await outcome('fifty-four', 'A1', 10, 'booked', 1, 1800)
  await outcome('fifty-four', 'A2', 11, 'ghosted', 0)
  await outcome('fifty-four', 'A3', 12, 'booked', 1, 3600)
  const three = await service.analytics('fifty-four', 500)
  assert.equal(three.conversion_rate, 2 / 3)
  assert.equal(three.avg_time_to_conversion, 2700)
  assert.deepEqual([three.total_leads, three.total_outcomes, three.pending, three.conversion_n], [3, 3, 0, 3])

  await lead('fifty-four', 'A4', 3)
  await outcome('fifty-four', 'A4', 13, 'qualified', null)
  const four = await service.analytics('fifty-four', 500)
  assert.equal(four.conversion_rate, 2 / 3)
  assert.deepEqual([four.total_leads, four.total_outcomes, four.pending], [4, 4, 1])
  assert.deepEqual(four.outcome_breakdown, { booked: 2, ghosted: 1, qualified: 1 })
  assert.equal(four.as_of, now.toISOString())
})

test('fact 54: a lead ghosted then booked is one row with label 1 and one outcome, the history keeps both', async () => {
  await schema('once', 'base', base, at(0))
  await lead('once', 'O1', 0)
  await outcome('once', 'O1', 100, 'ghosted', 0)
  await outcome('once', 'O1', 101, 'booked', 1)
  const { rows, data } = await csv('once')
  assert.equal(rows, 1)
  assert.deepEqual(
    data.map(row => [row['lead_id'], row['outcome'], row['label']]),
    [['O1', 'booked', '1']],
  )
  const { total_outcomes, conversion_rate } = await service.analytics('once', 500)
  assert.deepEqual([total_outcomes, conversion_rate], [1, 1])
})

test('a time of 0 counts in the mean, a missing one does not; with nothing known both numbers are null', async () => {
  await lead('times', 'T0', 0)
  const silent = await service.analytics('times', 500)
  assert.deepEqual([silent.conversion_rate, silent.avg_time_to_conversion, silent.pending], [null, null, 1])
  for (const id of ['T1', 'T2', 'T3']) await lead('times', id, 1)
  await outcome('times', 'T1', 2, 'booked', 1, 0)
  await outcome('times', 'T2', 2, 'booked', 1, 100)
  await outcome('times', 'T3', 2, 'booked', 1)
  assert.equal((await service.analytics('times', 500)).avg_time_to_conversion, 50)
})

test('a limit looks at the newest leads only', async () => {
  const { total_leads, outcome_breakdown } = await service.analytics('fifty-four', 2)
  assert.equal(total_leads, 2)
  assert.deepEqual(outcome_breakdown, { booked: 1, qualified: 1 })
})

test('the file has the columns of the contract, then every attribute ever declared, in the order of the decisions', async () => {
  await schema('wide', 'base', [...base, 'attr.age'], at(0))
  await schema('wide', 'later', [...base, 'attr.job', 'attr.age'], at(5))
  await lead('wide', 'W2', 80, vector('wide', '=cmd|x', 41), 'later')
  await lead('wide', 'W1', 1, vector('wide', 40), 'base')
  await lead('wide', 'W3', 81, vector('wide', null, null), 'later')
  for (const id of ['W1', 'W2', 'W3']) await outcome('wide', id, 200, 'ghosted', 0)
  const { text, data } = await csv('wide')
  const [header, first, second] = text.split('\r\n')
  assert.equal(
    header,
    'lead_id,tenant,intent,sentiment,urgency,score,details_len,hour_of_day,outcome,label,decided_at,pred_prob,model_version,label_source,attr.age,attr.job',
  )
  assert.equal(first, `W1,wide,quote,neutral,medium,0.7,12,23,ghosted,0,${at(1).toISOString()},0.123,7,reported,40,`)
  assert.ok(second?.endsWith(`,41,'=cmd|x`))
  assert.deepEqual(
    data.map(row => row['lead_id']),
    ['W1', 'W2', 'W3'],
  )
  assert.deepEqual([data[2]?.['attr.age'], data[2]?.['attr.job']], ['', ''])
  assert.ok(text.endsWith('\r\n'))
})

test('since and limit narrow the file, and the number of rows says so beforehand', async () => {
  const since = await csv('wide', { since: at(80) })
  assert.deepEqual([since.rows, since.data.length], [2, 2])
  const limited = await csv('wide', { limit: 1 })
  assert.deepEqual([limited.rows, limited.data.length, limited.data[0]?.['lead_id']], [1, 1, 'W1'])
})

const settleAll = `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, occurred_at, recorded_at)
  select 'long', 'late' || n, '${pod}', 'G' || n, case when n <= 2400 then 'qualified' else 'booked' end,
    case when n <= 2400 then null else 1 end, 'reported', $1, $1 from generate_series(1, 2500) n`

test('a file longer than one fetch holds every row once, also when outcomes arrive after it was counted', async () => {
  await schema('long', 'base', base, at(0))
  await db.transaction(['long'], async handle => {
    await handle.query(
      `insert into decisions (tenant_id, decision_id, pod, case_id, subject, event_id, occurred_at, recorded_at,
        schema_hash, features, enrichment, calibration_size, policy_version, threshold, action, mode, gate, automatic,
        propensity, state, reason, latency_us)
      select 'long', gen_random_uuid(), '${pod}', 'G' || n, 's', 'G' || n, $1, $1::timestamptz + n / 3 * interval '1 ms',
        'base', '[0.7,1,2,"long","quote","neutral","low"]', '{}', 0, 0, .7, 'a', 'acting', 'certified', false, 1, 'queued',
        'no_model', 1 from generate_series(1, 2500) n`,
      [at(0)],
    )
    await handle.query(
      `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, occurred_at, recorded_at)
      select 'long', 'o' || n, '${pod}', 'G' || n, 'ghosted', 0, 'reported', $1, $1 from generate_series(1, 2400) n`,
      [at(90)],
    )
  })
  const late = reports({
    db,
    pod,
    now: () => now,
    audit: async handle => void (await handle.query(settleAll, [at(95)])),
  })
  const { rows, lines } = await late.outcomesCsv('long', {})
  const ids: string[] = []
  for await (const piece of lines) {
    ids.push(
      ...piece
        .split('\r\n')
        .slice(0, -1)
        .map(line => line.split(',')[0]!),
    )
  }
  assert.equal(rows, 2400)
  assert.equal(ids.length, 2401)
  assert.equal(new Set(ids).size, 2401)
  assert.equal((await csv('long')).rows, 100)
})

test('a reader who leaves early, or never begins, leaves no connection behind', async () => {
  const connections = async () => {
    const { rows } = await db.transaction([], handle =>
      handle.query<{ n: number }>(`select count(*) as n from pg_stat_activity where datname = current_database()`),
    )
    return rows[0]!.n
  }
  const before = await connections()
  const { lines } = await service.outcomesCsv('long', asker)
  for await (const _ of lines) break
  const unread = await service.outcomesCsv('long', asker)
  await unread.lines[Symbol.asyncIterator]().return?.()
  let left = await connections()
  for (let tries = 0; left > before && tries < 100; tries++) left = await connections()
  assert.equal(left, before)
})

test('a third export at once is told to wait, and may begin when one of the others ended', async () => {
  const first = await service.outcomesCsv('long', asker)
  const second = await service.outcomesCsv('long', asker)
  await assert.rejects(
    service.outcomesCsv('wide', asker),
    (problem: Problem) => problem.code === 'rate_limited' && problem.retryAfterSeconds === 10,
  )
  await first.lines[Symbol.asyncIterator]().return?.()
  const third = await service.outcomesCsv('wide', asker)
  for (const { lines } of [second, third]) await lines[Symbol.asyncIterator]().return?.()
})

test('every export is in the audit log with its size', async () => {
  const service = reports({ db, pod, now: () => now, audit: async (_, entry) => void audited.push(entry) })
  const { lines } = await service.outcomesCsv('wide', { limit: 2, actor: 'key:abc', requestId: 'r-9' })
  await lines[Symbol.asyncIterator]().return?.()
  const { tenant, actor, action, requestId, detail } = audited.at(-1)!
  assert.deepEqual([tenant, actor, action, requestId], ['wide', 'key:abc', 'export', 'r-9'])
  assert.deepEqual(detail, { file: 'outcomes.csv', rows: 2, since: null, limit: 2 })
})

test('fact 56: a foreign tenant has no rows and no numbers', async () => {
  const { rows, data, text } = await csv('stranger')
  assert.deepEqual([rows, data.length], [0, 0])
  assert.ok(!text.includes('attr.'))
  const { total_leads, total_outcomes } = await service.analytics('stranger', 500)
  assert.deepEqual([total_leads, total_outcomes], [0, 0])
})

test('the file says nothing of what the machine thinks of a case that a person is to judge unseen', async () => {
  await schema('unseen', 'base', base, at(0))
  for (const [n, id] of ['H1', 'H2', 'H3'].entries()) {
    await lead('unseen', id, n)
    await outcome('unseen', id, 10 + n, 'booked', 1)
  }
  await db.transaction(['unseen'], handle =>
    handle.query(
      `insert into inbox (tenant_id, pod, case_id, decision_id, recorded_at, action, urgency, due_at, expires_at, unlocks,
          reason, audit, blinded, state)
        select 'unseen', $1, id, gen_random_uuid(), $2, 'start_followup', 1, $2, $2, false, 'blind_audit', true, true, state
        from (values ('H1', 'open'), ('H2', 'answered')) as given(id, state)`,
      [pod, at(0)],
    ),
  )
  const { data } = await csv('unseen')
  assert.deepEqual(
    data.map(row => [row['lead_id'], row['pred_prob'], row['model_version']]),
    [
      ['H1', '', ''],
      ['H2', '0.123', '7'],
      ['H3', '0.123', '7'],
    ],
  )
})
