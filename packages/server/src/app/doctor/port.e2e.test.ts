import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createSocketServer } from 'node:net'
import { test } from 'node:test'
import pg from 'pg'
import { clientConfig } from '../../store/db.ts'
import { startWorld, type World } from '../../testing/start-world.ts'
import { diskCheck } from './disk.ts'
import { portChecks } from './port.ts'

const look = async (port: number, host = '127.0.0.1') =>
  (await portChecks({ host, port })).map(({ name, ok, sentence }) => [name, ok, sentence] as const)

/** What a managed server does near a full disk. */
async function onlyReads({ database }: World): Promise<void> {
  const owner = new pg.Client(clientConfig(database.address, null))
  await owner.connect()
  await owner.query(`do $$ begin
    execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`)
  await owner.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`)
  await owner.end()
}

test('beside a healthy service on its own port nothing is wrong, also where it listens on every address', async () => {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    await using world = await startWorld({ env: { HOST: host } })
    const port = Number(new URL(world.url).port)
    assert.deepEqual(await look(port, host), [
      ['port', true, `Surety answers on ${host}:${port}.`],
      ['ready', true, 'It takes work.'],
    ])
    assert.match((await portChecks({ host, port }, true))[0]!.sentence, /A Surety with another data folder/)
    await onlyReads(world)
    const [, ready] = await look(port, host)
    assert.deepEqual(ready?.slice(0, 2), ['ready', false])
  }
})

test('another program on the port is bad, whatever it answers, and so is one that says nothing', async () => {
  const foreign = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(request.url === '/healthz' ? '{"ok":true}' : '{"info":{"title":"Another"}}')
  }).listen(0, '127.0.0.1')
  const mute = createSocketServer(socket => socket.resume()).listen(0, '127.0.0.1')
  try {
    await Promise.all([once(foreign, 'listening'), once(mute, 'listening')])
    const portOf = (server: { address(): unknown }) => (server.address() as { port: number }).port
    const [[, ok, sentence] = []] = await look(portOf(foreign))
    assert.deepEqual([ok, sentence], [false, `Another program listens on 127.0.0.1:${portOf(foreign)}.`])
    const [[, muteOk, muteSentence] = []] = await look(portOf(mute))
    assert.equal(muteOk, false)
    assert.match(muteSentence!, /does not answer within 3 s/)
  } finally {
    foreign.closeAllConnections()
    foreign.close()
    mute.close()
  }
})

test('an address that is not of this machine is bad, and a free one is not', async () => {
  const [[, ok, sentence] = []] = await look(8000, '192.0.2.1')
  assert.equal(ok, false)
  assert.match(sentence!, /cannot be listened on \(EADDRNOTAVAIL\)/)
  assert.deepEqual(
    (await look(0)).map(([name, good]) => [name, good]),
    [['port', true]],
  )
})

test('less free space than is wanted is bad, of a folder that is there or will be', async () => {
  assert.equal((await diskCheck('.', 0)).ok, true)
  const full = await diskCheck('/nowhere/yet', Number.MAX_SAFE_INTEGER)
  assert.equal(full.ok, false)
  assert.match(full.sentence, /^Only \d+ MB are free for \/nowhere\/yet/)
  assert.match(full.todo!, /make room/)
})
