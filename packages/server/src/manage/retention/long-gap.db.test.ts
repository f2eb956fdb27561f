import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pauseTask, rememberTask } from '../../store/tasks.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { gapGuard } from './long-gap.ts'

const day = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000)

test('after a gap of more than a month nothing is deleted for a day, unless a person asks for it or has resumed it', async () => {
  await using database = await openTestDatabase()
  const { db } = database
  let monotonic = 1_000
  const mayDelete = gapGuard(db, 'retention', { monotonicMs: () => monotonic })
  await mayDelete(day(0), false)
  await db.transaction([], handle => rememberTask(handle, 'retention', null, day(0)))
  await mayDelete(day(30), false)

  await assert.rejects(
    mayDelete(day(400), false),
    /^Error: Nothing was deleted: retention last ended well 400 days ago.*2027-02-05.*surety tasks run retention/,
  )
  await mayDelete(day(400), true)
  monotonic += 86_399_999
  await assert.rejects(mayDelete(day(401), false), /401 days ago/)
  await mayDelete(day(30), false)
  monotonic += 1
  await assert.rejects(
    mayDelete(day(401), false),
    /401 days ago/,
    'the clock was right in between: the day begins anew',
  )
  monotonic += 86_400_000
  await mayDelete(day(402), false)

  const other = gapGuard(db, 'retention', { monotonicMs: () => monotonic })
  await assert.rejects(other(day(402), false))
  await db.transaction([], handle => pauseTask(handle, 'retention', day(402)))
  await other(day(402), false)
})
