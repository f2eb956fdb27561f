import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { chainStart, linkHash, recordsHash } from '../../store/receipt-chain.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { signHeads } from './head.ts'
import { readHeadsFile } from './saved-heads.ts'
import { headsOfTenant } from './testing/heads.ts'
import { at, type Ledger, lead, ledgerOn, openLedger, outcome, testKey } from './testing/ledger.ts'
import { type LedgerReport, verifyLedger } from './verify-ledger.ts'
import { verifyTails } from './verify-tails.ts'

const original = await openTestDatabase()
after(() => original[Symbol.asyncDispose]())
const key = testKey()
const falsified = ['decisions', 'outcomes', 'receipt_links', 'receipt_heads', 'receipt_chains']
const saved = await writeOriginal()

/** Six links of three records, signed after the third and after the sixth; heads saved outside at the end. */
async function writeOriginal(): Promise<string> {
  await using ledger = await ledgerOn(original, 1, key)
  for (let i = 1; i <= 6; i++) {
    await ledger.run(lead(`L${i}a`), lead(`L${i}b`), outcome(`L${i}a`))
    if (i === 3) await signHeads(ledger.database.db, ledger.key, 'acme', null, at)
  }
  const heads = await headsOfTenant(ledger, 'acme')
  await ledger.sql('create schema written')
  for (const name of falsified) await ledger.sql(`create table written.${name} as select * from ${name}`)
  return heads
}

/** The one ledger for each test to falsify; when it is closed every row is again as it was written. */
async function written(): Promise<Ledger> {
  const ledger = await ledgerOn(original, 1, key)
  return {
    ...ledger,
    async [Symbol.asyncDispose]() {
      for (const name of falsified)
        await ledger.sql(`delete from ${name}; insert into ${name} select * from written.${name}`)
      await ledger[Symbol.asyncDispose]()
    },
  }
}

const check = (ledger: Ledger, saved?: string): Promise<LedgerReport> =>
  verifyLedger(ledger.database.db, 'acme', {
    keys: new Set([ledger.key.publicKey.toString('base64')]),
    ...(saved === undefined ? {} : { saved: readHeadsFile(saved) }),
  })

test('a ledger that nobody touched holds, with and without saved heads', async () => {
  await using ledger = await written()
  const expected = {
    tenant: 'acme',
    ok: true,
    chains: 1,
    links: 6,
    records: 18,
    erased: 0,
    expired: 0,
    before: 0,
    unsigned: 0,
  }
  assert.deepEqual(await check(ledger), { ...expected, problems: [], problemCount: 0 })
  assert.deepEqual(await check(ledger, saved), { ...expected, problems: [], problemCount: 0 })
})

interface Chain {
  seq: string
  recorded_at: Date
  digests: Buffer
  chain_id: string
}

/** Writes previous and hash of every link anew from the digests that are there, and the state of the chain. */
async function rehash(ledger: Ledger): Promise<void> {
  const links = await ledger.sql<Chain>('select seq, recorded_at, digests, chain_id from receipt_links order by seq')
  const chainId = links[0]!.chain_id
  let previous = chainStart('acme', chainId)
  for (const [i, { seq, recorded_at, digests }] of links.entries()) {
    const hash = linkHash(previous, { seq: i + 1, recordedAt: recorded_at, records: recordsHash(digests) })
    await ledger.sql('update receipt_links set previous = $2, hash = $3, seq = $4 where seq = $1', [
      seq,
      previous,
      hash,
      i + 1,
    ])
    previous = hash
  }
  await ledger.sql('update receipt_chains set length = $1, hash = $2', [links.length, previous])
}

/** The attacker's own digest of a row that was changed: what a program of ours computes. */
async function putDigest(ledger: Ledger, seq: number, place: number, digest: Buffer): Promise<void> {
  await ledger.sql(`update receipt_links set digests = overlay(digests placing $3 from $2 for 32) where seq = $1`, [
    seq,
    place * 32 + 1,
    digest,
  ])
}

const swap = `update receipt_links set digests = substr(digests, 33, 32) || substr(digests, 1, 32) || substr(digests, 65) where seq = 4`

const cases: readonly { title: string; spoil: (ledger: Ledger) => Promise<unknown>; says: RegExp; heads?: true }[] = [
  {
    title: 'an edited decision',
    spoil: ledger => ledger.sql(`update decisions set state = 'acted' where case_id = 'L2b'`),
    says: /decision [0-9a-f-]{36}, recorded at .* is in no link/,
  },
  {
    title: 'an edit of what only looks the same: the json text of the features',
    spoil: ledger => ledger.sql(`update decisions set features = (features::text || ' ')::json where case_id = 'L2b'`),
    says: /record 2 of link 2, .*\(changed or deleted\)/,
  },
  {
    title: 'the text null where nothing was',
    spoil: ledger => ledger.sql(`update decisions set residual_radii = 'null' where case_id = 'L2b'`),
    says: /record 2 of link 2, .*\(changed or deleted\)/,
  },
  {
    title: 'an edited outcome',
    spoil: ledger => ledger.sql(`update outcomes set label = 0 where case_id = 'L5a'`),
    says: /outcome L5a-outcome \(event id\), .* is in no link/,
  },
  {
    title: 'an edited link',
    spoil: ledger => ledger.sql(`update receipt_links set recorded_at = recorded_at + interval '1 ms' where seq = 3`),
    says: /link 3 was changed/,
  },
  {
    title: 'a link deleted in the middle',
    spoil: ledger => ledger.sql(`delete from receipt_links where seq = 3`),
    says: /link 3 is missing/,
  },
  {
    title: 'a record deleted in the middle',
    spoil: ledger => ledger.sql(`delete from decisions where case_id = 'L3b'`),
    says: /record 2 of link 3, .*\(changed or deleted\)/,
  },
  {
    title: 'a record deleted with its link, and every later link hashed anew',
    async spoil(ledger) {
      await ledger.sql(`delete from decisions where case_id in ('L2a', 'L2b')`)
      await ledger.sql(`delete from outcomes where case_id = 'L2a'`)
      await ledger.sql(`delete from receipt_links where seq = 2`)
      await rehash(ledger)
    },
    says: /link 3 is not the one that was signed/,
  },
  {
    title: 'the tail deleted, links and state of the chain put back in order',
    async spoil(ledger) {
      await ledger.sql(`delete from decisions where case_id like 'L6%'`)
      await ledger.sql(`delete from outcomes where case_id like 'L6%'`)
      await ledger.sql(`delete from receipt_links where seq = 6`)
      await ledger.sql(`update receipt_chains set length = 5, hash = (select hash from receipt_links where seq = 5)`)
    },
    says: /it had 6 links when it was signed at .* and has 5; the tail is missing/,
  },
  {
    title: 'the tail deleted with the heads that cover it, against a saved head',
    async spoil(ledger) {
      await ledger.sql(`delete from decisions where case_id like 'L6%'`)
      await ledger.sql(`delete from outcomes where case_id like 'L6%'`)
      await ledger.sql(`delete from receipt_links where seq = 6`)
      await ledger.sql(`delete from receipt_heads where length = 6`)
      await ledger.sql(`update receipt_chains set length = 5, hash = (select hash from receipt_links where seq = 5)`)
    },
    says: /it had 6 links when it was signed at .* and has 5; the tail is missing/,
    heads: true,
  },
  {
    title: 'the state of the chain, which the next link would follow',
    spoil: ledger => ledger.sql(`update receipt_chains set hash = sha256(hash)`),
    says: /its state is not the hash of its last link/,
  },
  {
    title: 'a forged head beyond the end of the chain',
    spoil: ledger =>
      ledger.sql(`insert into receipt_heads (tenant_id, chain_id, length, hash, signed_at, key_id, public_key, signature)
        select tenant_id, chain_id, 9, sha256(hash), signed_at, key_id, public_key, signature from receipt_heads where length = 6`),
    says: /a head beyond its end was not signed by its key/,
  },
  {
    title: 'a head that names another key than the one that signed it',
    spoil: ledger => ledger.sql(`update receipt_heads set key_id = '0123456789abcdef' where length = 6`),
    says: /the signature of the head at link 6 does not hold/,
  },
  ...['record_format = 1', 'record_format = 3', `question = 'other'`, 'audit_coin = 0.5', 'kappa_act = 3'].map(
    change => ({
      title: `a decision whose row says ${change}`,
      spoil: (ledger: Ledger) => ledger.sql(`update decisions set ${change} where case_id = 'L3b'`),
      says: /decision .* is in no link/,
    }),
  ),
  {
    title: 'two links in another order',
    spoil: ledger => ledger.sql(`update receipt_links set seq = 9 - seq where seq in (4, 5)`),
    says: /link 4 does not follow the one before/,
  },
  {
    title: 'two digests of a link in another order',
    spoil: ledger => ledger.sql(swap),
    says: /link 4 was changed/,
  },
  {
    title: 'two digests of a link in another order, and every later link hashed anew',
    spoil: async ledger => {
      await ledger.sql(swap)
      await rehash(ledger)
    },
    says: /link 6 is not the one that was signed/,
  },
  {
    title: 'an inserted decision',
    spoil: ledger =>
      ledger.sql(`create temp table more on commit drop as select * from decisions where case_id = 'L3b';
        update more set decision_id = '01a1fe21-41d7-7000-8ce7-e9ab588375a2', case_id = 'never';
        insert into decisions select * from more`),
    says: /decision 01a1fe21-41d7-7000-8ce7-e9ab588375a2, .* is in no link/,
  },
  {
    title: 'a decision inserted a second time as it is',
    spoil: ledger => ledger.sql(`insert into decisions select * from decisions where case_id = 'L3b'`),
    says: /is stored twice/,
  },
  {
    title: 'an inserted link',
    spoil: ledger =>
      ledger.sql(
        `insert into receipt_links select tenant_id, chain_id, 7, recorded_at, hash, digests, hash from receipt_links where seq = 6`,
      ),
    says: /link 7 was changed/,
  },
  {
    title: 'links of a chain that does not exist',
    spoil: ledger => ledger.sql(`delete from receipt_chains`),
    says: /links or heads of it and no chain/,
  },
  {
    title: 'the whole ledger gone, against a saved head',
    async spoil(ledger) {
      for (const table of falsified) await ledger.sql(`delete from ${table}`)
    },
    says: /the whole chain is missing/,
    heads: true,
  },
  {
    title: 'the whole chain written anew with new hashes and without heads, against a saved head',
    async spoil(ledger) {
      await ledger.sql(`delete from receipt_heads`)
      await ledger.sql(`delete from decisions where case_id = 'L2b'`)
      await ledger.sql(`update receipt_links set digests = substr(digests, 1, 32) || substr(digests, 65) where seq = 2`)
      await rehash(ledger)
    },
    says: /link 6 is not the one whose head was saved/,
    heads: true,
  },
  {
    title: 'the whole chain written anew and signed anew by somebody who has the key, against a saved head',
    async spoil(ledger) {
      await ledger.sql(`delete from receipt_heads`)
      await putDigest(ledger, 2, 1, createHash('sha256').update('forged').digest())
      await rehash(ledger)
      await signHeads(ledger.database.db, ledger.key, 'acme', null, at)
    },
    says: /link 6 is not the one whose head was saved/,
    heads: true,
  },
  {
    title: 'the whole chain written anew and signed with a key of the forger',
    async spoil(ledger) {
      await ledger.sql(`delete from receipt_heads`)
      await putDigest(ledger, 2, 1, createHash('sha256').update('forged').digest())
      await rehash(ledger)
      await signHeads(ledger.database.db, testKey(), 'acme', null, at)
    },
    says: /signed with key [0-9a-f]{16}, which is not one of this installation/,
  },
  {
    title: 'a head whose signature is not of its key',
    spoil: ledger =>
      ledger.sql(`update receipt_heads set signature = overlay(signature placing '\\x0000' from 1) where length = 3`),
    says: /the signature of the head at link 3 does not hold/,
  },
]

for (const { title, spoil, says, heads } of cases)
  test(`found: ${title}`, async () => {
    await using ledger = await written()
    await spoil(ledger)
    const report = await check(ledger, heads ? saved : undefined)
    assert.equal(report.ok, false)
    assert.ok(
      report.problems.some(problem => says.test(problem)),
      report.problems.join('\n'),
    )
  })

test('a month that retention dropped is counted apart, and what is left still holds', async () => {
  await using ledger = await openLedger(1, { copyOf: original, key })
  for (const table of ['decisions', 'outcomes']) await ledger.sql(`drop table ${table}_2026_11`)
  const report = await check(ledger, saved)
  assert.deepEqual([report.ok, report.records, report.expired, report.links], [true, 0, 18, 6])
})

test('records of another tenant are neither seen nor missed', async () => {
  await using ledger = await written()
  await ledger.run(lead('Z1', { tenant: 'zenith' }))
  assert.equal((await check(ledger)).records, 18)
  assert.equal((await verifyLedger(ledger.database.db, 'zenith')).records, 1)
})

test('records from before receipts were kept are counted and not called false', async () => {
  await using ledger = await written()
  await ledger.sql(`create temp table more on commit drop as select * from decisions where case_id = 'L1a';
    update more set decision_id = gen_random_uuid(), recorded_at = recorded_at - interval '3 hours';
    insert into decisions select * from more`)
  const report = await check(ledger)
  assert.deepEqual([report.ok, report.before, report.records], [true, 1, 18])
})

test('a record from just before the first link is before it, and not false', async () => {
  await using ledger = await written()
  await ledger.sql(`create temp table more on commit drop as select * from decisions where case_id = 'L1a';
    update more set decision_id = gen_random_uuid(), recorded_at = recorded_at - interval '30 minutes';
    insert into decisions select * from more`)
  const report = await check(ledger)
  assert.deepEqual([report.problems, report.before, report.records], [[], 1, 18])
})

test('a file of heads with one that its key did not sign is refused', () => {
  const file = JSON.parse(saved) as { heads: { length: number }[] }
  for (const change of [{ length: 99 }, { hash: '00'.repeat(32) }, { tenant: 'other' }]) {
    const heads = [{ ...file.heads[0], ...change }]
    assert.throws(() => readHeadsFile(JSON.stringify({ ...file, heads })), /was not signed by the key it names/)
  }
})

test('an outcome whose notes went by retention still has its digest', async () => {
  await using ledger = await written()
  await ledger.sql(`update outcomes set notes = 'she said so'`)
  assert.equal((await check(ledger)).ok, true)
})

for (const [what, statement, found] of [
  ['nothing is changed', 'select 1', []],
  ['a link before the end is deleted', 'delete from receipt_links where seq = 2', []],
  ['the link that the end follows is deleted', 'delete from receipt_links where seq = 4', [/link 4 is missing/]],
  [
    'a link of the end is changed',
    `update receipt_links set digests = sha256('x') where seq = 5`,
    [/link 5 was changed/],
  ],
  ['a link of the end is deleted', 'delete from receipt_links where seq = 5', [/link 5 is missing/]],
  [
    'the end is cut off',
    'delete from receipt_links where seq > 3',
    [/link 4 is missing/, /the tail is missing/, /the tail is missing/],
  ],
] as const)
  test(`the end of a chain alone, after ${what}`, async () => {
    await using ledger = await written()
    await ledger.sql(statement)
    const keys = new Set([ledger.key.publicKey.toString('base64')])
    const report = await verifyTails(ledger.database.db, 'acme', { chains: 3, links: 2, keys })
    assert.equal(report.problemCount, found.length, report.problems.join())
    found.forEach((sentence, i) => {
      assert.match(report.problems[i]!, sentence)
    })
  })
