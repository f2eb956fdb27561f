import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Principal } from '@surety/contract'
import { virtualClock } from '../../runtime/clock.ts'
import { every } from '../../runtime/loop.ts'
import type { Database } from '../../store/db.ts'
import { quotasToday } from '../../store/key-quotas.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { dailyQuotas } from './daily-quotas.ts'

const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database

/**
 * One process with a clock that is moved by hand; `asked` counts what it asked of the database.
 * @param givesBack false: nothing is given back because it was not used for a while
 */
function openProcess(givesBack = true) {
  const clock = virtualClock(new Date('2026-03-10T12:00:00Z'))
  let asked = 0
  const counted: Database = {
    ...db,
    transaction(tenants, work) {
      asked += 1
      return db.transaction(tenants, work)
    },
  }
  const errors: unknown[] = []
  const quotas = dailyQuotas({
    db: counted,
    clock,
    every: loop =>
      every({
        ...loop,
        clock,
        onError: error => void errors.push(error),
        everyMs: givesBack ? loop.everyMs : 1e9,
      }),
  })
  return {
    clock,
    quotas,
    asked: () => asked,
    errors,
    /** How many of so many that come at once are let in. */
    async send(requests: number, key: Principal): Promise<number> {
      const answers = await Promise.all(Array.from({ length: requests }, () => quotas.spend(key)))
      return answers.filter(spent => spent === null).length
    },
    pass: (ms: number) => clock.advanceTo(new Date(clock.now().getTime() + ms)),
    [Symbol.asyncDispose]: () => quotas[Symbol.asyncDispose](),
  }
}

let keys = 0
const keyOf = (dailyQuota?: number, keyId = `key${keys++}`): Principal => ({
  kind: 'key',
  keyId,
  tenant: 'acme',
  role: 'ingest',
  name: 'test',
  limits: {},
  ...(dailyQuota === undefined ? {} : { dailyQuota }),
})
const handedOut = async ({ keyId }: Principal) =>
  (await db.transaction(['acme'], tx => quotasToday(tx, 'acme'))).get(keyId) ?? 0
const yesterday = ({ keyId }: Principal) =>
  db.transaction(['acme'], tx => tx.query('update key_quotas set day = day - 1 where key_id = $1', [keyId]))

test('two processes together let in the quota of a day and not one more, however much comes to both at once', async () => {
  await using a = openProcess()
  await using b = openProcess()
  const key = keyOf(1_000)
  let passed = 0
  for (let turn = 0; turn < 10; turn++) {
    const both = await Promise.all([a.send(90, key), b.send(90, key)])
    passed += both[0] + both[1]
  }
  assert.equal(passed, 1_000)
  assert.equal(await handedOut(key), 1_000)
})

test('a request in a hundred asks the database, and none of a key without a quota', async () => {
  await using process = openProcess()
  const key = keyOf(10_000)
  let passed = 0
  for (let k = 0; k < 5_000; k++) passed += await process.send(1, key)
  assert.equal(passed, 5_000)
  assert.ok(process.asked() <= 51, `${process.asked()} times`)
  const before = process.asked()
  assert.equal(await process.send(500, keyOf()), 500)
  assert.equal(process.asked(), before)
})

test('what is spent is refused until the day ends, and is not asked for again with every request', async () => {
  await using process = openProcess()
  const key = keyOf(3)
  assert.equal(await process.send(8, key), 3)
  const asked = process.asked()
  const spent = await process.quotas.spend(key)
  const left = 86_400 - ((Date.now() / 1000) % 86_400)
  assert.equal(spent?.limit, 3)
  assert.ok(Math.abs(spent.resetSeconds - left) < 60, `${spent.resetSeconds} s, and the day ends in ${left} s`)
  assert.equal(await process.send(100, key), 0)
  assert.equal(process.asked(), asked)
  await process.pass(2_001)
  assert.equal(await process.send(100, key), 0)
  assert.equal(process.asked(), asked + 1)
})

test('at midnight the count begins anew, and what was in hand of the day before is none of the new one', async () => {
  await using process = openProcess(false)
  const [spent, inHand] = [keyOf(2), keyOf(500)]
  assert.equal(await process.send(3, spent), 2)
  assert.equal(await process.send(1, inHand), 1)
  await yesterday(spent)
  await yesterday(inHand)
  await process.pass(86_400_000)
  assert.equal(await process.send(3, spent), 2)
  let passed = 0
  for (let turn = 0; turn < 12; turn++) passed += await process.send(50, inHand)
  assert.equal(passed, 500)
})

test('what was handed out before midnight and is given back after it makes the new day no longer', async () => {
  const key = keyOf(500)
  await using late = openProcess()
  assert.equal(await late.send(1, key), 1)
  // Another process has begun the next day meanwhile.
  await db.transaction(['acme'], tx =>
    tx.query('update key_quotas set day = day + 1, used = 0 where key_id = $1', [key.keyId]),
  )
  await using early = openProcess()
  assert.equal(await early.send(1, key), 1)
  assert.equal(await handedOut(key), 5)
  await late.quotas[Symbol.asyncDispose]()
  assert.equal(await handedOut(key), 5)
})

test('a stop and a quiet minute give back what was not used; a process that is killed loses a hundredth', async () => {
  const key = keyOf(1_000)
  {
    await using stopped = openProcess()
    assert.equal(await stopped.send(3, key), 3)
    assert.equal(await handedOut(key), 10)
  }
  assert.equal(await handedOut(key), 3)
  await using quiet = openProcess()
  assert.equal(await quiet.send(2, key), 2)
  await quiet.pass(60_001)
  assert.equal(await handedOut(key), 13, 'it was used within the minute')
  await quiet.pass(60_001)
  assert.equal(await handedOut(key), 5)
  assert.deepEqual(quiet.errors, [])
  // Never closed: as if it had been killed.
  const killed = openProcess()
  assert.equal(await killed.send(1, key), 1)
  await using next = openProcess()
  let passed = 0
  for (let turn = 0; turn < 12; turn++) passed += await next.send(100, key)
  assert.equal(passed, 1_000 - 5 - 10)
})

test('a quota that is changed counts at once, with what was used of the day', async () => {
  await using process = openProcess()
  const key = keyOf(10)
  assert.equal(await process.send(20, key), 10)
  assert.equal(await process.send(20, keyOf(15, key.keyId)), 5)
  assert.equal(await process.send(20, keyOf(12, key.keyId)), 0)
  assert.equal(await process.send(20, keyOf(16, key.keyId)), 1)
})

test('while the database refuses no request is let in unseen, and the next one after it is counted', async () => {
  await using process = openProcess()
  const key = keyOf(1_000)
  await db.transaction([], tx => tx.query('alter table key_quotas rename to gone'))
  await assert.rejects(process.send(5, key))
  await db.transaction([], tx => tx.query('alter table gone rename to key_quotas'))
  assert.equal(await process.send(5, key), 5)
})
