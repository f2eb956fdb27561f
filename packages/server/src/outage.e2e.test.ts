import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { openApp } from './app.ts'
import { buildConfig } from './config/config.ts'
import { startEmbedded } from './store/embedded/start.ts'
import { checkAnswer } from './testing/check-answer.ts'

test('while the database is away nothing is accepted and the caller is told; when it is back the service goes on', async () => {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'surety-outage-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  let server = await startEmbedded({ dataDir: join(folder, 'postgres') })
  stack.defer(() => server.stop())
  const config = buildConfig({
    DATABASE_URL: `postgres://surety@/surety?host=${encodeURIComponent(server.connection.host)}`,
    DATA_DIR: join(folder, 'data'),
    PORT: '0',
  })
  const app = stack.use(await openApp(config, { jobs: false, checkAnswer, logger: pino({ level: 'silent' }) }))
  const url = await app.listen()
  const post = async () => {
    const response = await fetch(`${url}/v1/lead`, {
      method: 'POST',
      headers: { 'x-api-key': app.firstKey ?? '', 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Jane Doe', email: 'jane@example.invalid' }),
    })
    const body = (await response.json()) as { code?: string; data?: { lead_id: string } }
    return { status: response.status, code: body.code, retryAfter: response.headers.get('retry-after') }
  }
  assert.equal((await post()).status, 200)

  await server.stop()
  const away = await post()
  assert.deepEqual([away.status, away.code], [503, 'storage_unavailable'])
  assert.ok(Number(away.retryAfter) >= 1)
  const ready = await fetch(`${url}/ready`)
  assert.equal(ready.status, 503)
  assert.equal(((await ready.json()) as { code: string }).code, 'not_ready')
  assert.ok(Number(ready.headers.get('retry-after')) >= 1)
  assert.equal((await fetch(`${url}/healthz`)).status, 200)

  server = await startEmbedded({ dataDir: join(folder, 'postgres') })
  assert.equal((await post()).status, 200)
  assert.equal((await fetch(`${url}/ready`)).status, 200)
  const counted = await app.db.transaction(['main'], db =>
    db.query<{ n: number }>('select count(*) as n from decisions'),
  )
  assert.equal(counted.rows[0]?.n, 2)
})
