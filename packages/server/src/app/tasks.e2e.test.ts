import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openApp } from '../app.ts'
import { markTaskRun } from '../store/task-runs.ts'
import { startWorld } from '../testing/start-world.ts'

test('after a restart the metrics know when each task last ended well', async () => {
  const at = new Date('2026-03-10T12:00:00Z')
  await using world = await startWorld({ now: () => at })
  const last = new Date('2026-03-10T11:07:03Z')
  await world.app.db.transaction([], handle => markTaskRun(handle, 'retention', last))
  await using again = await openApp(world.app.config, { now: () => at })
  const text = await again.registry.metrics()
  const seconds = (task: string) => Number(text.match(`scheduler_task_last_success_ts{task="${task}"} (\\d+)`)?.[1])
  assert.equal(seconds('retention'), last.getTime() / 1000)
  assert.equal(seconds('nightly-retrain'), at.getTime() / 1000, 'a first start has missed nothing')
})
