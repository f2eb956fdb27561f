import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Role } from '@surety/contract'
import { openTestDatabase } from './store/test-database.ts'
import { raised, startWorld, urlOf, type World } from './testing/start-world.ts'

const makeKey = async (world: World, body: { readonly [field: string]: unknown }, role: Role = 'operator') => {
  const admin = await world.key('admin')
  const made = await world.call('/ops/keys', { key: admin, body: { role, name: 'counted', limits: raised, ...body } })
  assert.equal(made.status, 200, made.text)
  return made.data as { key: string; id: string; daily_quota: number | null; used_today: number | null }
}
const listed = async (world: World, id: string) => {
  const { data } = await world.call('/ops/keys', { key: await world.key('admin') })
  return data.items.find((one: { id: string }) => one.id === id)
}
const secondsLeft = () => 86_400 - ((Date.now() / 1000) % 86_400)

test('two services let in the daily quota of a key together, say when the day ends, and never hold back a stop', async () => {
  await using database = await openTestDatabase()
  await using one = await startWorld({ database })
  await using two = await startWorld({ database })
  const { key, id, daily_quota, used_today } = await makeKey(one, { daily_quota: 12 })
  assert.deepEqual([daily_quota, used_today], [12, 0])
  const answers = await Promise.all(
    [one, two].flatMap(world => Array.from({ length: 10 }, () => world.call('/v1/lead', { key }))),
  )
  assert.deepEqual(Map.groupBy(answers, answer => answer.status).get(200)?.length, 12)
  const refused = answers.filter(({ status }) => status === 429)
  assert.equal(refused.length, 8)
  for (const { body, headers } of refused) {
    assert.equal(body.code, 'quota_exceeded')
    assert.match(body.detail, /^too many requests: this key may send 12 a day/)
    assert.ok(Math.abs(Number(headers.get('retry-after')) - secondsLeft()) < 60)
    assert.deepEqual([headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')], ['12', '0'])
    assert.equal(headers.get('ratelimit-reset'), headers.get('retry-after'))
  }
  assert.equal((await listed(two, id)).used_today, 12)
  const mode = (value: string) => ({ key, body: { action: '*', mode: value, reason: 'try' } })
  assert.equal((await one.call('/ops/mode', mode('asking'))).body.code, 'quota_exceeded')
  assert.equal((await one.call('/ops/mode', mode('stopped'))).status, 200)
  const counted = async (world: World) => {
    const { text } = await world.call('/metrics', { key: null })
    assert.match(text, /errors_total\{code="quota_exceeded",route="\/ops\/keys"\} 0/)
    return Number(/errors_total\{code="quota_exceeded",route="\/v1\/lead"\} (\d+)/.exec(text)?.[1])
  }
  assert.equal((await counted(one)) + (await counted(two)), 8)

  const admin = await one.key('admin')
  const change = (body: unknown) => one.call(`/ops/keys/${id}`, { key: admin, method: 'PATCH', body })
  assert.deepEqual([(await change({ daily_quota: 14 })).data.daily_quota, (await listed(one, id)).used_today], [14, 12])
  assert.equal((await one.call('/v1/lead', { key })).status, 200)
  assert.equal((await change({ daily_quota: null })).data.used_today, null)
  assert.equal((await one.call('/v1/lead', { key })).status, 200)
  for (const wrong of [0, -1, 1.5, 'many']) assert.equal((await change({ daily_quota: wrong })).status, 422)
})

test('what the limit of the minute refuses costs nothing of the day, and a key without a quota has none', async () => {
  await using world = await startWorld()
  const { key, id } = await makeKey(world, { daily_quota: 100, limits: { reads: 3 } })
  const codes = []
  for (let k = 0; k < 6; k++) codes.push((await world.call('/v1/lead', { key })).body.code ?? 'ok')
  assert.deepEqual(codes, ['ok', 'ok', 'ok', 'rate_limited', 'rate_limited', 'rate_limited'])
  assert.equal((await listed(world, id)).used_today, 3)
  const free = await makeKey(world, {})
  assert.equal((await world.call('/v1/lead', { key: free.key })).status, 200)
  assert.deepEqual([free.daily_quota, (await listed(world, free.id)).used_today], [null, null])
})

test('a service that is killed and starts again goes on with the day: it loses a hundredth of the quota at most', async () => {
  await using world = await startWorld()
  const { key, id } = await makeKey(world, { daily_quota: 200 })
  const start = async () => {
    const entry = fileURLToPath(new URL('../../../bin/surety.js', import.meta.url))
    const env = { ...process.env, DATABASE_URL: urlOf(world.database.address), DATA_DIR: world.dataDir, PORT: '0' }
    const child = spawn(process.execPath, [entry, 'start'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      said += chunk
      const address = /listens on (\S+)/.exec(said)?.[1]
      if (address !== undefined) return { child, address }
    }
    throw new Error(`it did not start: ${said}`)
  }
  const send = async (address: string, requests: number) => {
    const answers = await Promise.all(
      Array.from({ length: requests }, () => fetch(`${address}/v1/lead`, { headers: { 'x-api-key': key } })),
    )
    return answers.filter(({ status }) => status === 200).length
  }
  const first = await start()
  assert.equal(await send(first.address, 5), 5)
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  const { used_today: used } = await listed(world, id)
  assert.ok(used >= 5 && used <= 7, `${used} are counted of 5`)
  const second = await start()
  try {
    assert.equal(await send(second.address, 250), 200 - used)
  } finally {
    second.child.kill('SIGTERM')
    await once(second.child, 'exit')
  }
  assert.equal((await listed(world, id)).used_today, 200)
})
