import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { auditOf } from '../store/audit.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { startWorld, type World } from '../testing/start-world.ts'
import { acceptInstallationKey, type KeyOrder, KeyRefused } from './installation-keys.ts'

const key = () => randomBytes(32).toString('base64')
const [first, second] = [key(), key()]

test('a key is accepted while nobody serves, and one that opens not every contact when they are given up; then the start takes it', async () => {
  await using database = await openTestDatabase({ poolSize: 2 })
  const { db } = database
  const accept = async (DATA_KEY: string, order: Partial<KeyOrder> = {}) => {
    const dataKeys = DATA_KEY.split(',').map(text => Buffer.from(text, 'base64'))
    const secrets = { dataKeys, piiRoot: randomBytes(32), modelSigningKey: key() }
    const deps = { db, now: () => new Date(), audit: auditOf() }
    return acceptInstallationKey(deps, secrets, { name: 'data_key', reason: 'rotated', ...order })
  }
  const noted = async () =>
    (await db.read([], reader => reader.query('select * from installation_keys order by 1, 2'))).rows
  const start = (DATA_KEY: string) => startWorld({ database, jobs: false, env: { DATA_KEY } })
  const refused = async (accepting: () => Promise<unknown>, sentence: RegExp) => {
    const before = await noted()
    await assert.rejects(accepting(), (error: Error) => error instanceof KeyRefused && sentence.test(error.message))
    assert.deepEqual(await noted(), before, 'nothing was written')
  }
  const tell = async (world: World, id: string) => {
    const body = { external_id: id, name: 'Ada Lovelace', email: 'ada@example.com', details: 'wants a tour' }
    const { status } = await world.call('/v1/lead', { key: await world.key('operator'), body })
    assert.ok(status < 300, `${status}`)
  }

  {
    await using serving = await start(first)
    await tell(serving, 'L1')
    for (const name of ['data_key', 'pii_key', 'signing_key'] as const)
      await refused(() => accept(second, { name, loseContacts: true }), /^A process serves on this database/)
  }
  await refused(() => accept(second), /^DATA_KEY does not open one contact that is stored: .*--lose-contacts\.$/)

  {
    await using both = await start(`${second},${first}`)
    await tell(both, 'L2')
  }
  await refused(() => accept(second), /^DATA_KEY does not open one contact/)
  const kept = await accept(`${second},${first}`)
  assert.deepEqual([kept.after.length, 'given_up' in kept], [2, false])
  await assert.rejects(start(second), /other keys: DATA_KEY/, 'the old one is still needed')

  const third = key()
  await refused(() => accept(third), /^DATA_KEY does not open 2 contacts that are stored/)
  const given = await accept(third, { loseContacts: true })
  assert.equal(given.given_up?.length, 2)
  await using after = await start(third)
  await tell(after, 'L3')
})
