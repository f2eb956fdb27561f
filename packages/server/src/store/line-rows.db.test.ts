import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { Decision, Interval, Note } from '@surety/contract'
import fc from 'fast-check'
import { actCounts } from './act-counts.ts'
import { actsOfCase, acts as actsTable, decidedOnFenced } from './acts.ts'
import { type Batch, emptyBatch } from './batch-rows.ts'
import { factsOf } from './case-facts.ts'
import { decisionStates } from './case-state.ts'
import { cases } from './cases.ts'
import type { Tx } from './db.ts'
import { decisions, findDecision, findDecisionById, newestScored } from './decisions.ts'
import { evaluations } from './evaluations.ts'
import { eventKeys, findKeys, findOpenings } from './event-keys.ts'
import { type EventRow, events } from './events.ts'
import { exactTime } from './exact-time.ts'
import { fences, type HeldCase, touchCase } from './fences.ts'
import { findingGroups } from './finding-groups.ts'
import { groups } from './groups.ts'
import { inbox, placesToWrite } from './inbox.ts'
import { type MessageRow, messages } from './messages.ts'
import { type OutcomeRow, outcomes, outcomesSince } from './outcomes.ts'
import { ensurePartitions } from './partitions.ts'
import {
  decisionDigest,
  decisionTexts,
  outcomeFormats,
  recordColumns,
  recordDigests,
  rowDigest,
} from './receipt-record.ts'
import { decisionRows, receiptChains, receiptHeads, receiptLinks, recordsOfTime } from './receipt-rows.ts'
import { recordStatement } from './record-batch.ts'
import { stateRows } from './state-rows.ts'
import type { Columns, Table } from './table.ts'
import { openTestDatabase } from './test-database.ts'
import { tickFolds } from './tick-folds.ts'

const tenant = 'acme'
const pod = 'customer-ops'
const question = 'another'
const at = new Date('2026-11-20T10:00:00Z')

const words = fc.string({ unit: 'grapheme', maxLength: 12 }).filter(value => !/[\0\ud800-\udfff]/u.test(value))
const share = fc.double({ min: 0, max: 1, noNaN: true }).map(value => value + 0)
const whole = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const moment = fc.integer({ min: 0, max: 86_400_000 }).map(ms => new Date(at.getTime() - ms))
const enrichment = fc.dictionary(words, fc.oneof(words, whole, fc.boolean(), fc.constant(null)), {
  maxKeys: 3,
  noNullPrototype: true,
})
const note: fc.Arbitrary<Note> = fc.record(
  { code: fc.constantFrom('no_model', 'no_score'), features: fc.array(words, { maxLength: 2 }), value: share },
  { requiredKeys: ['code'], noNullPrototype: true },
)
const calibrated: fc.Arbitrary<Omit<Interval, 'reason'>> = fc.record(
  {
    lower: maybe(share),
    upper: maybe(share),
    level: maybe(share),
    method: maybe(words),
    calibrationSize: whole,
    calibrated: maybe(share),
    calibrationScore: maybe(share),
    calibrator: maybe(whole),
    labelSet: maybe(fc.constantFrom(0, 1, 2, 3)),
    radii: maybe(fc.array(maybe(share), { maxLength: 3 })),
  },
  { noNullPrototype: true },
)
const place = fc.integer({ min: -1, max: 63 })

/** Every field of a decision with values of its own, but for what the test looks it up by. */
const decision: fc.Arbitrary<Omit<Decision, 'caseId'>> = fc
  .record(
    {
      id: fc.uuid(),
      subject: words,
      occurredAt: moment,
      schemaHash: words,
      features: fc.array(fc.oneof(share, words, fc.boolean(), fc.constant(null)), { maxLength: 4 }),
      enrichment,
      score: fc.record(
        {
          probability: maybe(share),
          modelVersion: maybe(fc.maxSafeNat()),
          modelDigest: maybe(words),
          notes: fc.array(note, { maxLength: 2 }),
        },
        { noNullPrototype: true },
      ),
      calibrated,
      policyVersion: whole,
      threshold: share,
      action: words,
      mode: fc.constantFrom('acting', 'asking', 'dry_run', 'stopped'),
      gate: fc.constantFrom('certified', 'threshold'),
      automatic: fc.boolean(),
      propensity: share,
      state: fc.constantFrom('acted', 'queued', 'suppressed', 'logged'),
      reason: fc.constantFrom('above_threshold', 'below_threshold'),
      certificate: maybe(fc.uuid()),
      audited: fc.boolean(),
      question: fc.constant(question),
      questionSubject: words,
      auditCoin: maybe(share),
      actingVersion: maybe(fc.maxSafeNat()),
      kappa: fc.record({ act: maybe(place), clear: maybe(place) }, { noNullPrototype: true }),
      predictionsDigest: maybe(words),
      findingsDigest: maybe(words),
      hung: fc.constantFrom(null, 'opened', 'joined', 'raised'),
    },
    { noNullPrototype: true },
  )
  .map(({ calibrated: interval, ...rest }) => {
    const reason = interval.method !== null ? null : rest.score.probability === null ? 'no_score' : 'no_calibration'
    return { ...rest, tenant, pod, eventId: '', recordedAt: at, interval: { ...interval, reason } } as Omit<
      Decision,
      'caseId'
    >
  })

let made = 0

test('a decision comes back through every reader as the line was given it, and its digest too', async () => {
  await using database = await openTestDatabase()
  const { db } = database
  await db.transaction([], handle => ensurePartitions(handle, at, at))
  await fc.assert(
    fc.asyncProperty(fc.array(decision, { minLength: 1, maxLength: 4 }), whole, async (given, latencyUs) => {
      const some = given.map(one => ({ ...one, caseId: `case-${++made}`, eventId: `event-${made}` }))
      const rows = some.map(one => ({ ...one, latencyUs, texts: decisionTexts(one) }))
      const keys = some.map(({ caseId, eventId, id }) => {
        const payloadHash = Buffer.from(eventId)
        return {
          tenant,
          eventId,
          caseId,
          kind: 'lead.created',
          payloadHash,
          recordedAt: at,
          decisionId: id,
          sender: 'crm',
        }
      })
      const told = some.map(({ caseId }): OutcomeRow => {
        const ids = { tenant, pod, caseId, eventId: `outcome-${caseId}`, occurredAt: at, recordedAt: at }
        const said = { outcome: 'thinking', label: null, source: 'reported', quality: 'human' }
        return { ...ids, ...said, notes: null, timeToConversion: null }
      })
      const batch: Batch = {
        ...emptyBatch,
        keys: [
          ...keys.map(key => ({ ...key, caseKinds: null })),
          ...keys.map(key => {
            const eventId = `outcome-${key.caseId}`
            return {
              ...key,
              eventId,
              kind: 'lead.outcome',
              decisionId: null,
              caseKinds: 'lead.created',
              opensHere: true,
            }
          }),
        ],
        decisions: rows,
        outcomes: told,
      }
      await db.transaction([tenant], async tx => {
        assert.equal((await tx.query(recordStatement(batch))).rowCount, 0)
        const digests = recordDigests(batch)
        const known = await findKeys(
          tx,
          some.map(() => tenant),
          some.map(one => one.eventId),
        )
        assert.deepEqual(sorted(known), sorted(keys))
        const beginning = { recordedAt: exactTime(new Date(0)), eventId: '' }
        const outcomeRows = await outcomesSince(tx, tenant, { pod, question }, beginning, { limit: 10_000, back: null })
        const vectors = await newestScored(tx, tenant, { pod, question }, 10_000)
        for (const [i, one] of some.entries()) {
          const { features, schemaHash } = one
          const learned = outcomeRows.find(row => row.caseId === one.caseId && row.decidedAt !== null)
          // What repeats another decision on its case teaches nothing.
          if (one.hung === 'joined' || one.hung === 'raised') assert.equal(learned, undefined)
          else
            assert.deepEqual(learned, {
              eventId: `outcome-${one.caseId}`,
              recordedAt: '2026-11-20 10:00:00+00',
              caseId: one.caseId,
              label: null,
              source: 'reported',
              quality: 'human',
              decidedAt: at,
              happenedAt: one.occurredAt,
              schemaHash,
              features,
            })
          const made = vectors.some(row => isDeepStrictEqual(row, { recordedAt: at, schemaHash, features }))
          if (one.score.probability !== null) assert.ok(made)
          assert.deepEqual(await findDecision(tx, tenant, pod, one.caseId, at), one)
          assert.deepEqual(await findDecisionById(tx, tenant, ['other', pod], one.id, at), one)
          const [row] = await decisionRows(tx, tenant, one.id, at)
          assert.equal(row?.['latency_us'], latencyUs)
          assert.equal(decisionDigest(row!).toString('hex'), digests[i])
          assert.deepEqual(await decisionStates(tx, tenant, [{ pod, caseId: one.caseId, decisionId: one.id }]), [
            {
              pod,
              caseId: one.caseId,
              decisionId: one.id,
              decidedAt: at,
              action: one.action,
              gate: one.gate,
              probability: one.score.probability,
              enrichment: one.enrichment,
              payload: {},
              state: one.state,
              reason: one.reason,
              moved: false,
              labelled: false,
            },
          ])
          const facts = await factsOf(tx, tenant, [{ pod, caseId: one.caseId, decisionId: one.id, recordedAt: at }])
          assert.deepEqual(facts.get(one.id), {
            subject: one.subject,
            action: one.action,
            probability: one.score.probability,
            interval: one.interval,
            automatic: one.automatic,
            decided: { state: one.state, reason: one.reason },
            state: one.state,
            reason: one.reason,
            enrichment: one.enrichment,
            payload: {},
          })
        }
      })
    }),
    { numRuns: 30 },
  )
})

const sorted = <T extends { readonly eventId: string }>(rows: readonly T[]): readonly T[] =>
  [...rows].sort((a, b) => (a.eventId < b.eventId ? -1 : 1))

test('all else that the line writes comes back as it was given', async () => {
  await using database = await openTestDatabase()
  const { db } = database
  await db.transaction([], handle => ensurePartitions(handle, at, at))
  const ids = { tenant, pod, caseId: 'one', recordedAt: at }
  const later = new Date(at.getTime() + 60_000)
  const decisionId = '0190a0a0-0000-7000-8000-000000000001'
  const event: EventRow = {
    ...ids,
    eventId: 'opens',
    kind: 'lead.created',
    occurredAt: new Date('2026-11-19T23:59:59.999Z'),
    payload: '{"details":"ein Dach"}',
    pii: '{"email":1}',
    sealed: Buffer.from([0, 255, 1]),
    search: `'dach':1`,
    versions: '{"person:P7":3}',
    referenceChange: 7,
  }
  const outcome: OutcomeRow = {
    ...ids,
    eventId: 'answers',
    outcome: 'booked',
    question: 'failing',
    label: 1,
    source: 'reported',
    quality: 'audit',
    notes: 'well',
    timeToConversion: 3.25,
    occurredAt: at,
    by: { key: 'crm', bulk: null, perMinute: 60, openedHere: 'crm', counts: 1 },
  }
  const message: MessageRow = {
    ...ids,
    eventId: 'says',
    role: 'user',
    text: 'hello',
    pii: null,
    channel: 'email',
    ts: later,
    search: null,
  }
  const key = { ...ids, payloadHash: Buffer.alloc(4), caseKinds: null }
  const act = { ...ids, eventId: 'opens', decisionId, action: 'start_followup', step: 2, token: 3, notBefore: later }
  const { step: _step, token: _token, notBefore: _notBefore, ...ofDecision } = act
  const asked = {
    ...ofDecision,
    urgency: 2,
    dueAt: later,
    expiresAt: new Date(later.getTime() + 1),
    unlocks: true,
    probability: 0.125,
    reason: 'mode_asking',
    audit: true,
    blinded: true,
    draw: 0.25,
    others: [{ decisionId, recordedAt: at.toISOString(), action: 'x', probability: null, reason: 'no_score' }],
  }
  const touch = { tenant, caseId: 'one', reason: 'message_user', at, times: 2 }
  const place = { tenant, pod, question, action: 'start_followup', hour: at, cap: 3 }
  const batch: Batch = {
    ...emptyBatch,
    keys: [
      { ...key, eventId: 'opens', kind: 'lead.created', decisionId, sender: 'crm' },
      { ...key, eventId: 'answers', kind: 'lead.outcome', decisionId: null },
      { ...key, eventId: 'says', kind: 'message.received', decisionId: null },
    ],
    events: [event],
    outcomes: [outcome],
    messages: [message],
    acts: [act],
    inbox: [asked],
    touches: [touch],
    places: ['opens', 'says', 'answers'].map(eventId => ({ ...place, eventId })),
  }
  await db.transaction([tenant], async tx => {
    assert.equal((await tx.query(recordStatement(batch))).rowCount, 0)
    const { payload, pii, versions, ...plain } = event
    const parsed = { payload: JSON.parse(payload), pii: JSON.parse(pii!), versions: JSON.parse(versions!) }
    assert.deepEqual(await all(tx, events), [{ ...plain, ...parsed }])
    const { by: _by, ...said } = outcome
    assert.deepEqual(await all(tx, outcomes), [{ ...said, seq: 0, versions: null, sender: 'crm', bulk: 'own_case' }])
    assert.deepEqual(await all(tx, messages), [message])
    const { eventId: _ofAct, ...decided } = act
    assert.deepEqual(await all(tx, decidedOnFenced), [decided])
    const { eventId: _ofQuestion, ...question } = asked
    assert.deepEqual(await all(tx, placesToWrite([asked])), [question])
    const { times: token, ...touched } = touch
    assert.deepEqual(await all(tx, fences), [{ ...touched, token, silenceToken: null }])
    const { cap: acts, ...counted } = place
    assert.deepEqual(await all(tx, actCounts), [{ ...counted, acts }])
    assert.deepEqual(await findOpenings(tx, [tenant, tenant], ['one', 'two']), [
      { tenant, caseId: 'one', eventId: 'opens' },
    ])
    const waits = { automatic: true, state: 'pending', notBefore: later, recordedAt: at, endedAt: null, reason: null }
    assert.deepEqual(await actsOfCase(tx, tenant, 'one', at), [{ decisionId, action: act.action, ...waits }])
    const [row] = (await tx.query<Record<string, string>>(`select ${recordColumns(outcomeFormats[2])} from outcomes`))
      .rows
    const outcomeDigest = recordDigests(batch)[1]
    assert.equal(rowDigest(outcomeFormats[2], row!).toString('hex'), outcomeDigest)
    const records = await recordsOfTime(tx, tenant, [pod], at, later)
    assert.deepEqual(
      records.map(one => [one.kind, one.id, one.digest.toString('hex')]),
      [['outcome', 'answers', outcomeDigest]],
    )
    // The line touched the case twice, so this is the third time.
    const held = await touchCase(tx, tenant, 'one', 'claimed', later)
    assert.deepEqual({ ...held }, { tenant, caseId: 'one', token: 3, reason: 'claimed' })
  })
})

const all = async (tx: Tx, of: Table<Columns>) => (await tx.query(`select ${of.columns('t')} from ${of.name} t`)).rows

test('a column that the database has is in the one list of its table', async () => {
  await using database = await openTestDatabase()
  const lists = [eventKeys, events, outcomes, messages, actsTable, actCounts, fences, receiptChains, receiptHeads]
  const left = [evaluations, findingGroups, cases, tickFolds, groups, stateRows]
  const partly: readonly [Table<Columns>, readonly string[]][] = [
    // Nothing is erased as it is written.
    [decisions, ['erased_digest']],
    [receiptLinks, ['tenant_id']],
    [inbox, ['tenant_id', 'notes', 'quality']],
  ]
  const expected: readonly [Table<Columns>, readonly string[]][] = [
    ...[...lists, ...left].map((list): [Table<Columns>, readonly string[]] => [list, []]),
    ...partly,
  ]
  for (const [list, apart] of expected) {
    const { rows } = await database.db.read([], reader =>
      reader.query<{ name: string }>(
        `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
        [list.name],
      ),
    )
    const named = [...Object.values(list.of).map(column => column.name), ...apart]
    assert.deepEqual(named.sort(), rows.map(row => row.name).sort(), list.name)
  }
})

test('what a fence gives cannot be made by hand', () => {
  const made = { tenant, caseId: 'one', token: 1, reason: 'claimed' }
  // @ts-expect-error the compiler asks for a fence that is held
  const held: HeldCase = made
  assert.equal(held, made)
})
