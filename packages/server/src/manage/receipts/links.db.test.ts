import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { randomIds } from '../../pipeline/ids.ts'
import { type Batch, emptyBatch } from '../../store/batch-rows.ts'
import type { DecisionRow } from '../../store/decisions.ts'
import type { KeyRow } from '../../store/event-keys.ts'
import type { OutcomeRow } from '../../store/outcomes.ts'
import { chainStart, linkHash, recordsHash } from '../../store/receipt-chain.ts'
import {
  decisionColumns,
  decisionDigest,
  decisionFormats,
  decisionTexts,
  newestFormat,
  outcomeFormats,
  type RecordRow,
  recordColumns,
  recordDigests,
  rowDigest,
} from '../../store/receipt-record.ts'
import { openWriter } from '../../store/writer.ts'
import { issueReceipt } from './issue.ts'
import { at, decisionOf, type Ledger, lead, openLedger, openLine, outcome, runOn } from './testing/ledger.ts'
import { verifyLedger } from './verify-ledger.ts'

interface Link {
  chain_id: string
  seq: number
  tenant_id: string
  recorded_at: Date
  previous: Buffer
  digests: Buffer
  hash: Buffer
}

const links = async (ledger: Ledger): Promise<Link[]> =>
  (await ledger.sql<Link>('select * from receipt_links order by tenant_id, chain_id, seq')).map(link => ({
    ...link,
    seq: Number(link.seq),
  }))
const digestsOf = (link: Link | undefined): string[] => link?.digests.toString('hex').match(/.{64}/g) ?? []

async function storedDigest(ledger: Ledger, id: string): Promise<string> {
  const rows = await ledger.sql<RecordRow>(`select ${decisionColumns} from decisions where decision_id = $1`, [id])
  return decisionDigest(rows[0]!).toString('hex')
}

test('a batch makes one link: the digests of its records in order, as the rows give them again', async () => {
  await using ledger = await openLedger()
  const eventResults = await ledger.run(lead('L1'), lead('L2'), outcome('L1'))
  const found = await links(ledger)
  assert.equal(found.length, 1)
  const [answer] = await ledger.sql<RecordRow>(`select ${recordColumns(outcomeFormats[1])} from outcomes`)
  assert.deepEqual(digestsOf(found[0]), [
    await storedDigest(ledger, decisionOf(eventResults[0])),
    await storedDigest(ledger, decisionOf(eventResults[1])),
    rowDigest(outcomeFormats[1], answer!).toString('hex'),
  ])
})

test('links follow each other, and the database hashes as we do', async () => {
  await using ledger = await openLedger()
  for (const id of ['L1', 'L2', 'L3']) await ledger.run(lead(id))
  const found = await links(ledger)
  assert.deepEqual(
    found.map(link => link.seq),
    [1, 2, 3],
  )
  let previous = chainStart('acme', found[0]!.chain_id)
  for (const link of found) {
    assert.deepEqual(link.previous, previous)
    previous = linkHash(previous, {
      seq: link.seq,
      recordedAt: link.recorded_at,
      records: recordsHash(link.digests),
    })
    assert.deepEqual(link.hash, previous)
  }
  const [chain] = await ledger.sql(`select length::int, hash from receipt_chains`)
  assert.deepEqual(chain, { length: 3, hash: previous })
})

test('repeated and refused events are in no link, and a batch of only them makes none', async () => {
  await using ledger = await openLedger()
  await ledger.run(lead('L1'))
  await ledger.run(lead('L1'), outcome('nobody'))
  assert.equal((await links(ledger)).length, 1)
  await ledger.run(lead('L1'), lead('L2'), outcome('nobody'))
  const found = await links(ledger)
  assert.equal(found.length, 2)
  assert.equal(digestsOf(found[1]).length, 1)
})

test('a batch with neither decision nor outcome makes no link', async () => {
  await using ledger = await openLedger()
  await ledger.run(lead('L1'))
  await ledger.run({ tenant: 'acme', kind: 'message.received', data: { lead_id: 'L1', role: 'user', text: 'hello' } })
  assert.equal((await links(ledger)).length, 1)
})

test('two tenants in one batch have a link each, in chains of their own', async () => {
  await using ledger = await openLedger()
  await ledger.run(lead('L1'), lead('L1', { tenant: 'zenith' }), lead('L2'))
  await ledger.run(lead('L3', { tenant: 'zenith' }))
  const found = await links(ledger)
  assert.deepEqual(
    found.map(link => [link.tenant_id, link.seq, digestsOf(link).length]),
    [
      ['acme', 1, 2],
      ['zenith', 1, 1],
      ['zenith', 2, 1],
    ],
  )
  assert.deepEqual(found[1]!.previous, chainStart('zenith', found[1]!.chain_id))
})

test('two connections and two processes add to chains of their own, and no record is lost or twice', async () => {
  await using ledger = await openLedger(2)
  await using second = await openLine(ledger.database, { connections: 2 })
  const batches = Array.from({ length: 24 }, (_, i) =>
    runOn(i % 2 === 0 ? ledger.core : second, [lead(`L${i}a`), lead(`L${i}b`)]),
  )
  await Promise.all(batches)
  const found = await links(ledger)
  assert.equal(new Set(found.map(link => link.chain_id)).size, 4)
  const digests = found.flatMap(digestsOf)
  assert.equal(digests.length, 48)
  assert.equal(new Set(digests).size, 48)
})

test('an event of several decisions and an outcome has all their digests together, in this order', async () => {
  await using ledger = await openLedger()
  const [made] = await ledger.run(lead('L1'))
  assert.ok(made !== undefined && made.status !== 'rejected' && made.decision !== null)
  const { decision } = made
  const ids = randomIds()
  const decided = (eventId: string, question: string): DecisionRow => {
    const one = { ...decision, id: ids.uuid(at), caseId: eventId, eventId, recordedAt: at, question }
    return { ...one, latencyUs: 1, texts: decisionTexts(one) }
  }
  const told = (eventId: string): OutcomeRow => {
    const said = { outcome: 'booked', label: 1 as const, source: 'reported', quality: 'human', notes: null }
    const { tenant, pod } = decision
    return { tenant, pod, caseId: 'E3', eventId, ...said, timeToConversion: null, occurredAt: at, recordedAt: at }
  }
  const keyOf = (eventId: string, decisionId: string | null): KeyRow => {
    const payloadHash = Buffer.from(eventId)
    const { tenant } = decision
    return { tenant, eventId, caseId: eventId, kind: 'any', payloadHash, recordedAt: at, decisionId, caseKinds: null }
  }
  const decisions = [decided('E1', 'main'), decided('E1', 'other'), decided('E3', 'main'), decided('L1', 'other')]
  const outcomes = [told('E3'), told('E4')]
  const keys = [keyOf('E1', decisions[0]!.id), ...['E2', 'E3', 'E4', 'L1'].map(eventId => keyOf(eventId, null))]
  const batch: Batch = { ...emptyBatch, keys, decisions, outcomes }
  const [ofFirst, none, ofThird, ofFourth] = recordDigests(batch)
  assert.deepEqual([ofFirst?.length, none, ofThird?.length, ofFourth?.length], [128, null, 128, 64])
  {
    await using writer = await openWriter(ledger.database.db, { connections: 1, newChain: randomUUID })
    assert.deepEqual([...(await writer.write(batch))], ['acme\nL1'], 'what was known before is not written')
  }
  const found = await links(ledger)
  const link = found.find(({ digests }) => digests.length === 5 * 32)
  const stored = await Promise.all(decisions.slice(0, 3).map(({ id }) => storedDigest(ledger, id)))
  assert.deepEqual(digestsOf(link).slice(0, 3), stored)
  assert.equal(digestsOf(link).join(''), `${ofFirst}${ofThird}${ofFourth}`)
  const { db } = ledger.database
  const report = await verifyLedger(db, 'acme')
  assert.deepEqual([report.problems, report.records, report.links], [[], 6, 2])
  const receipt = await issueReceipt({ db, key: ledger.key, now: () => at }, 'acme', decisions[1]!.id)
  assert.equal(receipt['digest'], stored[1])
  await ledger.sql(`delete from decisions where question = 'other'`)
  assert.match(
    (await verifyLedger(db, 'acme')).problems.join(),
    /record 2 of link 1, .* is not there as it was written/,
  )
})

test('rows that do not lie in the order of their keys are no batch', () => {
  const outcome = { tenant: 'acme', eventId: 'E1' } as OutcomeRow
  assert.throws(() => recordDigests({ ...emptyBatch, outcomes: [outcome] }), /in the order of its keys/)
})

test('a line without receipts records the same and links nothing', async () => {
  await using ledger = await openLedger()
  await using without = await openLine(ledger.database, { receipts: false })
  await runOn(without, [lead('L1'), outcome('L1')])
  assert.equal((await ledger.sql('select from decisions')).length, 1)
  assert.equal((await links(ledger)).length, 0)
  assert.equal(without.receipts.takeGrown().size, 0)
})

test('every column of a decision and of an outcome is in its digest, but for what retention takes and what came later than the format', async () => {
  await using ledger = await openLedger()
  for (const [table, fields, left] of [
    ['decisions', decisionFormats[newestFormat].fields, ['erased_digest', 'hung', 'record_format']],
    // Whether it counts as given in bulk is found by the statement that writes it, after its digest was made.
    ['outcomes', outcomeFormats[2].fields, ['bulk', 'notes', 'sender', 'seq', 'versions']],
  ] as const) {
    const rows = await ledger.sql<{ name: string }>(
      `select column_name as name from information_schema.columns where table_schema = 'surety' and table_name = $1`,
      [table],
    )
    assert.deepEqual(
      rows.map(row => row.name).sort(),
      [...fields.map(([name]) => name), ...left].sort(),
      `a new column of ${table} is in no digest, which is said here, or the digest gets a new format number`,
    )
  }
})
