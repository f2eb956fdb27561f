import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Json, JsonObject } from '@surety/contract'
import type { Signer } from '../../model/signer.ts'
import { decisionFormats, type RecordFormat } from '../../store/receipt-record.ts'
import { signHeads } from './head.ts'
import { issueReceipt, NoReceipt } from './issue.ts'
import { headsOfTenant } from './testing/heads.ts'
import { at, decisionOf, type Ledger, lead, openLedger, outcome, testKey } from './testing/ledger.ts'

const script = fileURLToPath(new URL('../../../../../bin/verify-receipt.mjs', import.meta.url))
interface Verifier {
  verifyReceipt(receipt: Json, trusted?: { keys?: readonly string[]; heads?: Json }): readonly string[]
}
const { verifyReceipt } = (await import(script)) as Verifier
const folder = await mkdtemp(join(tmpdir(), 'surety-receipts-'))
after(() => rm(folder, { recursive: true, force: true }))

let ledger: Ledger
let id: string
let early: Json
before(async () => {
  ledger = await openLedger()
  await ledger.run(lead('L0'))
  early = JSON.parse(await headsOfTenant(ledger, 'acme'))
  const eventResults = await ledger.run(lead('L1'), lead('L2'), outcome('L1'))
  id = decisionOf(eventResults[1])
  for (const other of ['L3', 'L4']) await ledger.run(lead(other))
  await signHeads(ledger.database.db, ledger.key, 'acme', null, at)
  for (const other of ['L5', 'L6']) await ledger.run(lead(other))
})
after(() => ledger[Symbol.asyncDispose]())

const issue = (decision = id, tenant = 'acme', key: Signer = ledger.key): Promise<JsonObject> =>
  issueReceipt({ db: ledger.database.db, key, now: () => at }, tenant, decision)
const keyText = (key: Signer): string => key.publicKey.toString('base64')

function run(...args: readonly string[]): { status: number | null; out: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  return { status, out: stdout + stderr }
}
async function write(name: string, value: Json | string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value, null, 2))
  return path
}

test('a receipt leads from the record to the first signed head, and holds by itself', async () => {
  const receipt = await issue()
  assert.equal((receipt['following'] as Json[]).length, 2)
  assert.match(verifyReceipt(receipt).at(-1) ?? '', /ONLY/)
  assert.match(verifyReceipt(receipt, { keys: [keyText(ledger.key)] }).at(-1) ?? '', /one that you gave/)
})

test('the program of one file says each step, and its exit code says whether the receipt holds', async () => {
  const file = await write('receipt.json', await issue())
  const key = await write('key.txt', `${keyText(ledger.key)}\n`)
  const other = await write('other.txt', keyText(testKey()))
  const good = run(file, '--key', key)
  assert.equal(good.status, 0, good.out)
  assert.match(
    good.out,
    /ok {3}record: .*\nok {3}link: .*\nok {3}path: 2 .*\nok {3}head: .*\nok {3}information: .*\nok {3}key: .*\nThe receipt holds\.\n$/,
  )
  const foreign = run(file, '--key', other)
  assert.equal(foreign.status, 1)
  assert.match(foreign.out, /not with a key that you gave\nThe receipt does NOT hold/)
  assert.equal(run().status, 2)
  assert.equal(run(file, '--nonsense').status, 2)
  assert.equal(run(join(folder, 'none.json')).status, 2)
  assert.equal(run(await write('text.json', 'not json')).status, 1)
})

test('a link that is newer than every head is signed as its receipt is made', async () => {
  const [eventResult] = await ledger.run(lead('L7'))
  const receipt = await issue(decisionOf(eventResult))
  assert.deepEqual(receipt['following'], [])
  assert.ok(verifyReceipt(receipt).length > 0)
})

/** Every leaf of a value with how to put another in its place. */
function* leaves(value: Json, put: (changed: Json) => Json, path = ''): Generator<{ path: string; changed: Json }> {
  if (Array.isArray(value)) {
    for (const [i, one] of value.entries())
      yield* leaves(one, changed => put(value.toSpliced(i, 1, changed)), `${path}[${i}]`)
    for (const i of value.keys()) yield { path: `${path}[${i}] gone`, changed: put(value.toSpliced(i, 1)) }
    if (value.length > 1) yield { path: `${path} reversed`, changed: put(value.toReversed()) }
    yield { path: `${path} longer`, changed: put([...value, value[0] ?? 'more']) }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value as JsonObject)) {
      yield* leaves(one, changed => put({ ...(value as JsonObject), [name]: changed }), `${path}.${name}`)
      const { [name]: _, ...rest } = value as JsonObject
      yield { path: `${path}.${name} gone`, changed: put(rest) }
    }
    yield { path: `${path} with more`, changed: put({ ...(value as JsonObject), more: 1 }) }
  } else for (const other of others(value)) yield { path: `${path} = ${JSON.stringify(other)}`, changed: put(other) }
}

/** Other values of a leaf: each character flipped, another type, nothing. */
function others(value: string | number | boolean | null): readonly Json[] {
  const types: Json[] = [null, true, false, 0, 1, 1.5, '', 'x', [], {}]
  const near: Json[] =
    typeof value === 'string'
      ? [
          ...Array.from(value, (char, i) => value.slice(0, i) + (char === '0' ? '1' : '0') + value.slice(i + 1)),
          ...Array.from(value, (_, i) => value.slice(0, i) + value.slice(i + 1)),
          value.toUpperCase(),
          `${value} `,
          ` ${value}`,
        ]
      : typeof value === 'number'
        ? [value + 1, -value, String(value)]
        : [String(value)]
  return [...types, ...near].filter(other => JSON.stringify(other) !== JSON.stringify(value))
}

test('whatever is changed in a receipt, one thing at a time, it does not hold any more', async () => {
  const receipt = await issue()
  const trusted = { keys: [keyText(ledger.key)] }
  verifyReceipt(receipt, trusted)
  let tried = 0
  const held: string[] = []
  for (const { path, changed } of leaves(receipt, value => value)) {
    tried++
    try {
      verifyReceipt(changed, trusted)
      held.push(path)
    } catch (error) {
      assert.ok(error instanceof Error && error.constructor === Error, `${path}: ${String(error)}`)
    }
  }
  assert.deepEqual(held, [])
  assert.ok(tried > 3_000, `${tried} changes were tried`)
})

test('a forger with a key of his own can make a receipt, and whoever knows ours sees it', async () => {
  const forger = testKey()
  await ledger.run(lead('L8'))
  const [{ decision_id: newest } = { decision_id: '' }] = await ledger.sql<{ decision_id: string }>(
    `select decision_id from decisions where case_id = 'L8'`,
  )
  const forged = await issue(newest, 'acme', forger)
  assert.match(verifyReceipt(forged).at(-1) ?? '', /ONLY/)
  assert.throws(() => verifyReceipt(forged, { keys: [keyText(ledger.key)] }), /not with a key that you gave/)
  assert.throws(() => verifyReceipt(forged, { heads: early }), /no saved head was signed with the key/)
  await ledger.sql(`delete from receipt_heads where key_id = $1`, [forger.keyId])
})

test('information signed by another key than the head is believed only when that key is given', async () => {
  const next = testKey()
  const receipt = await issue(id, 'acme', next)
  assert.throws(() => verifyReceipt(receipt), /which is not that of the head/)
  assert.throws(() => verifyReceipt(receipt, { keys: [keyText(ledger.key)] }), /give both/)
  verifyReceipt(receipt, { keys: [keyText(ledger.key), keyText(next)] })
})

test('saved heads vouch for the key, and a saved head on the path must be on it', async () => {
  const receipt = await issue()
  const late: Json = JSON.parse(await headsOfTenant(ledger, 'acme'))
  assert.match(verifyReceipt(receipt, { heads: early }).at(-1) ?? '', /none of them is on this path/)
  const head = receipt['head'] as JsonObject
  const on = { ...(late as JsonObject), heads: [head] }
  assert.match(verifyReceipt(receipt, { heads: on }).at(-1) ?? '', /saved head at link 4 is on this path/)
  const forged = { ...head, hash: '0'.repeat(64) }
  assert.throws(() => verifyReceipt(receipt, { heads: { ...on, heads: [forged] } }), /signature of saved head 1/)
})

test('what was done since is told, and says that it is only told', async () => {
  await ledger.sql(
    `insert into transitions (tenant_id, pod, case_id, decision_id, recorded_at, action, from_state, to_state, reason, actor)
     values ('acme', 'customer-ops', 'L2', $1, '2026-11-21T11:00:00Z', 'follow_up', 'queued', 'acted', 'answered', 'key:k')`,
    [id],
  )
  const receipt = await issue()
  const information = receipt['information'] as JsonObject
  assert.deepEqual(information['transitions'], [
    { at: '2026-11-21T11:00:00.000Z', from_state: 'queued', to_state: 'acted', reason: 'answered', actor: 'key:k' },
  ])
  assert.ok(verifyReceipt(receipt).some(step => /no chain proves it/.test(step)))
})

test('while a person is to judge the case unseen there is no receipt, and afterwards there is', async () => {
  const decision = decisionOf((await ledger.run(lead('L11')))[0])
  const inbox = (change: string) => ledger.sql(`update inbox set ${change} where case_id = 'L11'`)
  await inbox('blinded = true')
  await assert.rejects(issue(decision), (error: Error) => error instanceof NoReceipt && /withheld/.test(error.message))
  await inbox(`state = 'answered'`)
  assert.equal((await issue(decision))['format'], 'surety.receipt/2')
})

test('there is no receipt for what is not there, is of others, was changed or is gone, and each is said', async () => {
  const refused = async (decision: string, says: RegExp, tenant?: string): Promise<void> => {
    await assert.rejects(issue(decision, tenant), (error: Error) => {
      assert.ok(error instanceof NoReceipt)
      assert.match(error.message, says)
      return true
    })
  }
  await refused('L1', /is not the id of a decision/)
  await refused('01a1fe21-41d7-7000-8ce7-e9ab588375a2', /Tenant acme has no decision/)
  await refused(id, /Tenant zenith has no decision .* --tenant/, 'zenith')
  const changed = decisionOf((await ledger.run(lead('L9')))[0])
  await ledger.sql(`update decisions set threshold = 0.1 where decision_id = $1`, [changed])
  await refused(changed, /was changed after it was written/)
  await ledger.sql(`delete from decisions where decision_id = $1`, [changed])
  await refused(changed, /its record is gone/)
  const twice = decisionOf((await ledger.run(lead('L10')))[0])
  await ledger.sql(`insert into decisions select * from decisions where decision_id = $1`, [twice])
  await refused(twice, /stored twice/)
})

test('the program knows the columns of a decision in the order of the digest', async () => {
  const text = await readFile(script, 'utf8')
  const listed = (first: string): string[] => text.match(new RegExp(`'(${first} [a-z_ ]+)'`))?.[1]?.split(' ') ?? []
  const [plain, later, times, json] = ['tenant_id', 'question', 'occurred_at', 'features'].map(listed)
  const names = ({ fields }: RecordFormat) => fields.map(([name]) => name)
  assert.deepEqual([...plain!, ...times!, ...json!], names(decisionFormats[1]))
  assert.deepEqual([...plain!, ...later!, ...times!, ...json!], names(decisionFormats[2]))
  const parts = text.split(/^\/\/ ---- .* ----$/m)
  assert.equal(parts.length, 3, 'receipts, certificates, the program')
  for (const part of parts) assert.ok(part.split('\n').length < 390, 'each part is to be read in six minutes')
})
