import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { modelTools } from './commands/model-tools.ts'
import { makeHeads } from './commands/receipt-tools.ts'
import { verify } from './commands/verify.ts'
import { clientConfig } from './store/db.ts'
import { startWorld } from './testing/start-world.ts'

/** `surety verify --audit` on the database of a running service, with everything it really opens. */
test('surety verify --audit: whole, then an entry changed, then the newest cut off, then all of it emptied, of one tenant among others', async () => {
  await using world = await startWorld()
  // A superuser: our own role can neither change nor delete an entry.
  const intruder = new pg.Client(clientConfig(world.database.address, null))
  await intruder.connect()
  await using _closed = { [Symbol.asyncDispose]: () => intruder.end() }
  const tools = modelTools(world.app.config)
  const run = async (...more: readonly string[]) => {
    const said: string[] = []
    const out: string[] = []
    const code = await verify(['--audit', ...more], {
      ...tools,
      out: (text: string) => void out.push(text),
      err: (text: string) => void said.push(text),
    } as unknown as Parameters<typeof verify>[1])
    return { code, said: said.join('\n'), audit: JSON.parse(out.join('\n')).audit }
  }
  for (const tenant of ['acme', 'globex']) {
    const key = await world.key('admin', tenant)
    for (const threshold of [0.6, 0.65, 0.7])
      assert.equal(
        (await world.call('/ops/settings/policy?apply=true', { method: 'PUT', body: { threshold }, key })).status,
        200,
      )
  }
  const entries = async (tenant: string) =>
    Number((await intruder.query('select count(*) as n from audit where tenant_id = $1', [tenant])).rows[0].n)
  const [acme, globex] = [await entries('acme'), await entries('globex')]
  const whole = await run()
  assert.deepEqual(
    [whole.code, whole.audit],
    [0, { ok: true, entries: acme + globex, unsigned: acme + globex, place: null }],
    whole.said,
  )
  assert.match(whole.said, /entries hold together; \d+ of them are not signed yet\.$/)
  const heads = join(world.dataDir, 'heads.json')
  await writeFile(heads, JSON.stringify((await makeHeads(world.app.config, null)).file))
  const signed = await run('--heads', heads)
  assert.deepEqual([signed.code, signed.audit.unsigned], [0, 0], signed.said)
  assert.match(signed.said, /entries hold together\.$/)

  const { rows } = await intruder.query(`select reason, detail from audit where tenant_id = 'globex' and seq = 3`)
  await intruder.query(`update audit set detail = '{"name":"forged"}' where tenant_id = 'globex' and seq = 3`)
  const changed = await run()
  assert.deepEqual([changed.code, changed.audit.ok], [1, false])
  assert.equal(changed.audit.place, 'tenant globex, entry 3: entry 3 was changed')

  await intruder.query(`update audit set detail = $1 where tenant_id = 'globex' and seq = 3`, [rows[0].detail])
  assert.equal((await run()).code, 0, 'put back as it was it holds again')
  await intruder.query(`delete from audit where tenant_id = 'globex' and seq = $1`, [globex])
  const cut = await run()
  assert.equal(cut.code, 1)
  assert.equal(
    cut.audit.place,
    `tenant globex, entry ${globex}: the log should have ${globex} entries and ends after ${globex - 1}`,
  )

  await intruder.query('truncate audit, audit_heads, audit_signed_heads')
  const emptied = await run()
  assert.equal(emptied.code, 1, 'each key was made with an entry')
  assert.equal(emptied.audit.place, 'tenant acme, entry 1: the log is empty although 2 API keys were made here')
  await intruder.query('truncate api_keys')
  const unknown = await run()
  assert.deepEqual([unknown.code, unknown.audit.entries], [0, 0], 'the database alone knows of nothing')
  const found = await run('--heads', heads)
  assert.equal(found.code, 1)
  assert.match(
    found.audit.place,
    /^tenant (acme|globex), entry 1: the log had \d+ entries when it was signed at .* and ends after 0$/,
  )
})
