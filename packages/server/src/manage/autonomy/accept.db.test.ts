import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { mapSides, type Question } from '@surety/contract'
import { podNamed } from '../../pods.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { accept } from './accept.ts'
import { overviewOf } from './overview.ts'
import { now, openCertifying } from './testing/certifying.ts'
import { day } from './testing/evidence.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [question] = podNamed('table').questions
const { deps, look, issued, load, actingIn, settled } = openCertifying(db, question)
const by = { actor: 'key:admin', reason: 'seen', requestId: undefined }

const asks: Question = {
  ...question,
  actions: mapSides(question.actions, action => ({ ...action, firstCertificate: 'accept' as const })),
}

test('where a first certificate is to be accepted it waits until it is, and those after it do not; that of a history is accepted at once and says so', async () => {
  const inForce = async (tenant: string, at = now) => [...(await load(tenant, at, asks)).certificates.keys()].sort()
  await settled('accepting')
  const first = (await look('accepting', now, asks)).get('yes')!
  const id = String(first.certificate!.document['id'])
  assert.equal(first.certificate!.document['first_certificate'], 'waits')
  assert.deepEqual(await inForce('accepting'), [])
  const state = await load('accepting', now, asks)
  assert.deepEqual([...state.waiting].sort(), ['no', 'yes'])
  assert.deepEqual(await issued('accepting', day(61), asks), [], 'one that waits is not made again')
  assert.equal(await actingIn('accepting'), null)

  await accept(deps, 'accepting', id, by, now)
  assert.deepEqual(await inForce('accepting'), ['yes'])
  const after = await load('accepting', now, asks)
  assert.ok(after.epoch > state.epoch)
  assert.deepEqual([...after.waiting], ['no'])
  await assert.rejects(accept(deps, 'accepting', id, by, now), { code: 'certificate_not_waiting' })
  assert.deepEqual(
    deps.entries
      .filter(entry => entry.action === 'autonomy.accepted')
      .map(({ tenant, actor, reason }) => [tenant, actor, reason]),
    [['accepting', 'key:admin', 'seen']],
  )
  const later = await look('accepting', day(86), asks)
  assert.equal((await actingIn('accepting'))?.version, 1)
  assert.equal(later.get('yes')!.certificate!.document['first_certificate'], 'use')
  assert.equal(later.get('no')!.certificate!.document['first_certificate'], 'waits')
  const newest = String(later.get('no')!.certificate!.document['id'])
  const replaced = await db.transaction(['accepting'], handle =>
    handle.query<{ id: string }>(
      `select certificate_id as id from certificates where tenant_id = 'accepting' and action = 'no' and certificate_id <> $1`,
      [newest],
    ),
  )
  await assert.rejects(accept(deps, 'accepting', replaced.rows[0]!.id, by, day(86)), {
    code: 'certificate_not_waiting',
  })

  await settled('pushed')
  const ofHistory = await look('pushed', now, asks, { ...deps, history: () => true } as never)
  assert.equal(ofHistory.get('yes')!.certificate!.document['first_certificate'], 'history')
  assert.deepEqual(await inForce('pushed'), ['no', 'yes'])
})

test('a stale name of a version that acted once does not come back with a certificate that is accepted', async () => {
  await settled('stale')
  await look('stale', now, asks)
  await db.transaction(['stale'], handle =>
    handle.query(
      `insert into acting_versions (tenant_id, pod, question, model_digest, model_version, since) values ('stale', 'table', 'main', 'long ago', 0, $1)`,
      [day(0)],
    ),
  )
  const { waiting } = (await db.transaction(['stale'], handle => overviewOf(handle, 'stale', asks, now))).actions[0]!
  await accept(deps, 'stale', waiting!.id, by, now)
  assert.equal((await load('stale', now, asks)).acting?.digest, 'model of stale')
})
