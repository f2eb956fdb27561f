import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { startWorld } from './testing/start-world.ts'

test('the page of tasks names every task that recurs, and no other', async () => {
  const page = await readFile(new URL('../../../docs/tasks.md', import.meta.url), 'utf8')
  const named = [...page.matchAll(/^\| `([\w-]+)` \|/gm)].map(found => found[1]!)
  await using world = await startWorld({ jobs: true })
  const answer = await world.call('/v1/tasks')
  const there = (answer.data.tasks ?? answer.data.items).map((task: { name: string }) => task.name)
  assert.ok(there.length >= 6)
  assert.deepEqual(named.sort(), there.sort())
})
