import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '../store/test-database.ts'
import {
  CasesSeen,
  codes,
  numberAnswers,
  oneByOne,
  openHeating,
  orderOf,
  readings,
  standing,
  workAlerts,
} from '../testing/alert-walk.ts'
import { fitThermostats } from '../testing/fit-thermostats.ts'

test('alerts that two processes open, join, raise and answer in any cuts are those of one process fed one by one in the order of the versions', async t => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  await numberAnswers(db)
  for (const tenant of ['both', 'one']) await fitThermostats(db, tenant, codes)
  await using first = await openHeating(db)
  await using second = await openHeating(db)
  const all = readings(400, 20270307)
  const seen = new CasesSeen()
  const came = (
    await Promise.all(
      [first, second].map((core, who) =>
        workAlerts(
          core,
          'both',
          all.filter((_, n) => Math.imul(n + 1, 0x9e3779b1) >>> 31 === who),
          seen,
          who,
        ),
      ),
    )
  ).flat()
  const order = await orderOf(db, 'both', came)
  const expected = await oneByOne(first, 'one', order)
  const found = new Map(came.map(one => [one.planned.id, one.decisions]))
  for (const { planned, decisions } of expected) assert.deepEqual(found.get(planned.id), decisions, planned.id)
  const alerts = await standing(db, 'both')
  assert.deepEqual(alerts, await standing(db, 'one'))
  const said = [...found.values()].flat().join()
  for (const hung of ['opened', 'joined', 'raised']) assert.ok(said.includes(`"${hung}"`), hung)
  assert.ok(
    alerts.some(text => / (failing|real) (open|withdrawn|answered)/.test(text)),
    'some are told of one question alone',
  )
  const answers = came.filter(({ planned }) => planned.answers !== undefined).length
  t.diagnostic(`${alerts.length} alerts, ${answers} answers, ${all.length} readings`)
  assert.ok(answers > 20 && alerts.length > 20)
})
