import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { podNamed } from '../../pods.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { autonomyOf } from './autonomy-of.ts'
import { loadAutonomy } from './load-autonomy.ts'
import { day } from './testing/evidence.ts'

/** Which version is acted on, and in which region, by what the database says. */
const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database
const question = { ...podNamed('customer-ops').questions[0], modelScope: 'tenant' } as const
const [act, clear] = [question.actions.act!.name, question.actions.clear!.name]
const now = day(40)

type Tenant = string
const run = (tenant: Tenant, text: string, values: unknown[] = []) =>
  db.transaction([tenant, '*'], handle => handle.query(text, [tenant, ...values]))

/** A version of the tenant's own that was accepted. */
async function keep(tenant: Tenant, version: number, acceptedAt: Date | null = day(version)) {
  await run(
    tenant,
    `insert into models (tenant_id, pod, question, version, digest, artefact, accepted, validated, verdict, created_at, accepted_at)
      values ($1, 'customer-ops', 'main', $2, $3, '{}', true, true, '{}', $4, $5)`,
    [version, `v${version}`, day(version), acceptedAt],
  )
}
const promote = (tenant: Tenant, version: number) =>
  run(
    tenant,
    `insert into active_models (tenant_id, pod, question, version, digest, validated, activated_at)
      values ($1, 'customer-ops', 'main', $2, $3, true, $4)
      on conflict (tenant_id, pod, question) do update set version = excluded.version, digest = excluded.digest`,
    [version, `v${version}`, day(version)],
  )
const handTo = (tenant: Tenant, version: number) =>
  run(tenant, `insert into acting_versions values ($1, 'customer-ops', 'main', $2, $3, $4)`, [
    `v${version}`,
    version,
    day(version),
  ])
/** Cut k acts from k/100 on and clears up to 1 - k/100. */
const thresholds = {
  act: Array.from({ length: 64 }, (_, k) => k / 100),
  clear: Array.from({ length: 64 }, (_, k) => 1 - k / 100),
}
const freeze = (tenant: Tenant, version: number) =>
  run(tenant, `insert into version_cuts values ($1, 'customer-ops', 'main', $2, $3, $4, 100, $5)`, [
    `v${version}`,
    version,
    day(version),
    JSON.stringify(thresholds),
  ])
const check = (tenant: Tenant, version: number, action: string, passes: readonly number[]) =>
  run(
    tenant,
    `insert into version_checks values ($1, 'customer-ops', 'main', $2, $3, $4, 100, 120, $5, '{}')
      on conflict (tenant_id, pod, question, action, model_digest) do update set passes = excluded.passes`,
    [action, `v${version}`, now, JSON.stringify(passes)],
  )
interface Given {
  readonly action?: string
  readonly cuts?: readonly number[] | null
  readonly threshold?: number
  readonly issuedAt?: Date
  readonly waits?: boolean
}
/** Of a record where it has cuts, else of the one model. */
const certify = (tenant: Tenant, version: number, given: Given = {}) =>
  run(
    tenant,
    `insert into certificates (tenant_id, certificate_id, pod, question, action, model_digest, model_version, attempt, threshold,
        below, issued_at, expires_at, document, waits, record_id, cuts)
      values ($1, gen_random_uuid(), 'customer-ops', 'main', $2, $3, $4, 1, $5, null, $6, $7, '{}', $8, $9, $10)`,
    [
      given.action ?? act,
      `v${version}`,
      version,
      given.threshold ?? 0.8,
      given.issuedAt ?? day(30),
      day(60),
      given.waits ?? false,
      given.cuts == null ? null : crypto.randomUUID(),
      given.cuts == null ? null : JSON.stringify(given.cuts),
    ],
  )

const load = (tenant: Tenant) => db.transaction([tenant], handle => loadAutonomy(handle, tenant, question, now))
/** What is acted on and where, by action: the cut and its threshold. */
async function acted(tenant: Tenant) {
  const { acting, certificates, unpassed } = await load(tenant)
  const regions = [...certificates].map(([action, { cut, threshold }]) => [action, cut, threshold])
  return { version: acting?.version ?? null, regions: regions.sort(), unpassed: [...unpassed] }
}

/** Version 1 was certified and is acted on; version 2 was promoted since. */
async function world(tenant: Tenant) {
  for (const version of [1, 2]) await keep(tenant, version)
  await promote(tenant, 2)
  await handTo(tenant, 1)
  for (const version of [1, 2]) await freeze(tenant, version)
  await certify(tenant, 1, { cuts: [20, 21, 24] })
  await check(tenant, 1, act, [10, 21, 22, 24])
}

test('while a certificate of a record is in force the version that it was handed to goes on, at the loosest cut where it passes', async () => {
  await world('acme')
  assert.deepEqual(await acted('acme'), { version: 1, regions: [[act, 21, 0.21]], unpassed: [] })
  assert.equal((await load('acme')).digest, 'v2', 'the newest that was promoted serves all the same')
})

test('a pass that was taken back moves the region, and without any the action is asked', async () => {
  await world('passes')
  await check('passes', 1, act, [10, 24])
  assert.deepEqual((await acted('passes')).regions, [[act, 24, 0.24]])
  await check('passes', 1, act, [10, 22])
  assert.deepEqual(await acted('passes'), { version: 1, regions: [], unpassed: [act] })
  const state = await load('passes')
  const loaded = { digest: 'v2', scorerOf: (digest: string) => ({ version: 1, digest, score: () => never() }) }
  const { sides } = autonomyOf(
    question,
    state,
    loaded,
    text => text,
    () => 0,
  )
  assert.deepEqual([sides.act!.certificate, sides.act!.shortfall], [null, null], 'no number of labels is missing')
})

test('passes of another version and of the other action are none', async () => {
  await world('others')
  await run('others', 'delete from version_checks where tenant_id = $1')
  await check('others', 2, act, [20])
  await check('others', 1, clear, [20])
  assert.deepEqual((await acted('others')).regions, [])
})

test('both sides have regions of their own by the thresholds of the version that is acted on', async () => {
  await world('sides')
  await certify('sides', 1, { action: clear, cuts: [30, 31] })
  await check('sides', 1, clear, [31])
  assert.deepEqual(
    (await acted('sides')).regions,
    [
      [clear, 31, 0.69],
      [act, 21, 0.21],
    ].sort(),
  )
})

test('without a certificate of a record in force the newest that was promoted acts', async () => {
  for (const [tenant, change] of [
    ['revoked', 'update certificates set revoked_at = $2 where tenant_id = $1'],
    ['expired', 'update certificates set expires_at = $2 where tenant_id = $1'],
    ['waiting', 'update certificates set waits = true where tenant_id = $1 and issued_at < $2'],
  ] as const) {
    await world(tenant)
    await run(tenant, change, [day(39)])
    assert.deepEqual(await acted(tenant), { version: 2, regions: [], unpassed: [] }, tenant)
  }
  assert.deepEqual([...(await load('waiting')).waiting], [act])
})

test('a version that was withdrawn is acted on no more', async () => {
  await world('withdrawn')
  await run('withdrawn', `update models set accepted_at = null where tenant_id = $1 and version = 1`)
  assert.deepEqual(await acted('withdrawn'), { version: 2, regions: [], unpassed: [act] })
  await check('withdrawn', 2, act, [24])
  assert.deepEqual((await acted('withdrawn')).regions, [[act, 24, 0.24]], 'the record speaks of every version')
})

test('a certificate of one model counts where that model is acted on, and nowhere else', async () => {
  for (const version of [1, 2]) await keep('older', version)
  await promote('older', 1)
  await certify('older', 1, { threshold: 0.83 })
  assert.deepEqual(await acted('older'), { version: 1, regions: [[act, null, 0.83]], unpassed: [] })
  await promote('older', 2)
  assert.deepEqual(await acted('older'), { version: 2, regions: [], unpassed: [] })
  // A record on the other side keeps the first version at work, and with it what was certified of it alone.
  await handTo('older', 1)
  await freeze('older', 1)
  await certify('older', 1, { action: clear, cuts: [30] })
  await check('older', 1, clear, [30])
  assert.deepEqual(
    (await acted('older')).regions,
    [
      [clear, 30, 0.7],
      [act, null, 0.83],
    ].sort(),
  )
})

test('the newest certificate of an action counts, whichever way it was earned', async () => {
  await world('newest')
  await certify('newest', 1, { threshold: 0.9, issuedAt: day(31) })
  assert.deepEqual((await acted('newest')).regions, [[act, null, 0.9]])
  await certify('newest', 1, { cuts: [24], issuedAt: day(32) })
  assert.deepEqual((await acted('newest')).regions, [[act, 24, 0.24]])
})

test('a version without cuts acts nowhere', async () => {
  await world('uncut')
  await run('uncut', `delete from version_cuts where tenant_id = $1 and model_version = 1`)
  assert.deepEqual(await acted('uncut'), { version: 1, regions: [], unpassed: [act] })
})

test('where nothing serves nothing is acted on', async () => {
  assert.deepEqual(await acted('empty'), { version: null, regions: [], unpassed: [] })
})

test('a process acts by what it has loaded: the version that serves here, or one beside it', async () => {
  const state = await load('acme')
  const scorer = { version: 1, digest: 'v1', score: () => never() }
  const of = (digest: string | null, beside: boolean) => {
    const loaded = { digest, scorerOf: (asked: string) => (beside && asked === 'v1' ? scorer : null) }
    const { acting, sides } = autonomyOf(
      question,
      state,
      loaded,
      text => text,
      () => 0,
    )
    return [acting!.serves, acting!.model !== null, sides.act!.certificate !== null]
  }
  assert.deepEqual(of('v2', true), [false, true, true])
  assert.deepEqual(of('v2', false), [false, false, false])
  assert.deepEqual(of('v1', true), [true, false, true], 'it has not heard of the swap yet')
  assert.deepEqual(of(null, true), [false, false, false])
})

function never(): never {
  throw new Error('nothing is scored here')
}
