import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chainStart, linkHash, recordsHash } from '../../store/receipt-chain.ts'
import {
  decisionFields,
  decisionFormat,
  outcomeFields,
  outcomeFormat,
  type RecordRow,
  recordColumns,
  rowDigest,
} from '../../store/receipt-record.ts'
import { decisionOf, type Ledger, lead, openLedger, openLine, outcome, runOn } from './testing/ledger.ts'

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

async function decisionDigest(ledger: Ledger, id: string): Promise<string> {
  const rows = await ledger.sql<RecordRow>(
    `select ${recordColumns(decisionFields)} from decisions where decision_id = $1`,
    [id],
  )
  return rowDigest(decisionFormat, decisionFields, rows[0]!).toString('hex')
}

test('a batch makes one link: the digests of its records in order, as the rows give them again', async () => {
  await using ledger = await openLedger()
  const eventResults = await ledger.run(lead('L1'), lead('L2'), outcome('L1'))
  const found = await links(ledger)
  assert.equal(found.length, 1)
  const [answer] = await ledger.sql<RecordRow>(`select ${recordColumns(outcomeFields)} from outcomes`)
  assert.deepEqual(digestsOf(found[0]), [
    await decisionDigest(ledger, decisionOf(eventResults[0])),
    await decisionDigest(ledger, decisionOf(eventResults[1])),
    rowDigest(outcomeFormat, outcomeFields, answer!).toString('hex'),
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
    ['decisions', decisionFields, []],
    ['outcomes', outcomeFields, ['notes', 'seq']],
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
