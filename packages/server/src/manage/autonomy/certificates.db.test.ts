import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Json, type JsonObject, placeOf } from '@surety/contract'
import { trust } from '../../model/signature.ts'
import { podNamed } from '../../pods.ts'
import { saveActing } from '../../store/acting-versions.ts'
import { findCertificate } from '../../store/certificates.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { readCertificate, verifyCertificate } from './document.ts'
import { overviewOf } from './overview.ts'
import { checkVersions } from './records/check-versions.ts'
import { now, openCertifying } from './testing/certifying.ts'
import { addRows, day, goodRows, serve } from './testing/evidence.ts'
import { putEarlier } from './testing/put-earlier.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [question] = podNamed('table').questions
const { deps, world, look, issued, load, actingIn, settled } = openCertifying(db, question)

test('a model that ranks well is certified on both sides, and what is signed says on what it stands', async () => {
  await settled('acme')
  const before = (await load('acme')).epoch
  const found = await look('acme')
  const { document } = found.get('yes')!.certificate!
  const record = document['record'] as JsonObject
  assert.deepEqual(
    [document['method'], document['accepted_by'], document['expires_at']],
    ['record_betting_mixture', 'default policy', day(90).toISOString()],
  )
  assert.deepEqual([record['rows'], record['in_region'], record['lines'], record['why']], [800, 400, 800, 'first'])
  assert.ok(Number(document['upper']) <= 0.1)
  assert.equal((document['cut'] as JsonObject)['threshold'], question.threshold)
  assert.deepEqual(document['delta'], { suspensions: 0, budget_changes: 0, of_record: 0.05 })
  assert.equal((document['check'] as JsonObject)['rows'], 800)
  assert.ok(Number(found.get('no')!.certificate!.document['miss_upper']) <= 0.2)
  const state = await load('acme')
  assert.ok(state.epoch > before)
  const region = state.certificates.get('yes')!
  assert.deepEqual([region.id, region.cut, state.acting?.version], [document['id'], 0, 1])
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
  const program = fileURLToPath(new URL('../../../../../bin/verify-receipt.mjs', import.meta.url))
  const { verifyCertificate: verify } = (await import(program)) as {
    verifyCertificate(certificate: Json, trusted: { keys: readonly string[] }): readonly string[]
  }
  const steps = verify(signed as unknown as Json, { keys: [deps.signingKey.publicText] })
  assert.match(steps.join('\n'), /400 of 800 cases lay in cut 0/)
})

test('looking is free: an equal result renews nothing until five days are left, then it does, and a gap is closed', async () => {
  for (const at of [61, 70, 84]) assert.deepEqual(await issued('acme', day(at)), [])
  const { epoch, certificates } = await load('acme', day(84))
  const before = certificates.get('yes')!.id
  assert.deepEqual(await issued('acme', day(85)), ['yes', 'no'])
  assert.equal((await load('acme', day(85))).epoch, epoch + 1, 'what was decided before it is void')
  assert.notEqual((await load('acme', day(85))).certificates.get('yes')!.id, before)
  assert.equal((await load('acme', day(115))).certificates.size, 0, 'it runs out by itself')
  assert.deepEqual(await issued('acme', day(116)), ['yes', 'no'])
})

test('what reaches further than the certificate in force takes its place at once', async () => {
  await world.promote('widens')
  await world.begin('widens')
  // Right where it is surest; between .7 and .8 a fifth is wrong.
  const unsure = Array.from({ length: 100 }, (_, i) => ({
    id: `u${i}`,
    p: 0.7 + i / 1000,
    y: (i % 5 === 0 ? 0 : 1) as 0 | 1,
    at: day(2),
  }))
  await world.settle('widens', [...goodRows(300), ...unsure])
  const first = (await look('widens')).get('yes')!.certificate!.document
  const strict = (first['cut'] as JsonObject)['k'] as number
  assert.ok(strict > 0)
  await world.settle('widens', goodRows(1500, { prefix: 'more', at: day(10) }))
  const second = (await look('widens', day(61))).get('yes')!.certificate!.document
  assert.ok(((second['cut'] as JsonObject)['k'] as number) < strict)
  assert.equal((second['record'] as JsonObject)['id'], (first['record'] as JsonObject)['id'])
})

test('a certificate survives a new version, which takes over once its own unseen rows have spoken for it', async () => {
  await settled('lives')
  await look('lives')
  const next = { version: 2, digest: 'the next' }
  await world.promote('lives', next, day(61))
  assert.deepEqual(await issued('lives', day(61)), [])
  const held = await load('lives', day(61))
  assert.deepEqual([held.certificates.size, held.acting?.version, held.digest], [2, 1, 'the next'])
  // What it was judged on, and what it said live beside the one that acts.
  await addRows(db, { ...world.placeIn('lives'), digest: next.digest }, goodRows(400, { prefix: 'n', at: day(20) }))
  await checkVersions(db, 'lives', question, [next], day(62))
  const before = (await load('lives', day(62))).epoch
  await look('lives', day(62))
  const handed = await load('lives', day(62))
  assert.deepEqual([handed.acting?.version, handed.certificates.size], [2, 2])
  assert.ok(handed.epoch > before, 'what was decided by the other version is void')
  assert.deepEqual((await actingIn('lives'))?.since, day(62))
  const [entry] = deps.entries.filter(one => one.action === 'autonomy.version_acts' && one.detail?.['version'] === 2)
  assert.deepEqual(entry?.detail?.['before'], { version: 1, digest: 'model of lives' })
  // The rows of both go on in one record.
  await world.settle('lives', goodRows(100, { prefix: 'by2', at: day(63) }), next)
  const again = (await look('lives', day(95))).get('yes')!.certificate!.document['record'] as JsonObject
  assert.deepEqual([again['rows'], again['versions']], [900, { from: 1, to: 2 }])
})

test('a spoiled version does not take over, and one that acts and turns bad is asked about; one that was withdrawn hands over at once', async () => {
  await settled('spoiled')
  await look('spoiled')
  const bad = { version: 2, digest: 'spoiled' }
  await world.promote('spoiled', bad, day(61))
  const wrong = goodRows(400, { prefix: 'w', at: day(20) }).map(row => ({ ...row, y: (1 - row.y) as 0 | 1 }))
  await addRows(db, { ...world.placeIn('spoiled'), digest: bad.digest }, wrong)
  await look('spoiled', day(62))
  assert.equal((await load('spoiled', day(62))).acting?.version, 1)
  // The one that acts is held against its newest rows as well, and loses its pass.
  const turned = goodRows(2000, { prefix: 't', at: day(25) }).map(row => ({ ...row, y: (1 - row.y) as 0 | 1 }))
  await addRows(db, { ...world.placeIn('spoiled'), digest: 'model of spoiled' }, turned)
  await look('spoiled', day(63))
  const asked = await load('spoiled', day(63))
  assert.deepEqual([asked.certificates.size, [...asked.unpassed].sort()], [0, ['no', 'yes']])
  const view = await db.transaction(['spoiled'], handle => overviewOf(handle, 'spoiled', question, day(63)))
  assert.deepEqual([view.actions[0]!.certificate?.cut?.acted, view.actions[0]!.certificate?.threshold], [null, null])
  await db.transaction(['spoiled'], handle =>
    handle.query(`update models set accepted_at = null where digest = 'model of spoiled'`),
  )
  await look('spoiled', day(64))
  assert.equal((await actingIn('spoiled'))?.version, 2, 'who acted is gone, so nobody else is there')
  assert.equal((await load('spoiled', day(64))).certificates.size, 0)
})

test('too few labels are told exactly, from which score on they count; one more row than is needed certifies', async () => {
  await settled('small', goodRows(60))
  const yes = (await look('small')).get('yes')!
  const { code, have, need, sentence } = yes.shortfall!
  assert.deepEqual([yes.certificate, code, have < 47, need >= 47], [null, 'too_few_labels', true, true])
  assert.match(sentence, /^\d+ cases at least this sure so far, \d wrong\. At this rate about \d+ more are needed/)
  const state = await load('small')
  assert.deepEqual([state.certificates.size, state.shortfalls.get('yes')?.have], [0, have])
  // One and a half times the plan of .3 are the best 45 % of scores, or the stricter threshold of the operator.
  assert.ok(Math.abs(state.shortfalls.get('yes')!.unlocksFrom! - 0.535) < 0.02)
  await world.settle('small', goodRows(2 * (need - have) + 4, { prefix: 'more', at: day(1) }))
  assert.ok((await issued('small')).includes('yes'))
  assert.equal((await load('small')).shortfalls.get('yes'), undefined)
})

test('too many wrong ones are refused, whatever their number', async () => {
  await settled('weak', goodRows(800, { wrong: 0.3 }))
  const yes = (await look('weak')).get('yes')!
  assert.deepEqual([yes.certificate, yes.shortfall!.code], [null, 'error_too_high'])
  assert.match(yes.shortfall!.sentence, /surest cases were wrong, .* %.*; the budget allows 10 %/)
})

test('bulk and imported labels and immature cases feed no certificate', async () => {
  await settled(
    'bulk',
    goodRows(800).map(row => ({ ...row, quality: 'bulk' })),
  )
  await world.settle(
    'bulk',
    goodRows(800, { prefix: 'i' }).map(row => ({ ...row, quality: 'imported' })),
  )
  await world.settle('bulk', goodRows(800, { prefix: 'young', at: day(59) }))
  const found = await look('bulk')
  assert.deepEqual(
    [...found.values()].map(({ certificate, shortfall }) => [certificate, shortfall?.code, shortfall?.have]),
    [
      [null, 'too_few_labels', 0],
      [null, 'too_few_labels', 0],
    ],
  )
})

test('before anything was counted it is said what has to be there first', async () => {
  await world.promote('fresh')
  const yes = (await look('fresh')).get('yes')!
  assert.deepEqual([yes.shortfall?.code, yes.shortfall?.need], ['no_record', 47])
})

test('two tenants of one pod are apart: each its own rows and certificates', async () => {
  await settled('left')
  await settled('right', goodRows(60))
  await look('left')
  await look('right')
  assert.deepEqual([(await load('left')).certificates.size, (await load('right')).certificates.size], [2, 0])
})

test('two processes at once issue one certificate of each action', async () => {
  await settled('twice')
  const both = await Promise.all([1, 2].map(() => issued('twice')))
  assert.deepEqual(both.map(one => one.length).sort(), [0, 2])
})

test('a process that ends in the middle leaves no certificate behind', async () => {
  await settled('cut')
  const failing = { ...deps, audit: async () => Promise.reject(new Error('killed')) }
  await assert.rejects(look('cut', now, question, failing as never), /killed/)
  assert.equal((await load('cut')).certificates.size, 0)
  assert.equal(await actingIn('cut'), null)
  assert.deepEqual(await issued('cut'), ['yes', 'no'])
})

test('a version that acted once does not act again when something is certified anew, whatever it passes', async () => {
  const once = { version: 0, digest: 'once' }
  await world.promote('anew', once)
  await settled('anew')
  // The newest one has said the opposite of what came, and passes nowhere; the other one passes.
  const bad = goodRows(2000, { prefix: 'w', at: day(20) }).map(row => ({ ...row, y: (1 - row.y) as 0 | 1 }))
  await addRows(db, { ...world.placeIn('anew'), digest: 'model of anew' }, bad)
  await addRows(db, { ...world.placeIn('anew'), digest: once.digest }, goodRows(400, { prefix: 'o' }))
  await db.transaction(['anew'], handle => saveActing(handle, 'anew', placeOf(question), { ...once, since: day(0) }))
  assert.deepEqual(await issued('anew'), ['yes', 'no'])
  const state = await load('anew')
  assert.deepEqual([state.acting?.version, [...state.unpassed].sort()], [1, ['no', 'yes']])
})

test('a certificate of one model alone, from before records, holds for that model until it runs out; a record takes its place', async () => {
  await world.promote('older')
  await world.begin('older')
  await putEarlier(db, 'older', world.modelOf('older').digest)
  await look('older')
  const held = await load('older')
  assert.deepEqual([held.certificates.get('yes')?.threshold, held.certificates.get('yes')?.cut], [0.8, null])
  assert.equal(held.shortfalls.get('yes'), undefined, 'it still holds')
  const view = await db.transaction(['older'], handle => overviewOf(handle, 'older', question, now))
  const { cut, share, counts } = view.actions[0]!.certificate!
  assert.deepEqual([cut, share, counts.accepted, counts.wrong], [null, 0.2, 300, 9])
  assert.equal((await load('older', day(81))).certificates.size, 0)
  await serve(db, 'older', question.pod, 'another')
  assert.equal((await load('older', day(61))).certificates.size, 0)
  await serve(db, 'older', question.pod, 'model of older')
  await world.settle('older', goodRows(800))
  assert.deepEqual(await issued('older', day(62)), ['yes', 'no'])
  assert.notEqual((await load('older', day(62))).certificates.get('yes')?.cut, null)
})
