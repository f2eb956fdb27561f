import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { openTestDatabase } from './store/test-database.ts'
import { raised, startWorld, type World } from './testing/start-world.ts'

const makeKey = async (world: World) => {
  const body = { role: 'viewer', name: 'board', limits: raised }
  return (await world.call('/ops/keys', { key: await world.key('admin'), body })).data as { key: string; id: string }
}
const rotate = async (world: World, id: string, body?: unknown) =>
  world.call(`/ops/keys/${id}/rotate`, { key: await world.key('admin'), method: 'POST', ...(body ? { body } : {}) })

test('a rotation shows the new secret once and keeps it nowhere between, and both are good for a day', async () => {
  await using world = await startWorld()
  const { key: old, id } = await makeKey(world)
  const answer = await rotate(world, id)
  assert.deepEqual([answer.status, answer.headers.get('cache-control')], [200, 'no-store'])
  const { key, old_secrets: overlaps, rotated_at: at } = answer.data
  assert.equal(Date.parse(overlaps[0].good_until) - Date.parse(at), 86_400_000)
  for (const good of [old, key]) assert.equal((await world.call('/v1/lead', { key: good })).status, 200)
  const { text, data } = await world.call('/ops/keys', { key: await world.key('admin') })
  assert.ok(!text.includes(key.slice(17)))
  assert.deepEqual(data.items.find((one: { id: string }) => one.id === id).old_secrets, overlaps)
  assert.equal((await rotate(world, 'nosuchkeyhere')).status, 404)
  assert.equal((await rotate(world, id, { overlap_seconds: 2_592_001 })).status, 422)
  const byOperator = await world.call(`/ops/keys/${id}/rotate`, { key: await world.key('operator'), method: 'POST' })
  assert.equal(byOperator.status, 403)
})

test('an old secret is refused with the moment it ended, by every service within seconds, and a wrong one with the usual words', async () => {
  await using database = await openTestDatabase()
  await using one = await startWorld({ database })
  await using two = await startWorld({ database })
  const { key: old, id } = await makeKey(one)
  for (const world of [one, two]) assert.equal((await world.call('/v1/lead', { key: old })).status, 200)
  const { key, rotated_at: at } = (await rotate(one, id, { overlap_seconds: 0, reason: 'leaked' })).data
  // News between services comes in its own time.
  for (let turn = 0; (await two.call('/v1/lead', { key })).status !== 200; turn++) {
    assert.ok(turn < 500, 'the other service knows of it')
    await wait(20)
  }
  for (const world of [one, two]) {
    assert.equal((await world.call('/v1/lead', { key })).status, 200)
    const refused = await world.call('/v1/lead', { key: old })
    assert.deepEqual([refused.status, refused.body.code], [401, 'invalid_api_key'])
    assert.equal(refused.body.detail, `This secret was replaced and good until ${at}: send the new one.`)
    const guess = await world.call('/v1/lead', { key: `${old.slice(0, 17)}${'A'.repeat(43)}` })
    assert.equal(guess.body.detail, 'The key is unknown, disabled, expired or deleted.')
  }
})
