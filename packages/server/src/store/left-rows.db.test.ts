import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Evaluation, severities } from '@surety/contract'
import { emptyBatch } from './batch-rows.ts'
import { type CaseRow, cases } from './cases.ts'
import type { Tx } from './db.ts'
import { type EvaluationRow, evaluations } from './evaluations.ts'
import { findKeys } from './event-keys.ts'
import { type FindingGroupRow, findingGroups } from './finding-groups.ts'
import { type GroupRow, groups } from './groups.ts'
import { type OnceActRow, onceActs } from './once-acts.ts'
import { ensurePartitions, makeDays } from './partitions.ts'
import { type LeftState, recordStatement } from './record-batch.ts'
import { type StateRow, stateRows } from './state-rows.ts'
import type { Columns, Table } from './table.ts'
import { openTestDatabase } from './test-database.ts'
import { type TickFoldRow, tickFolds } from './tick-folds.ts'

const tenant = 'acme'
const pod = 'heating'
const at = new Date('2026-11-20T10:00:00Z')

test('what a batch leaves under its locks comes back as it was given, and a case as it was left last', async () => {
  await using database = await openTestDatabase()
  const { db } = database
  await db.transaction([], handle => ensurePartitions(handle, at, at))
  await makeDays(db, at, at)
  const place = { tenant, pod, recordedAt: at }
  const later = new Date(at.getTime() + 60_000)
  const one: CaseRow = {
    tenant,
    pod,
    caseId: 'one',
    rule: 'alert',
    key: 'alert/heat/site:S1/',
    type: 'heat',
    subject: '',
    severity: 'MEDIUM',
    group: 'site:S1',
    groups: [
      ['device:"D",\\1}', 0],
      ['site:S1', 2],
    ],
    firstSeen: at,
    lastSeen: at,
    joinsUntil: null,
    clockFrom: at,
    occurrences: 1,
    asked: [],
    settled: [],
    openedAt: at,
    closedAt: null,
  }
  const raised: CaseRow = {
    ...one,
    severity: 'CRITICAL',
    lastSeen: later,
    clockFrom: later,
    occurrences: 2,
    asked: ['real\n{a,"b"}', 'real\n'],
    closedAt: later,
  }
  const joined: CaseRow = { ...one, caseId: 'two', joinsUntil: later }
  const evaluation: Evaluation = {
    code: 'OVER',
    family: 'heat',
    about: 'D1',
    value: 4.5,
    limit: 4,
    fired: true,
    severity: 'HIGH',
    confidence: 0.5,
    evidence: { a: 1 },
  }
  const measured: EvaluationRow = {
    ...place,
    eventId: 'opens',
    place: 0,
    occurredAt: later,
    family: 'heat',
    caseId: 'one',
    of: evaluation,
  }
  const unknown: EvaluationRow = {
    ...measured,
    place: 1,
    caseId: null,
    of: { code: 'SILENT', about: '', why: 'feed_gap' },
  }
  const wrong: EvaluationRow = {
    ...unknown,
    place: 2,
    of: { code: 'SILENT', about: '', why: 'error', reason: 'it threw' },
  }
  const tick: TickFoldRow = { ...place, kind: 'tick', group: 'site:S1', version: 3, slot: later }
  const group: GroupRow = { tenant, pod, id: 'site:S1', version: 4, links: { at: ['site:S2'] } }
  const row: StateRow = { tenant, pod, group: 'site:S1', kind: 'heard', bucket: '', value: '{"a":1}', updatedAt: at }
  const found: FindingGroupRow = { ...place, group: 'site:S1', eventId: 'opens', place: 0 }
  const once: OnceActRow = {
    ...place,
    group: 'site:S1',
    at: later,
    decisionId: '0190a0a0-0000-7000-8000-000000000002',
    question: 'real',
    action: 'send',
    key: 'engineer "E"',
    caseId: '',
    until: new Date(later.getTime() + 60_000),
  }
  const evaluated = { evaluations: [measured, unknown, wrong], findingGroups: [found] }
  const left = { groups: [group], rows: [row], ...evaluated, tickFolds: [tick], onceActs: [once] }
  const decisionId = '0190a0a0-0000-7000-8000-000000000001'
  const named = { eventId: 'one', caseId: 'one', kind: 'reading', sender: 'k1', decisionId }
  const key = { ...place, ...named, payloadHash: Buffer.alloc(16) }
  const { pod: _ofPod, ...known } = key
  await db.transaction([tenant], async tx => {
    const write = (left: LeftState) => tx.query(recordStatement(emptyBatch, undefined, left))
    await write({ ...left, cases: [one, joined], caseKeys: [{ ...known, caseKinds: null }], waiting: [] })
    const stored = ({ groups, ...given }: CaseRow) => ({
      ...given,
      severity: severities.indexOf(given.severity),
      groupIds: groups.map(([id]) => id),
      groupRanks: groups.map(([, rank]) => rank),
    })
    assert.deepEqual(await all(tx, cases, 'case_id'), [stored(one), stored(joined)])
    const { of: _of, ...plain } = measured
    const { value, ...rest } = evaluation
    const nothing = {
      severity: null,
      confidence: null,
      measured: null,
      limit: null,
      fired: false,
      evidence: null,
      caseId: null,
    }
    assert.deepEqual(await all(tx, evaluations, 'place'), [
      { ...plain, ...rest, measured: value, severity: severities.indexOf('HIGH'), unknown: null },
      { ...plain, ...nothing, place: 1, code: 'SILENT', about: '', unknown: 'feed_gap' },
      { ...plain, ...nothing, place: 2, code: 'SILENT', about: '', unknown: 'error', evidence: { reason: 'it threw' } },
    ])
    assert.deepEqual(await all(tx, findingGroups), [found])
    assert.deepEqual(await all(tx, tickFolds), [tick])
    assert.deepEqual(await all(tx, onceActs), [once])
    assert.deepEqual(await all(tx, groups), [group])
    assert.deepEqual(await all(tx, stateRows), [{ ...row, value: { a: 1 } }])
    assert.deepEqual(await findKeys(tx, [tenant], ['one']), [known])
    const again = [{ ...group, version: 5, links: {} }]
    await write({ groups: again, rows: [], evaluations: [], cases: [raised], caseKeys: [], waiting: [] })
    assert.deepEqual(await all(tx, groups), again)
    assert.deepEqual(await all(tx, cases, 'case_id'), [stored(raised), stored(joined)])
  })
})

const all = async (tx: Tx, of: Table<Columns>, order = '1') =>
  (await tx.query(`select ${of.columns('t')} from ${of.name} t order by ${order}`)).rows
