import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { eachSide, mapSides, placeOf } from '@surety/contract'
import { recordCuts, rng } from '@surety/stats'
import { podNamed } from '../../../pods.ts'
import { markSuspended } from '../../../store/action-states.ts'
import { openTestDatabase } from '../../../store/test-database.ts'
import { readChecks, voidChecks } from '../../../store/version-checks.ts'
import { insertVersionCuts } from '../../../store/version-cuts.ts'
import { addRows, day, goodRows, serve, type TestRow } from '../testing/evidence.ts'
import { checkVersions } from './check-versions.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [question] = podNamed('table').questions
const now = day(200)
const version = { version: 1, digest: 'one' }

const at = (tenant: string, digest = version.digest) => ({ tenant, ...placeOf(question), digest })

/** A version with cuts over even scores, and rows that it has not seen. */
async function world(tenant: string, rows: readonly TestRow[], digest = version.digest): Promise<void> {
  await serve(db, tenant, question.pod, digest)
  const scores = Float64Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000)
  const of = (side: 'yes' | 'no') => {
    const cuts = recordCuts(scores, side)
    assert.ok(cuts.ok)
    return cuts.thresholds
  }
  await db.transaction([tenant], handle =>
    insertVersionCuts(handle, at(tenant, digest), {
      ...version,
      digest,
      begunAt: day(0),
      n: 1000,
      thresholds: { act: of('yes'), clear: of('no') },
    }),
  )
  await addRows(db, at(tenant, digest), rows)
}
const look = (tenant: string, moment = now, of = question, digest = version.digest) =>
  checkVersions(db, tenant, of, [{ ...version, digest }], moment)
const kept = (tenant: string) => db.read([tenant], reader => readChecks(reader, at(tenant), [version.digest]))
const passes = async (tenant: string, action = 'yes') =>
  (await kept(tenant)).find(one => one.action === action)?.passes ?? null

test('a version passes at the cuts that its unseen rows do not speak against, per side, and what it stands on is kept', async () => {
  await world('good', goodRows(800))
  const looked = await look('good')
  assert.deepEqual(
    looked.map(({ action, changed }) => [action, changed]),
    [
      ['yes', true],
      ['no', true],
    ],
  )
  const [no, yes] = await kept('good')
  // Half of the rows lie near 1: cut 7 holds 51 % of even scores, and no row beyond the operator's threshold counts.
  assert.deepEqual([yes!.action, yes!.passes[0], yes!.unseen, yes!.nextAt], ['yes', 0, 800, 960])
  assert.deepEqual([yes!.detail.rows, yes!.detail.inside[0], yes!.detail.floor], [800, 400, question.threshold])
  assert.equal(no!.detail.inside[0], 400)
  assert.deepEqual(yes!.passes, looked[0]!.passes)
})

test('nothing is looked at again before unseen rows have grown by a fifth, or by 200; then a pass may be taken back', async () => {
  await world('grows', goodRows(500))
  await look('grows')
  assert.deepEqual(await look('grows'), [])
  const bad = (n: number, from: number) =>
    goodRows(n, { prefix: `b${from}`, at: day(10 + from), draw: rng('bad') }).map(row => ({
      ...row,
      y: 0 as const,
      p: 1,
    }))
  await addRows(db, at('grows'), bad(99, 0))
  assert.deepEqual(await look('grows'), [])
  assert.notDeepEqual(await passes('grows'), [])
  await addRows(db, at('grows'), bad(1, 1))
  const again = await look('grows')
  assert.deepEqual([again[0]!.action, again[0]!.passes, again[0]!.changed], ['yes', [], true])
  assert.equal((await kept('grows'))[1]!.nextAt, 720)
  await addRows(db, at('grows'), goodRows(2000, { prefix: 'm', at: day(20) }))
  await look('grows')
  const [, yes] = await kept('grows')
  assert.deepEqual([yes!.detail.rows, yes!.unseen, yes!.nextAt], [2000, 2600, 2800], 'the newest 2,000 are judged')
  assert.notDeepEqual(yes!.passes, [])
})

test('where one label is rare the check reaches further back than 2,000 rows', async () => {
  const rare = Array.from({ length: 6000 }, (_, i) => ({
    id: `r${String(i).padStart(5, '0')}`,
    p: (i % 1000) / 1000,
    y: (i % 50 === 0 ? 1 : 0) as 0 | 1,
    at: new Date(day(1).getTime() + i * 1000),
  }))
  await world('rare', rare)
  await look('rare')
  const [no] = await kept('rare')
  assert.deepEqual([no!.detail.positives, no!.detail.rows > 4900 && no!.detail.rows < 5100], [100, true])
})

test('bulk labels, files, imports of others and young cases say nothing of a version', async () => {
  const of = (prefix: string, more: Partial<TestRow>) => goodRows(100, { prefix }).map(row => ({ ...row, ...more }))
  await world('silent', [
    ...of('b', { quality: 'bulk' }),
    ...of('c', { source: 'csv' }),
    ...of('i', { source: 'imported', quality: 'imported' }),
    ...of('y', { at: day(199) }),
  ])
  await look('silent')
  const [, yes] = await kept('silent')
  assert.deepEqual([yes!.passes, yes!.unseen, yes!.detail.rows], [[], 0, 0])
})

test('another budget is looked at at once', async () => {
  await world('strict', goodRows(400, { wrong: 0.08 }))
  await look('strict')
  assert.notDeepEqual(await passes('strict'), [])
  const strict: typeof question = {
    ...question,
    actions: mapSides(question.actions, action => ({ ...action, alpha: 0.01 })),
  }
  const again = await look('strict', now, strict)
  assert.deepEqual(
    again.map(one => [one.action, one.passes]),
    [
      ['yes', []],
      ['no', []],
    ],
  )
})

test('after a suspension only rows decided since then count, and a look that was under way keeps nothing', async () => {
  await world('suspended', goodRows(400))
  await look('suspended')
  const place = { tenant: 'suspended', ...placeOf(question), action: 'yes' }
  await db.transaction(['suspended'], async handle => {
    await markSuspended(handle, place, { at: day(100), why: 'too many wrong', defaultMode: 'acting' })
    await voidChecks(handle, place)
  })
  assert.deepEqual(
    (await kept('suspended')).map(one => one.action),
    ['no'],
  )
  const again = await look('suspended')
  assert.deepEqual(
    again.map(one => [one.action, one.passes]),
    [['yes', []]],
  )
  await addRows(db, at('suspended'), goodRows(60, { prefix: 'after', at: day(101) }))
  await look('suspended')
  const [, yes] = await kept('suspended')
  assert.deepEqual([yes!.unseen, yes!.detail.rows], [60, 60])
  assert.notDeepEqual(yes!.passes, [])
})

test('a version without cuts, of which fewer than fifty decisions were scored, is not looked at', async () => {
  await serve(db, 'new', question.pod, 'two')
  await addRows(db, at('new', 'two'), goodRows(400))
  assert.deepEqual(await look('new', now, question, 'two'), [])
})

test('what an action asks of the bounds is asked of the rows of its check too', async () => {
  const bounded: typeof question = {
    ...question,
    actions: mapSides(question.actions, action =>
      action.side === 'act' ? { ...action, conditions: { on: 'lower_bound', narrow: true } as const } : action,
    ),
  }
  // Between .5 and .7 a third comes out yes: the model says act, its bounds say no.
  const draw = rng('bounded')
  const unsure = Array.from({ length: 400 }, (_, i) => ({
    id: `u${i}`,
    p: 0.5 + draw.uniform() * 0.2,
    y: (draw.uniform() < 0.35 ? 1 : 0) as 0 | 1,
    at: new Date(day(2).getTime() + i * 1000),
  }))
  await world('bounded', [...goodRows(400), ...unsure])
  await look('bounded')
  const plain = (await kept('bounded'))[1]!
  await db.transaction(['bounded'], async handle => {
    for (const { name } of eachSide(question.actions))
      await voidChecks(handle, { tenant: 'bounded', ...placeOf(question), action: name })
  })
  await look('bounded', now, bounded)
  const held = (await kept('bounded'))[1]!
  assert.deepEqual(
    [plain.detail.inside[0], held.detail.inside[0]! <= 210, held.detail.inside[0]! > 100],
    [600, true, true],
  )
  assert.ok(plain.passes[0]! > 0 && held.passes[0] === 0, 'without its bounds it fails where they hold nothing')
})
