import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startWorld } from '../../testing/start-world.ts'
import { verifyAudit } from '../audit/verify-audit.ts'

test('a task is asked for, paused, resumed and given other times by API; it is audited, and the runtime hears of it', async () => {
  await using world = await startWorld({ jobs: true })
  const admin = await world.key('admin')
  const viewer = await world.key('viewer')
  const task = async (name: string) =>
    (await world.call('/v1/tasks', { key: viewer })).data.items.find((one: { name: string }) => one.name === name)
  const put = (body: object) => world.call('/v1/tasks/nightly-retrain/schedule', { key: admin, method: 'PUT', body })
  const post = (path: string, key?: string) => world.call(path, { method: 'POST', ...(key ? { key } : {}) })

  assert.equal((await task('nightly-retrain')).last_run, null)
  assert.equal((await post('/v1/tasks/nightly-retrain/run', viewer)).status, 403)
  assert.equal((await post('/v1/tasks/unheard-of/run')).body.code, 'task_not_found')
  const asked = await post('/v1/tasks/nightly-retrain/run')
  assert.equal(asked.status, 200, asked.text)
  let found = await task('nightly-retrain')
  // News travel by notice: without it the next look comes after ten seconds.
  for (const end = performance.now() + 9_000; found.last_run?.state !== 'ok'; found = await task('nightly-retrain')) {
    assert.ok(performance.now() < end, JSON.stringify(found))
    await wait(20)
  }
  assert.equal(found.last_run.by, 'person')
  assert.deepEqual([found.running, found.asked_at, found.attempts], [false, null, 0])

  assert.equal((await post('/v1/tasks/nightly-retrain/pause')).data.next_at, null)
  assert.equal((await task('nightly-retrain')).paused, true)
  assert.ok((await post('/v1/tasks/nightly-retrain/resume')).data.next_at.endsWith('T03:17:00.000Z'))

  const moved = await put({ cron: '30 2 * * *', time_zone: 'Asia/Kathmandu' })
  assert.ok(moved.data.next_at.endsWith('T20:45:00.000Z'), moved.text)
  assert.deepEqual(moved.data.usual_schedule, { cron: '17 3 * * *', time_zone: 'UTC' })
  for (const body of [{ cron: '61 * * * *' }, { cron: '0 3 * * *', time_zone: 'Mars/Base' }, { time_zone: 'UTC' }])
    assert.equal((await put(body)).body.code, 'validation_failed', JSON.stringify(body))
  assert.deepEqual((await put({})).data.schedule, { cron: '17 3 * * *', time_zone: 'UTC' })

  const { rows } = await world.app.db.transaction(['acme'], handle =>
    handle.query<{ action: string }>(`select action from audit where action like 'task.%' order by seq`),
  )
  assert.deepEqual(
    rows.map(row => row.action),
    ['task.run', 'task.paused', 'task.resumed', 'task.scheduled', 'task.scheduled'],
  )
  assert.ok((await world.app.db.transaction(['acme'], handle => verifyAudit(handle, 'acme'))).ok)
})

test('with two tenants a task is changed by a platform key alone, and a tenant reads no name of another', async () => {
  await using world = await startWorld({ jobs: true })
  const admin = await world.key('admin')
  const other = await world.key('admin', 'borg')
  const platform = await world.key('admin', '*')
  await world.app.db.transaction([], handle =>
    handle.query(`update task_runs set state = 'failed', attempts = 1, run_by = 'key:secret', started_at = now(),
      retry_at = now() + interval '30 minutes', tenants_failed = '{acme,borg}' where task = 'certificates'`),
  )
  for (const path of ['run', 'pause', 'resume'])
    assert.equal(
      (await world.call(`/v1/tasks/certificates/${path}`, { key: admin, method: 'POST' })).body.code,
      'platform_key_required',
    )
  const seen = async (key: string) =>
    (await world.call('/v1/tasks', { key })).data.items.find((one: { name: string }) => one.name === 'certificates')
      .last_run
  const { by, tenants_failed, tenants_failed_count } = await seen(other)
  assert.deepEqual([by, tenants_failed, tenants_failed_count], ['person', ['borg'], 2])
  assert.deepEqual((await seen(platform)).tenants_failed, ['acme', 'borg'])
  assert.equal((await world.call('/v1/tasks/certificates/pause', { key: platform, method: 'POST' })).data.paused, true)
})
