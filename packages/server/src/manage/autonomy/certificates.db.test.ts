import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type JsonObject, mapSides, placeOf } from '@surety/contract'
import { fewestRows, spentDelta } from '@surety/stats'
import { trust } from '../../model/signature.ts'
import { podNamed } from '../../pods.ts'
import { findCertificate } from '../../store/certificates.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { accept } from './accept.ts'
import { atMostHalfForeign, attemptCertificates } from './certificates.ts'
import { readCertificate, verifyCertificate } from './document.ts'
import { loadAutonomy } from './load-autonomy.ts'
import { addRows, autonomyDeps, day, goodRows, serve } from './testing/evidence.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [question] = podNamed('table').questions
const deps = autonomyDeps(db)
const now = day(200)

const at = (tenant: string, digest = `model of ${tenant}`) => ({ tenant, ...placeOf(question), digest })
async function world(tenant: string, rows = goodRows(800)) {
  await serve(db, tenant, question.pod, at(tenant).digest)
  await addRows(db, at(tenant), rows)
}
const attempts = async (tenant: string) =>
  (
    await db.transaction([tenant], handle =>
      handle.query<{ action: string; attempt: number; spending: number; delta: number; detail: JsonObject }>(
        'select action, attempt, spending, delta, detail from certificate_attempts where tenant_id = $1 order by action, attempt',
        [tenant],
      ),
    )
  ).rows
const load = (tenant: string, moment = now) =>
  db.transaction([tenant], handle => loadAutonomy(handle, tenant, question, moment))

test('a model that ranks well is certified on both sides, and what is signed says on what it stands', async () => {
  await world('acme')
  const before = (await load('acme')).epoch
  const outcomes = await attemptCertificates(deps, 'acme', question, now)
  assert.deepEqual(
    outcomes.map(one => [one.action, one.due, one.attempt, one.shortfall]),
    [
      ['yes', 'activated', 1, null],
      ['no', 'activated', 1, null],
    ],
  )
  const { document } = outcomes[0]!.certificate!
  assert.equal(document['delta_t'], spentDelta(0.05, 1))
  assert.equal(document['accepted_by'], 'default policy')
  assert.equal(document['expires_at'], day(230).toISOString())
  assert.deepEqual(
    [(document['data'] as JsonObject)['rows'], (document['data'] as JsonObject)['sources']],
    [800, { held_out: 800 }],
  )
  assert.ok(Number(document['upper']) <= 0.1 && Number(document['threshold']) >= question.threshold)
  assert.ok(Number(outcomes[1]!.certificate!.document['below']) > 0)
  const state = await load('acme')
  assert.equal(state.epoch, before + 1)
  assert.equal(state.certificates.get('yes')?.id, document['id'])
  assert.equal(deps.entries.filter(entry => entry.action === 'autonomy.certified' && entry.tenant === 'acme').length, 2)
})

test('a kept certificate verifies with the public key alone; one changed figure and it does not', async () => {
  const id = (await load('acme')).certificates.get('yes')!.id
  const kept = await db.transaction(['acme'], handle => findCertificate(handle, 'acme', id))
  const signed = readCertificate(kept!.document)
  const keys = trust(new Map(), deps.signingKey)
  assert.equal(verifyCertificate(signed, keys).ok, true)
  const better = { ...signed, document: { ...signed.document, upper: 0.001 } }
  assert.match(verifyCertificate(better, keys).why, /was changed/)
  assert.match(verifyCertificate(signed, new Map()).why, /No trusted key/)
  assert.equal(await db.transaction(['borg'], handle => findCertificate(handle, 'borg', id)), null)
})

test('looking again is no attempt: only labels grown by half, a new model, a changed budget or an expiry is', async () => {
  assert.deepEqual(await attemptCertificates(deps, 'acme', question, day(201)), [])
  await addRows(db, at('acme'), goodRows(399, { prefix: 's', at: day(10) }))
  assert.deepEqual(await attemptCertificates(deps, 'acme', question, day(202)), [])
  await addRows(db, at('acme'), goodRows(1, { prefix: 't', at: day(11) }))
  const grown = await attemptCertificates(deps, 'acme', question, day(203))
  assert.deepEqual(
    grown.map(one => [one.due, one.attempt]),
    [
      ['more_labels', 2],
      ['more_labels', 2],
    ],
  )
  assert.equal((await load('acme')).certificates.get('yes')?.id, grown[0]!.certificate!.document['id'])
  assert.deepEqual(await attemptCertificates(deps, 'acme', question, day(232)), [])
  assert.equal((await load('acme', day(233))).certificates.size, 0)
  const expired = await attemptCertificates(deps, 'acme', question, day(233))
  assert.deepEqual(
    expired.map(one => [one.due, one.attempt]),
    [
      ['expired', 3],
      ['expired', 3],
    ],
  )
  assert.deepEqual(
    (await attempts('acme')).filter(one => one.action === 'yes').map(one => one.delta),
    [1, 2, 3].map(t => spentDelta(0.05, t)),
  )
})

test('a certificate dies with its model, and spending goes on over models; a rollback finds the old one again', async () => {
  await serve(db, 'acme', question.pod, 'another model')
  assert.equal((await load('acme', day(234))).certificates.size, 0)
  assert.deepEqual(await attemptCertificates(deps, 'acme', question, day(234)), [], 'no label, nothing is spent')
  await addRows(db, at('acme', 'another model'), goodRows(800, { at: day(100) }))
  const next = await attemptCertificates(deps, 'acme', question, day(235))
  assert.deepEqual(
    next.map(one => [one.due, one.attempt]),
    [
      ['activated', 4],
      ['activated', 4],
    ],
  )
  await serve(db, 'acme', question.pod, at('acme').digest)
  assert.equal((await load('acme', day(236))).certificates.size, 2)
})

test('too few labels are told exactly, from which score on they count, and spend nothing', async () => {
  await world('small', goodRows(60))
  const [yes] = await attemptCertificates(deps, 'small', question, now)
  const need = fewestRows({ epsilon: 0.1, delta: spentDelta(0.05, 1) })
  assert.deepEqual(
    [yes!.attempt, yes!.shortfall!.code, yes!.shortfall!.have, yes!.shortfall!.need],
    [null, 'too_few_labels', 30, need],
  )
  assert.match(yes!.shortfall!.sentence, /^30 of at least 34 labelled cases at 0.500 or above: 4 more reviews/)
  assert.deepEqual(await attempts('small'), [])
  const state = await load('small')
  assert.deepEqual([state.certificates.size, state.epoch], [0, 0])
  await addRows(db, at('small'), goodRows(8, { prefix: 'more', at: day(1), wrong: 0 }))
  assert.equal((await attemptCertificates(deps, 'small', question, now))[0]!.attempt, 1)
})

test('a refused attempt is kept with its shortfall, and says where the next walk begins', async () => {
  await world('weak', goodRows(800, { wrong: 0.3 }))
  const [yes] = await attemptCertificates(deps, 'weak', question, now)
  assert.deepEqual([yes!.attempt, yes!.certificate, yes!.shortfall!.code], [1, null, 'error_too_high'])
  const [no, kept] = await attempts('weak')
  assert.deepEqual([no!.action, kept!.action, kept!.detail['result']], ['no', 'yes', 'refused'])
  assert.equal(kept!.detail['unlocks_from'], yes!.shortfall!.unlocksFrom)
  assert.match(String(kept!.detail['sentence']), /wrong, .* %; the budget allows 10 %/)
  assert.equal((await load('weak')).shortfalls.get('yes')?.unlocksFrom, yes!.shortfall!.unlocksFrom)
})

test('bulk answers and immature cases feed no certificate', async () => {
  await world(
    'bulk',
    goodRows(800).map(row => ({ ...row, quality: 'bulk' })),
  )
  await addRows(db, at('bulk'), goodRows(800, { prefix: 'young', at: day(199) }))
  assert.deepEqual(await attemptCertificates(deps, 'bulk', question, now), [])
})

test('labels from elsewhere are at most half of the rows, the oldest of them left out', async () => {
  const own = goodRows(300, { at: day(150) })
  const foreign = goodRows(500, { prefix: 'i', at: day(140) }).map(row => ({
    ...row,
    source: 'imported' as const,
    quality: 'imported',
  }))
  await world('half', [...own, ...foreign])
  const [yes] = await attemptCertificates(deps, 'half', question, now)
  const data = yes!.certificate!.document['data'] as JsonObject
  assert.deepEqual(data['sources'], { held_out: 300, imported: 300 })
  assert.equal(data['from'], new Date(day(140).getTime() + 200_000).toISOString())
  assert.deepEqual(atMostHalfForeign([]), [])
})

test('two tenants of one pod are apart: each its own rows, attempts and certificates', async () => {
  await world('left')
  await world('right', goodRows(60))
  await attemptCertificates(deps, 'left', question, now)
  await attemptCertificates(deps, 'right', question, now)
  assert.deepEqual([(await attempts('left')).length, (await attempts('right')).length], [2, 0])
  assert.deepEqual([(await load('left')).certificates.size, (await load('right')).certificates.size], [2, 0])
})

test('two processes at once make one attempt', async () => {
  await world('twice')
  const both = await Promise.all([1, 2].map(() => attemptCertificates(deps, 'twice', question, now)))
  assert.deepEqual(both.map(one => one.length).sort(), [0, 2])
  assert.equal((await attempts('twice')).length, 2)
})

test('a process that ends in the middle leaves nothing behind', async () => {
  await world('cut')
  const failing = { ...deps, audit: async () => Promise.reject(new Error('killed')) }
  await assert.rejects(attemptCertificates(failing, 'cut', question, now), /killed/)
  assert.deepEqual(await attempts('cut'), [])
  assert.deepEqual([(await load('cut')).epoch, (await load('cut')).certificates.size], [0, 0])
})

test('where a first certificate is to be accepted it waits until it is, and those after it do not; that of a history is accepted at once and says so', async () => {
  const asks: typeof question = {
    ...question,
    actions: mapSides(question.actions, action => ({ ...action, firstCertificate: 'accept' as const })),
  }
  const inForce = async (tenant: string) =>
    [...(await db.transaction([tenant], handle => loadAutonomy(handle, tenant, asks, now))).certificates.keys()].sort()
  await world('accepting')
  const [first] = await attemptCertificates(deps, 'accepting', asks, now)
  const id = String(first!.certificate!.document['id'])
  assert.equal(first!.certificate!.document['first_certificate'], 'waits')
  assert.deepEqual(await inForce('accepting'), [])
  const state = await db.transaction(['accepting'], handle => loadAutonomy(handle, 'accepting', asks, now))
  assert.deepEqual([...state.waiting].sort(), ['no', 'yes'])

  const by = { actor: 'key:admin', reason: 'seen', requestId: undefined }
  await accept(deps, 'accepting', id, by, now)
  assert.deepEqual(await inForce('accepting'), ['yes'])
  const after = await db.transaction(['accepting'], handle => loadAutonomy(handle, 'accepting', asks, now))
  assert.ok(after.epoch > state.epoch)
  assert.deepEqual([...after.waiting], ['no'])
  await assert.rejects(accept(deps, 'accepting', id, by, now), { code: 'certificate_not_waiting' })
  assert.deepEqual(
    deps.entries
      .filter(entry => entry.action === 'autonomy.accepted')
      .map(({ tenant, actor, reason }) => [tenant, actor, reason]),
    [['accepting', 'key:admin', 'seen']],
  )
  await addRows(db, at('accepting'), goodRows(400, { prefix: 's', at: day(10) }))
  const [second, stillFirst] = await attemptCertificates(deps, 'accepting', asks, day(201))
  assert.equal(second!.certificate!.document['first_certificate'], 'use')
  assert.equal(stillFirst!.certificate!.document['first_certificate'], 'waits')
  const newest = String(stillFirst!.certificate!.document['id'])
  const replaced = await db.transaction(['accepting'], handle =>
    handle.query<{ id: string }>(
      `select certificate_id as id from certificates where tenant_id = 'accepting' and action = 'no' and certificate_id <> $1`,
      [newest],
    ),
  )
  await assert.rejects(accept(deps, 'accepting', replaced.rows[0]!.id, by, day(201)), {
    code: 'certificate_not_waiting',
  })

  await world('pushed')
  const [ofHistory] = await attemptCertificates({ ...deps, history: () => true }, 'pushed', asks, now)
  assert.equal(ofHistory!.certificate!.document['first_certificate'], 'history')
  assert.deepEqual(await inForce('pushed'), ['no', 'yes'])
})
