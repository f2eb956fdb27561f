import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type JsonObject, placeOf } from '@surety/contract'
import { podNamed } from '../../pods.ts'
import { insertSetting } from '../../store/settings.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { budgetsChanged } from './budget-setting.ts'
import { readCertificate } from './document.ts'
import { now, openCertifying } from './testing/certifying.ts'
import { day } from './testing/evidence.ts'
import { putEarlier } from './testing/put-earlier.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [question] = podNamed('table').questions
const { deps, world, look, load, settled } = openCertifying(db, question)

/** Saves a setting and lets follow what follows from it, as the door does. */
async function change(tenant: string, name: 'autonomy' | 'policy', before: JsonObject, value: JsonObject, at: Date) {
  await db.transaction([tenant], async handle => {
    const { rows } = await handle.query<{ n: number }>(
      'select count(*) as n from settings where tenant_id = $1 and name = $2',
      [tenant, name],
    )
    const row = { tenant, ...placeOf(question), name, version: rows[0]!.n + 1, value }
    await insertSetting(handle, row, 'key:boss', at)
    await budgetsChanged(handle, deps, tenant, question, { name, before, after: value, at })
  })
}

test('a stricter budget takes a certificate back, and what the same counts say at half the delta takes its place', async () => {
  await settled('stricter')
  await look('stricter')
  const first = (await load('stricter')).certificates.get('yes')!
  const other = (await load('stricter')).certificates.get('no')!
  const moderate = { actions: { yes: { alpha: 0.08 } } }
  const then = new Date(now.getTime() + 1)
  await change('stricter', 'autonomy', {}, moderate, then)
  const replaced = await load('stricter', then)
  assert.equal(replaced.certificates.get('no')!.id, other.id, 'the other side is not asked anew')
  const second = replaced.certificates.get('yes')
  const kept = await db.transaction(['stricter'], handle =>
    handle.query<{ document: string; revoked: string | null }>(
      `select document, revoked_reason as revoked from certificates where tenant_id = 'stricter' and action = 'yes' order by issued_at, revoked_at nulls last`,
    ),
  )
  assert.deepEqual(
    kept.rows.map(({ revoked }) => revoked),
    ['The budget was made stricter.', null],
  )
  const { document } = readCertificate(kept.rows[1]!.document)
  assert.deepEqual(document['delta'], { suspensions: 0, budget_changes: 1, of_record: 0.025 })
  assert.deepEqual([(document['budget'] as JsonObject)['alpha'], document['accepted_by']], [0.08, 'key:boss'])
  assert.notEqual(document['id'], first.id)
  assert.equal(second, undefined, 'no version was held against the new budget yet')
  await look('stricter', then)
  assert.equal((await load('stricter', then)).certificates.get('yes')!.id, document['id'])

  await change('stricter', 'autonomy', moderate, { actions: { yes: { alpha: 0.001 } } }, day(61))
  assert.deepEqual([...(await load('stricter', day(61))).certificates.keys()], ['no'])
  const [record] = (await world.recordsOf('stricter')).filter(({ action }) => action === 'yes')
  assert.deepEqual([record!.budgetChanges, record!.budget.alpha], [2, 0.001])
  await look('stricter', day(61))
  assert.equal((await load('stricter', day(61))).shortfalls.get('yes') !== undefined, true)
})

test('a looser budget leaves the stricter promise in force, and asks the record anew', async () => {
  await settled('looser')
  await look('looser')
  const before = (await load('looser')).certificates.get('yes')!.id
  await change('looser', 'autonomy', {}, { actions: { yes: { alpha: 0.2 } } }, now)
  await look('looser')
  assert.equal((await load('looser')).certificates.get('yes')!.id, before)
  const [record] = (await world.recordsOf('looser')).filter(({ action }) => action === 'yes')
  assert.deepEqual([record!.budgetChanges, record!.budget.alpha], [1, 0.2])
})

test('another threshold of the operator makes every pass void until versions were held against it', async () => {
  await settled('floor')
  await look('floor')
  await change('floor', 'policy', { threshold: 0.5 }, { threshold: 0.3 }, now)
  const after = await load('floor')
  assert.deepEqual([after.certificates.size, after.unpassed.size], [0, 2])
  await look('floor')
  assert.equal((await load('floor')).certificates.size, 2)
})

test('one of before records is taken back by a stricter budget too, where no record could be asked by it', async () => {
  await world.promote('earlier')
  await putEarlier(db, 'earlier', world.modelOf('earlier').digest)
  assert.equal((await load('earlier')).certificates.get('yes')?.threshold, 0.8)
  await change('earlier', 'autonomy', {}, { actions: { yes: { alpha: 0.05 } } }, now)
  assert.equal((await load('earlier')).certificates.size, 0)
})
