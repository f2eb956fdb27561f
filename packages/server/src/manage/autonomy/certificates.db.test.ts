import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Json, type JsonObject, mapSides, placeOf, type Question } from '@surety/contract'
import { trust } from '../../model/signature.ts'
import { podNamed } from '../../pods.ts'
import { readActing, saveActing } from '../../store/acting-versions.ts'
import { bumpEpoch } from '../../store/autonomy-epochs.ts'
import { findCertificate } from '../../store/certificates.ts'
import { insertSetting } from '../../store/settings.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { accept } from './accept.ts'
import { budgetsChanged } from './budget-setting.ts'
import { readCertificate, verifyCertificate } from './document.ts'
import { loadAutonomy } from './load-autonomy.ts'
import { overviewOf } from './overview.ts'
import { checkVersions } from './records/check-versions.ts'
import { refreshAutonomy } from './refresh.ts'
import { addRows, autonomyDeps, day, goodRows, serve } from './testing/evidence.ts'
import { recordWorld } from './testing/record-world.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [question] = podNamed('table').questions
const deps = autonomyDeps(db)
const world = recordWorld(db, question)
const now = day(60)
const by = { actor: 'key:admin', reason: 'seen', requestId: undefined }

/** One look at the evidence, and what it issued by action. */
async function look(tenant: string, at = now, of: Question = question, parts = deps) {
  const { certified } = await refreshAutonomy(parts, tenant, of, at)
  return new Map(certified.map(one => [one.action, one]))
}
const issued = async (tenant: string, at = now, of: Question = question) =>
  [...(await look(tenant, at, of)).values()].flatMap(({ action, certificate }) =>
    certificate === null ? [] : [action],
  )
const load = (tenant: string, moment = now, of: Question = question) =>
  db.transaction([tenant], handle => loadAutonomy(handle, tenant, of, moment))
const actingIn = (tenant: string) => db.read([tenant], reader => readActing(reader, tenant, placeOf(question)))
/** A version with cuts, records since day 0, and what it decided since. */
async function settled(tenant: string, rows = goodRows(800)) {
  await world.promote(tenant)
  await world.begin(tenant)
  await world.settle(tenant, rows)
}

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

/** A certificate that was issued before there were records. */
async function putEarlier(tenant: string): Promise<void> {
  await db.transaction([tenant], async handle => {
    await handle.query(
      `insert into certificates (tenant_id, certificate_id, pod, question, action, model_digest, model_version, attempt, threshold, below,
          issued_at, expires_at, document)
        values ($4, gen_random_uuid(), 'table', 'main', 'yes', $5, 1, 3, 0.8, null, $1, $2, $3)`,
      [
        day(50),
        day(80),
        JSON.stringify({
          document: {
            format: 'surety.certificate/1',
            share: 0.2,
            upper: 0.05,
            counts: { n: 900, accepted: 300, wrong: 9 },
          },
          digest: '',
          signature: {},
        }),
        tenant,
        world.modelOf(tenant).digest,
      ],
    )
    await bumpEpoch(handle, tenant, 'table')
  })
}

test('a certificate of one model alone, from before records, holds for that model until it runs out; a record takes its place', async () => {
  await world.promote('older')
  await world.begin('older')
  await putEarlier('older')
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

test('one of before records is taken back by a stricter budget too, where no record could be asked by it', async () => {
  await world.promote('earlier')
  await putEarlier('earlier')
  assert.equal((await load('earlier')).certificates.get('yes')?.threshold, 0.8)
  await change('earlier', 'autonomy', {}, { actions: { yes: { alpha: 0.05 } } }, now)
  assert.equal((await load('earlier')).certificates.size, 0)
})
