import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelFigures } from '../../store/case-figures.ts'
import { confirmLearningRun, saveLearningRun } from '../../store/learning-runs.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { leadOf, openActingCore, outcomeOf, record } from '../../testing/acting-core.ts'
import { isWorthRunning } from './worth.ts'

const place = { pod: 'customer-ops', question: 'main', scope: '*' }
const at = (day: number): Date => new Date(Date.UTC(2027, 2, day, 12))

test('a night is worth a run when it brings 2 % as many outcomes as there were labels, those of all its tenants together', async () => {
  await using database = await openTestDatabase()
  const { db } = database
  let now = at(1)
  await using core = await openActingCore(database, () => now)
  const settle = (tenant: string, ids: readonly string[]) =>
    record(core, now, ...ids.flatMap(id => [leadOf(tenant, id), { ...outcomeOf(tenant, id), eventId: `o-${id}` }]))
  const isWorth = (tenants = ['acme', 'borg']) => isWorthRunning(db, place, tenants, now)

  assert.equal(await isWorth(), false, 'nothing was ever settled')
  await settle('acme', ['a'])
  assert.equal(await isWorth(), true, 'there was no run yet')
  await db.transaction(['*'], handle => saveLearningRun(handle, place, { labels: 101, at: at(2) }))
  assert.equal(await isWorth(), false, 'nothing came after it')
  now = at(3)
  await settle('acme', ['b'])
  await settle('borg', ['c'])
  assert.equal(await isWorth(), false, '2 of 101')
  await settle('borg', ['d'])
  assert.equal(await isWorth(), true, '3 of 101')
  assert.equal(await isWorth(['acme']), false, 'one tenant brought 1')
  assert.equal(await isWorthRunning(db, { ...place, pod: 'table' }, ['acme', 'borg'], now), false)
  await db.transaction(['*'], handle => saveLearningRun(handle, place, { labels: 104, at: at(4) }))
  assert.equal(await isWorth(), false)
  await db.transaction(['*'], handle => saveLearningRun(handle, place, { labels: 104, at: at(400) }))
  assert.equal(await isWorth(), true, 'a run under a clock that was wrong is none')
})

test('a night that has nothing new to learn from confirms the model; where none has run there is nothing to confirm', async () => {
  await using database = await openTestDatabase()
  const { db } = database
  const verdict = () => db.read(['*'], reader => modelFigures(reader, '*', place))
  const confirm = (day: number) => db.transaction(['*'], handle => confirmLearningRun(handle, place, at(day)))
  await confirm(1)
  assert.equal((await verdict()).lastVerdict, null)
  await db.transaction(['*'], handle => saveLearningRun(handle, place, { labels: 100, at: at(2) }))
  assert.deepEqual((await verdict()).lastVerdict, at(2))
  await confirm(3)
  assert.deepEqual((await verdict()).lastVerdict, at(3))
})
