import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { placeOf } from '@surety/contract'
import { podNamed } from '../../pods.ts'
import type { Database } from '../../store/db.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { readingPages } from '../../testing/read-pages.ts'
import { calibrationView, renewCalibrationFigures } from './calibration-view.ts'
import { maturityRule } from './maturity.ts'
import { overviewOf } from './overview.ts'
import { refreshAutonomy } from './refresh.ts'
import { addRows, autonomyDeps, day, goodRows, serve, type TestRow } from './testing/evidence.ts'
import { dayMs, putDecisions, putOutcomes } from './testing/settled-cases.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [question] = podNamed('table').questions
const deps = autonomyDeps(db)
const place = { tenant: 'acme', ...placeOf(question), digest: 'model of acme' }
const now = day(120)

const audits = (n: number, prefix: string, from: Date): TestRow[] =>
  Array.from({ length: n }, (_, i) => ({
    id: `${prefix}${i}`,
    p: 0.95,
    y: i % 20 === 19 ? 0 : 1,
    at: new Date(from.getTime() + i * 60_000),
    source: 'live',
    quality: 'audit',
    action: 'yes',
    audited: true,
  }))
const overview = (of: Database) => of.transaction(['acme'], handle => overviewOf(handle, 'acme', question, now))
const estimates = async (of: Database) => (await overview(of)).actions.map(one => one.audit_estimate)
const calibration = async (of: Database, coverage: number) => {
  const { rows, realised } = await calibrationView(of, 'acme', question, coverage, now)
  return { rows, realised }
}

test('what the doors answer was found at the last look at the labels: the same figures, and no row is read for them', async () => {
  await serve(db, 'acme', question.pod, place.digest)
  await addRows(db, place, [...goodRows(400), ...audits(100, 'a', day(60))])
  const all = async (of: Database) => [await estimates(of), await calibration(of, 90), await calibration(of, 99)]
  // Nobody has looked yet: found in the question, as it was before.
  const asked = await all(db)
  assert.equal((await estimates(db))[0]!.n, 100)
  await refreshAutonomy(deps, 'acme', question, now)
  const { db: heard, take } = readingPages(db)
  assert.deepEqual(await all(heard), asked)
  const evidence = take().filter(({ name }) => /audit_estimate_rows|calibration_rows/.test(name))
  assert.deepEqual(evidence, [])
})

test('the next look finds what came since, and lets go of what is too old', async () => {
  await addRows(db, place, audits(60, 'b', day(125)))
  assert.equal((await estimates(db))[0]!.n, 100)
  await refreshAutonomy(deps, 'acme', question, day(160))
  assert.equal((await estimates(db))[0]!.n, 60)
  assert.deepEqual((await calibration(db, 90)).rows, { held_out: 400, live: 160 })
})

test('no transaction is held while the label sets are judged', async () => {
  const beside = { ...place, tenant: 'apart' }
  await serve(db, 'apart', question.pod, place.digest)
  await addRows(db, beside, goodRows(400))
  // Others have their turn between the fits, but not between the last answer of the database and the commit.
  let held = 0
  const watching: Database = {
    ...db,
    transaction: (tenants, work) =>
      db.transaction(tenants, async handle => {
        let turned = false
        const query = async (...asked: Parameters<typeof handle.query>) => {
          const answer = await handle.query(...asked)
          turned = false
          setImmediate(() => {
            turned = true
          })
          return answer
        }
        const result = await work({ ...handle, query } as typeof handle)
        if (turned) held++
        return result
      }),
  }
  const view = await calibrationView(watching, 'apart', question, 90, now)
  assert.ok(view['realised'])
  await renewCalibrationFigures(watching, beside, question, now)
  assert.deepEqual((await calibrationView(db, 'apart', question, 90, now))['realised'], view['realised'])
  assert.equal(held, 0)
})

test('that outcomes come too seldom for a law is known for an hour: it is not learned anew by every question', async () => {
  const start = day(0)
  await db.transaction([], handle => ensurePartitions(handle, start, day(40)))
  const cases = Array.from({ length: 200 }, (_, k) => ({
    caseId: `c${k}`,
    at: new Date(start.getTime() + k * 600_000),
    probability: 0.5,
    digest: 'd',
    label: 1 as const,
  }))
  await putDecisions(db, 'seldom', question.pod, cases)
  await putOutcomes(
    db,
    'seldom',
    question.pod,
    cases.slice(0, 40).map(({ caseId, at, label }) => ({ caseId, at: new Date(at.getTime() + 7 * dayMs), label })),
  )
  const { db: heard, take } = readingPages(db)
  const ask = (at: Date) => heard.transaction(['seldom'], handle => maturityRule(handle, 'seldom', question, at))
  const learned = () => take().filter(({ name }) => name === 'maturity_delays').length
  const first = await ask(day(30))
  assert.deepEqual([first.method, first.labelled, learned()], ['pod_default', 40, 1])
  assert.deepEqual(await ask(new Date(day(30).getTime() + 1_800_000)), first)
  assert.equal(learned(), 0)
  await ask(new Date(day(30).getTime() + 3_600_000))
  assert.equal(learned(), 1)
})

test('the estimate from blind audits reads what was done and not what else is evidence', async () => {
  const pagesBeside = async (tenant: string, others: number): Promise<number> => {
    const beside = { ...place, tenant }
    await serve(db, tenant, question.pod, place.digest)
    const asked = goodRows(others, { at: day(60) }).map(row => ({ ...row, source: 'live' as const, action: 'yes' }))
    await addRows(db, beside, [...asked, ...audits(50, 'a', day(60))])
    const { db: heard, take } = readingPages(db)
    await heard.transaction([tenant], handle => overviewOf(handle, tenant, question, now))
    return take().find(({ name }) => name === 'audit_estimate_rows')!.pages
  }
  const [few, many] = [await pagesBeside('few', 2_000), await pagesBeside('many', 20_000)]
  assert.ok(many < few * 2 + 10, `${few} pages beside 2,000 rows, ${many} beside 20,000`)
})
