import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { pod, type Role } from '@surety/contract'
import pg from 'pg'
import { Registry } from 'prom-client'
import { learning } from '../../app/core.ts'
import type { ModelArtefact } from '../../model/artefact.ts'
import { exampleModel } from '../../model/example-model.ts'
import { makeSigningKey, signModel, trust } from '../../model/signature.ts'
import { pods } from '../../pods.ts'
import { virtualClock, wallClock } from '../../runtime/clock.ts'
import type { Context } from '../../runtime/context.ts'
import { openListen } from '../../runtime/listen.ts'
import { every } from '../../runtime/loop.ts'
import { appendAudit } from '../../store/audit.ts'
import { clientConfig, type Database, openDatabase } from '../../store/db.ts'
import { pointAt, saveModel } from '../../store/models.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { verifyAudit } from '../audit/verify-audit.ts'
import { openModels } from './open-models.ts'
import { createRegistry } from './registry.ts'
import { caller, code, openReplica } from './testing/replica.ts'

const database = await openTestDatabase()
const { db } = database
const owner = new pg.Client(clientConfig(database.address, database.role))
await owner.connect()
const folder = await mkdtemp(join(tmpdir(), 'surety-models-'))
after(async () => {
  await owner.end()
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  await owner.query('truncate models, active_models')
  await rm(join(folder, 'model.json'), { force: true })
  tenants = ['acme']
})

const { key, text: keyText } = makeSigningKey()
const version = 1_730_483_820
let clock = version * 1000
let tenants = ['acme']
const now = () => {
  clock += 1000
  return new Date(clock)
}

const world = { db, now, key, floor: 0.65, modelPath: join(folder, 'model.json'), tenants: async () => tenants }
const replica = (at = db) => openReplica({ ...world, db: at })
const { question } = openReplica(world)

const signed = (change: Parameters<typeof exampleModel>[0] = {}): ModelArtefact => signModel(exampleModel(change), key)
const upload = (
  at: ReturnType<typeof replica>,
  candidate: unknown,
  more: { role?: Role; minAuc?: string; reason?: string; tenant?: string } = {},
) => {
  const { role = 'operator', minAuc, reason, tenant } = more
  return at.models.reload(caller(role, tenant), { candidate, minAuc, reason, requestId: 'r1' })
}
const audited = async (): Promise<{ action: string; reason: string | null }[]> => {
  const sql = `select action, reason from audit where tenant_id = '*' order by seq desc limit 1`
  return (await db.transaction(['*'], handle => handle.query<{ action: string; reason: string | null }>(sql))).rows
}

test('fact 43: an accepted model answers the six keys, serves at once and is audited', async () => {
  const here = replica()
  const model = signed({ metrics: { auc: 0.65, auc_ci: [0.56, 0.74], n_train: 523 } })
  const answer = await upload(here, JSON.parse(JSON.stringify(model)), { minAuc: '0.65' })
  const loadTime = clock / 1000
  assert.ok(answer.accepted)
  const { load_time: loaded, ...body } = answer.body
  assert.ok(Math.abs(loaded - loadTime) <= 2)
  assert.deepEqual(body, { ok: true, version, auc: 0.65, n_train: 523, validated: true })
  assert.equal(here.registry.serving('acme')?.digest, model.digest)
  const status = await here.models.status('acme')
  assert.deepEqual([status.loaded, status.version, status.health], [true, version, 'ok'])
  assert.deepEqual(await audited(), [{ action: 'model.accepted', reason: null }])
})

test('fact 42: a refused candidate answers five keys, and the old model keeps serving', async () => {
  const here = replica()
  await upload(here, signed())
  const better = signed({ metrics: { auc: 0.68 } })
  const refused = await upload(here, better, { minAuc: '0.70' })
  const body = { ok: false, error: 'Model AUC below threshold', auc: 0.68, min_auc: 0.7, rejected: true }
  assert.deepEqual(refused, { accepted: false, code: 'auc_below_threshold', body })
  assert.equal((await here.models.status('acme')).auc, 0.78)
  assert.deepEqual(await audited(), [{ action: 'model.refused', reason: null }])
  assert.deepEqual(here.results, ['accepted', 'auc_below_threshold'])
})

test('fact 46: without a body the model file is read; a missing or broken one unloads nothing', async () => {
  const here = replica()
  const missing = await upload(here, null)
  assert.equal(missing.body.ok === false && missing.body.error, 'Model file not found')
  await writeFile(join(folder, 'model.json'), JSON.stringify(signed()))
  assert.equal((await upload(here, null)).accepted, true)
  await writeFile(join(folder, 'model.json'), '{"schema":')
  const broken = await upload(here, null)
  assert.equal(broken.body.ok === false && broken.body.error, 'Model file unreadable')
  assert.equal((await here.models.status('acme')).loaded, true)
})

test('fact 47: only an admin with a reason goes below the floor, and the override stays valid for that digest', async () => {
  const here = replica()
  const weak = signed({ metrics: { auc: 0.6, auc_ci: [0.52, 0.68] } })
  await assert.rejects(upload(here, weak, { minAuc: '0.5' }), code('floor_requires_admin'))
  await assert.rejects(upload(here, weak, { minAuc: '0.5', role: 'admin' }), code('reason_required'))
  await assert.rejects(upload(here, weak, { minAuc: '0.5', role: 'admin', reason: '  ' }), code('reason_required'))
  for (const minAuc of ['abc', '', 'NaN', '1.1', '-0.1', 'Infinity', '0x1'])
    await assert.rejects(upload(here, weak, { minAuc, role: 'admin', reason: 'x' }), code('invalid_min_auc'))
  const answer = await upload(here, weak, { minAuc: '0.5', role: 'admin', reason: 'first pilot' })
  assert.equal(answer.body.ok && answer.body.validated, false)
  assert.deepEqual(await audited(), [{ action: 'model.accepted_below_floor', reason: 'first pilot' }])
  const restarted = replica()
  await restarted.models.start()
  assert.equal(restarted.registry.serving('acme')?.digest, weak.digest)
  assert.equal((await upload(restarted, weak)).accepted, true)
})

test('reloading the identical digest answers ok and changes nothing', async () => {
  const here = replica()
  const first = await upload(here, signed())
  const before = await owner.query(`select count(*) from models`)
  const entries = await owner.query(`select length from audit_heads where tenant_id = '*'`)
  const again = await upload(here, signed())
  assert.deepEqual(again, first)
  assert.deepEqual(here.results, ['accepted', 'unchanged'])
  assert.deepEqual((await owner.query(`select count(*) from models`)).rows, before.rows)
  assert.deepEqual((await owner.query(`select length from audit_heads where tenant_id = '*'`)).rows, entries.rows)
})

test('a rollback returns to the last good model before, and never to one that was rolled back', async () => {
  const here = replica()
  const [one, two, three] = [signed({ version: 1 }), signed({ version: 2 }), signed({ version: 3 })]
  const admin = caller('operator')
  await assert.rejects(here.models.rollback(admin, 'why', 'r'), code('no_previous_model'))
  await upload(here, one)
  await assert.rejects(here.models.rollback(admin, 'why', 'r'), code('no_previous_model'))
  await upload(here, two)
  assert.equal((await here.models.rollback(admin, 'two is bad', 'r')).version, 1)
  assert.deepEqual(await audited(), [{ action: 'model.rolled_back', reason: 'two is bad' }])
  await upload(here, three)
  assert.equal((await here.models.rollback(admin, 'three too', 'r')).version, 1)
  const { rows } = await owner.query(`select set_config('surety.tenants', '*', false)`)
  assert.equal(rows.length, 1)
  assert.equal((await owner.query('select from models')).rowCount, 3)
  assert.ok((await db.transaction(['*'], handle => verifyAudit(handle, '*'))).ok)
})

test('what only an override let in comes back by an admin with a reason, and by nobody else', async () => {
  const here = replica()
  const low = (change: object) => signed({ metrics: { auc: 0.56, auc_ci: [0.52, 0.6] }, ...change })
  const [good, weak, better] = [signed({ version: 1 }), low({ version: 2 }), signed({ version: 3 })]
  const override = { role: 'admin', minAuc: '0.5', reason: 'first pilot' } as const
  await upload(here, good)
  await upload(here, weak, override)
  await upload(here, better)
  assert.equal((await here.models.rollback(caller('operator'), 'three is bad', 'r')).version, 1)
  assert.equal(here.registry.current('*')?.validated, true)

  const again = await upload(here, weak)
  assert.equal(again.accepted, false, 'an operator uploads it once more')
  assert.equal((await upload(here, weak, { role: 'admin' })).accepted, false, 'an admin, without a reason')
  assert.equal(here.registry.current('*')?.model.version, 1)
  const overridden = await upload(here, weak, { role: 'admin', reason: 'once more' })
  assert.equal(overridden.body.ok && overridden.body.validated, false)

  await upload(here, signed({ version: 4 }))
  const belowFloor = (role: Role) => here.models.rollback(caller(role), 'four is worse still', 'r', true)
  await assert.rejects(belowFloor('operator'), code('floor_requires_admin'))
  assert.equal((await belowFloor('admin')).version, 2)
  assert.equal(here.registry.current('*')?.validated, false)
})

test('the other replica follows a swap by notice', async () => {
  const here = replica()
  const onError = (error: unknown) => assert.fail(String(error))
  // Its own clock stands still: what it does not hear it never sees.
  const standing = virtualClock(new Date(clock))
  const config = { minAuc: 0.65, modelPath: join(folder, 'model.json'), modelTrustedKeys: '' }
  const secrets = { modelSigningKey: keyText }
  const each = (loop: Parameters<Context['every']>[0]) => every({ ...loop, clock: standing, onError })
  await using there = await openModels(
    { db, config, secrets, now, pods, audit: appendAudit, metrics: new Registry(), every: each },
    learning,
  )
  await using listen = await openListen({ db, clock: wallClock(), onError })
  await listen.add(there)
  const model = signed()
  await upload(here, model)
  const { registry } = there
  for (let turn = 0; registry.serving('acme') === null && turn < 2_000; turn++) await wait(5)
  assert.equal(registry.serving('acme')?.digest, model.digest)
  assert.equal((await there.service.status('acme')).load_time, (await here.models.status('acme')).load_time)
})

test('the models of a new tenant are two looks, at its scopes and at what serves there, however many pods and callers there are', async () => {
  let looks = 0
  const counted: Database = {
    ...db,
    read(tenants, work) {
      looks++
      return db.read(tenants, work)
    },
  }
  const own = Array.from({ length: 4 }, (_, n) =>
    pod({ ...pods[0]!, name: `pod-${n}`, questions: [{ ...pods[0]!.questions[0], modelScope: 'tenant' }] }),
  )
  const config = { minAuc: 0.65, modelPath: join(folder, 'none.json'), modelTrustedKeys: '' }
  await using there = await openModels(
    {
      db: counted,
      now,
      pods: own,
      audit: appendAudit,
      metrics: new Registry(),
      config,
      secrets: { modelSigningKey: keyText },
    },
    { ...learning, shown: own[0]!.questions[0] },
  )
  const served = own
    .slice(1)
    .map(({ name }, n) => signModel({ ...exampleModel({ version: version + n }), tenant: 'acme', pod: name }, key))
  await db.transaction(['acme'], async handle => {
    for (const model of served) {
      await saveModel(
        handle,
        { pod: model.pod!, question: 'main', scope: 'acme' },
        {
          version: model.version,
          digest: model.digest,
          artefact: JSON.stringify(model),
          accepted: true,
          validated: true,
          verdict: {},
          at: now(),
        },
      )
      await pointAt(handle, { pod: model.pod!, question: 'main', scope: 'acme' }, { ...model, validated: true }, now())
    }
  })
  await Promise.all([there.cover('acme'), there.cover('acme')])
  const [first, second] = [looks, there.cover('acme')]
  assert.deepEqual(
    own.map(({ questions: [one] }) => there.serving('acme', one)?.digest ?? null),
    [null, ...served.map(({ digest }) => digest)],
  )
  assert.equal(second, null, 'what was looked at is known')
  assert.equal(first, 2, 'two callers at once wait for the same looks')
})

test('one look follows all tenants; another one only where another model is active', async () => {
  let transactions = 0
  const counted: Database = {
    ...db,
    transaction(tenants, work) {
      transactions++
      return db.transaction(tenants, work)
    },
  }
  const registry = createRegistry({
    db: counted,
    now,
    floor: 0.65,
    question: { ...question, modelScope: 'tenant' },
    trusted: trust(new Map(), key),
  })
  const everybody = Array.from({ length: 20 }, (_, n) => `tenant-${n}`)
  for (const tenant of everybody) await registry.cover(tenant)
  const model = signModel({ ...exampleModel(), tenant: 'tenant-7' }, key)
  await db.transaction(['tenant-7'], async handle => {
    await handle.query({
      text: `insert into models (tenant_id, pod, version, digest, artefact, accepted, validated, verdict, created_at, accepted_at)
        values ('tenant-7', 'customer-ops', $1, $2, $3, true, true, '{}', now(), now())`,
      values: [model.version, model.digest, JSON.stringify(model)],
    })
    await handle.query({
      text: `insert into active_models (tenant_id, pod, version, digest, validated, activated_at) values ('tenant-7', 'customer-ops', $1, $2, true, now())`,
      values: [model.version, model.digest],
    })
  })
  transactions = 0
  await registry.refresh()
  assert.equal(transactions, 2)
  assert.equal(registry.serving('tenant-7')?.digest, model.digest)
  assert.equal(registry.serving('tenant-8'), null)
  transactions = 0
  await registry.refresh()
  assert.equal(transactions, 1)
})

test('a stored model that was edited is not served: health says error, and what serves already goes on', async () => {
  const here = replica()
  const model = signed()
  await upload(here, model)
  const edited = JSON.stringify({ ...model, intercept: 9 })
  await owner.query(`select set_config('surety.tenants', '*', false)`)
  await owner.query('update models set artefact = $1', [edited])
  await here.registry.refresh()
  assert.equal((await here.models.status('acme')).health, 'ok')
  const restarted = replica()
  await restarted.models.start()
  const status = await restarted.models.status('acme')
  assert.deepEqual([status.loaded, status.health, status.conditions], [false, 'error', ['error']])
  assert.equal(restarted.registry.serving('acme'), null)
})

test('with nothing accepted yet the model file is adopted at start, and an untrusted one is an error', async () => {
  const empty = replica()
  await empty.models.start()
  assert.equal((await empty.models.status('acme')).health, 'no_model')
  const path = join(folder, 'model.json')
  await writeFile(path, JSON.stringify(signModel(exampleModel(), makeSigningKey().key)))
  const foreign = replica()
  await foreign.models.start()
  assert.equal((await foreign.models.status('acme')).health, 'error')
  await writeFile(path, JSON.stringify(signed()))
  const good = replica()
  await good.models.start()
  assert.equal((await good.models.status('acme')).health, 'ok')
})

test('once a second tenant exists the shared model needs a platform key', async () => {
  const here = replica()
  tenants = ['acme', 'borg']
  await assert.rejects(upload(here, signed()), code('platform_key_required'))
  await assert.rejects(here.models.retrain(caller('admin'), 'why', 'r'), code('platform_key_required'))
  assert.equal((await upload(here, signed(), { tenant: '*' })).accepted, true)
})

test('the card tells what is known, says unknown where nobody recorded it, and hides other tenants', async () => {
  const here = replica()
  assert.equal((await here.models.card('acme'))['version'], 'unknown')
  await upload(here, signed())
  const segments = [
    { feature: 'tenant', level: 'acme', n: 60, positives: 20, auc: 0.7 },
    { feature: 'tenant', level: 'borg', n: 70, positives: 20, auc: 0.6 },
    { feature: 'intent', level: 'quote', n: 130, positives: 40, auc: 0.68 },
  ]
  await upload(here, signModel({ ...exampleModel({ version: version + 9 }), report: { segments } }, key))
  const card = await here.models.card('acme')
  assert.deepEqual(card['segments'], [segments[0], segments[2]])
  assert.equal(card['calibration_table'], 'unknown')
  assert.deepEqual((card['previous'] as { version: number }).version, version)
  assert.deepEqual((await here.models.card('*'))['segments'], segments)
})

test('a database that does not answer is an error of health, and the question is still answered', async () => {
  await using away = openDatabase({ host: '127.0.0.1', port: 1, user: 'nobody', database: 'none' }, null, 1)
  const status = await replica(away).models.status('acme')
  assert.deepEqual([status.loaded, status.health], [false, 'error'])
})
