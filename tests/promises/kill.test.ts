import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Server, startServer } from './server-process.ts'

/**
 * Nothing acknowledged is lost and nothing is done twice: the server is killed -9 in the middle of a load, again and
 * again, and (embedded) its database with it. Full: 10 kills over 10,000 leads each; quick: 3 over 1,500.
 */
const quick = process.env['SURETY_TEST_QUICK'] === '1'
const rounds = quick ? 3 : 10
const leadsPerRound = quick ? 1_500 : 10_000
const concurrency = 64

test(`kill -9 of the server, ${rounds} times, on your PostgreSQL: every acknowledged lead has exactly one decision`, async context => {
  const url = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'
  await survive(context, { databaseUrl: url, tree: false })
})

test(`kill -9 of the whole process tree, ${rounds} times, embedded: every acknowledged lead has exactly one decision`, async context => {
  await survive(context, { databaseUrl: null, tree: true })
})

async function survive(
  context: { diagnostic(message: string): void },
  options: { databaseUrl: string | null; tree: boolean },
): Promise<void> {
  await using server = await startServer(options)
  const acknowledged = new Set<string>()
  const offered = new Set<string>()
  for (let round = 0; round < rounds; round++) {
    const ids = Array.from({ length: leadsPerRound }, (_, i) => `r${round}-${i}`)
    for (const id of ids) offered.add(id)
    // The place of the kill moves through the load from round to round.
    const killAt = Math.floor((leadsPerRound * (round + 1)) / (rounds + 1))
    await offer(server, ids, acknowledged, { killAt, kill: () => server.kill() })
    await server.restart()
    // Whoever got no answer sends again with the same id, as the contract asks.
    await offer(server, ids, acknowledged)
    const counts = await server.decisionsPerEvent()
    for (const id of acknowledged)
      assert.equal(counts.get(id), 1, `${id} was acknowledged and has ${counts.get(id) ?? 0} decisions`)
    for (const [id, count] of counts) {
      assert.equal(count, 1, `${id} has ${count} decisions`)
      assert.ok(offered.has(id), `${id} was never offered`)
    }
    context.diagnostic(`round ${round + 1}: ${acknowledged.size} acknowledged, ${counts.size} decisions`)
  }
  assert.equal(acknowledged.size, rounds * leadsPerRound)
  // Link and records are one transaction: no kill leaves one without the other.
  const receipts = server.verifyReceipts('main')
  assert.deepEqual([receipts.ok, receipts.problems], [true, []])
  assert.ok(receipts.records >= acknowledged.size && receipts.chains > rounds)
  context.diagnostic(`receipts: ${receipts.records} records in ${receipts.links} links of ${receipts.chains} chains`)
}

/** Sends each lead that is not acknowledged yet, some at a time; failed sends are left for the next call. */
async function offer(
  server: Server,
  ids: readonly string[],
  acknowledged: Set<string>,
  dying?: { killAt: number; kill: () => void },
): Promise<void> {
  const waiting = ids.filter(id => !acknowledged.has(id))
  let next = 0
  let answered = 0
  let dead = false
  const worker = async (): Promise<void> => {
    while (!dead) {
      const id = waiting[next++]
      if (id === undefined) return
      const ok = await server.send(id).catch(() => false)
      if (ok) acknowledged.add(id)
      else if (dying === undefined) throw new Error(`${id} was refused by a healthy server`)
      else dead ||= !ok && answered >= dying.killAt
      if (++answered === dying?.killAt) dying.kill()
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}
