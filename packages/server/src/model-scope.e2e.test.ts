import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { pod } from '@surety/contract'
import { rng } from '@surety/stats'
import { openApp } from './app.ts'
import { makeSigningKey } from './model/signature.ts'
import { installed } from './pods.ts'
import { clinic } from './testing/clinic.ts'
import { type Answer, startWorld } from './testing/start-world.ts'

const { text: signingText } = makeSigningKey()
// The first question shares its model until a tenant chooses otherwise.
const [shows, pays] = clinic.questions
const pods = [...installed.pods, pod({ ...clinic, questions: [{ ...shows, modelScope: 'all' }, pays!] })]
let clock = Date.parse('2026-03-10T00:00:00Z')
const now = () => {
  clock += 1_000
  return new Date(clock)
}
const world = await startWorld({ env: { MODEL_SIGNING_KEY: signingText }, now, pods })
after(() => world[Symbol.asyncDispose]())
const platform = await world.key('admin', '*')
const keyOf = (tenant: string) => world.key('admin', tenant)

// Nothing is withheld here, so that every decision can be explained.
for (const tenant of ['acme', 'borg']) {
  const open = { method: 'PUT', body: { hidden_share: 0 }, key: await keyOf(tenant) }
  assert.equal((await world.call('/ops/settings/autonomy?pod=clinic&apply=true', open)).status, 200)
}

const random = rng(7)
let sent = 0
/** Visits with their outcomes: who comes depends on the days ahead, and on where they are. */
async function visits(tenant: string, count: number, offset: number): Promise<void> {
  const key = await world.key('operator', tenant)
  for (let from = 0; from < count; from += 50) {
    const occurred_at = now().toISOString()
    const asked = Array.from({ length: 50 }, () => {
      const days = random.uniform() * 4 - 2
      const label = random.uniform() < 1 / (1 + Math.exp(-2 * days - offset))
      return { event: { event_id: `v-${tenant}-${sent++}`, type: 'visit.booked', occurred_at, data: { days } }, label }
    })
    const { data } = await world.call('/v1/events', { key, body: asked.map(({ event }) => event) })
    const ended = data.items.map(({ case_id }: { case_id: string }, k: number) => ({
      event_id: `o-${tenant}-${sent++}`,
      type: 'case.ended',
      occurred_at: now().toISOString(),
      data: { id: case_id, word: asked[k]!.label ? 'yes' : 'no' },
    }))
    const told = await world.call('/v1/events', { key, body: ended })
    assert.ok(
      told.data.items.every((item: { status: string }) => item.status === 'recorded'),
      told.text,
    )
  }
}

const path = '/v1/models/clinic/shows'
const scopeOf = async (tenant: string) => (await world.call(`${path}/scope`, { key: await keyOf(tenant) })).data
const move = (key: string, body: object): Promise<Answer> =>
  world.call(`${path}/scope`, { method: 'PUT', key, body: { reason: 'a drill', ...body } })
const serving = async (tenant: string) => {
  const { data } = await world.call('/v1/models?pod=clinic&question=shows', { key: await keyOf(tenant) })
  return data.items.find((one: { serves: boolean }) => one.serves)
}
const decided = async (tenant: string, days = 0) => {
  const body = { event_id: `d-${sent++}`, type: 'visit.booked', occurred_at: now().toISOString(), data: { days } }
  const { data } = await world.call('/v1/events', { key: await keyOf(tenant), body })
  const id = data.decisions[0].id
  const { data: told } = await world.call(`/v1/decisions/${id}/explain`, { key: await keyOf(tenant) })
  return { digest: told.decided.model_digest, probability: told.probability, explained: told.explanation.available }
}
const epochs = async (tenant: string): Promise<number> => {
  const { rows } = await world.app.db.read([tenant], reader =>
    reader.query<{ epoch: number }>(`select epoch from autonomy_epochs where tenant_id = $1 and pod = 'clinic'`, [
      tenant,
    ]),
  )
  return rows[0]?.epoch ?? 0
}

test('a move that has too little to learn from is refused, and says why: everything stays as it is', async () => {
  await visits('borg', 800, 0)
  const trained = await world.call(`${path}/retrain`, { key: platform, body: { reason: 'first' } })
  assert.equal(trained.data.accepted, true, trained.text)
  const before = [await serving('acme'), await epochs('acme')]
  const { status, data } = await move(await keyOf('acme'), { scope: 'tenant' })
  assert.deepEqual([status, data.scope, data.changed, data.verdict.accepted], [200, 'all', false, false])
  assert.match(data.verdict.sentence, /^Refused: Too few rows/)
  assert.deepEqual([await serving('acme'), await epochs('acme')], before)
  assert.deepEqual(await scopeOf('acme'), { scope: 'all', of_pod: 'all' })
})

test('a tenant unlike the others gets a model of its own, trained first and swapped with its verdict', async () => {
  await visits('acme', 800, -2)
  const shared = await serving('acme')
  const before = await epochs('acme')
  assert.ok((await decided('acme')).probability > 0.4, 'the model of all learned from others')
  const { status, data } = await move(await keyOf('acme'), { scope: 'tenant' })
  assert.deepEqual([status, data.scope, data.changed], [200, 'tenant', true], JSON.stringify(data))
  const champion = data.verdict.checks.find((check: { name: string }) => check.name === 'champion')
  assert.match(champion.sentence, /of the champion on the same/, 'it stood against what served')
  const own = await serving('acme')
  assert.deepEqual([own.scope, own.digest], ['tenant', data.verdict.digest])
  const after = await decided('acme')
  assert.deepEqual([after.digest, after.probability < 0.25, after.explained], [own.digest, true, true])
  assert.equal((await serving('borg')).digest, shared.digest, 'the others keep theirs')
  assert.equal((await decided('borg')).digest, shared.digest)
  assert.ok((await epochs('acme')) > before)
  const { rows } = await world.app.db.read(['acme'], reader =>
    reader.query<{ action: string }>(
      `select action from audit where tenant_id = 'acme' and action like 'model.%' order by seq`,
    ),
  )
  assert.deepEqual(
    rows.map(({ action }) => action),
    ['model.retrain_refused', 'model.scope_moved', 'model.retrained'],
  )
  assert.deepEqual(await scopeOf('acme'), { scope: 'tenant', of_pod: 'all' })
})

test('what is kept of the evidence, calibration and autonomy goes by the own model', async () => {
  await world.app.refreshAutonomy()
  const { data } = await world.call('/v1/calibration?pod=clinic', { key: await keyOf('acme') })
  assert.equal(data.model.digest, (await serving('acme')).digest)
  assert.ok(data.rows.held_out > 0, JSON.stringify(data.rows))
})

test('a process that starts, and one that runs, serve it as well', async () => {
  const { digest } = await serving('acme')
  await using replica = await openApp({ ...world.app.config, port: 0 }, { jobs: false, now, pods })
  const { registry } = replica.models.of({ pod: 'clinic', question: 'shows' })
  assert.equal(registry.serving('acme')?.digest, digest)
  assert.notEqual(registry.serving('borg')?.digest, digest)
  const { data } = await move(await keyOf('borg'), { scope: 'tenant' })
  assert.equal(data.changed, true, JSON.stringify(data))
  const end = Date.now() + 5_000
  while (registry.scopeOf('borg') !== 'borg' && Date.now() < end) {
    assert.ok(registry.serving('borg'), 'until then the one before serves')
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  assert.equal(registry.serving('borg')?.digest, (await serving('borg')).digest)
})

test("retraining and rollback are the tenant's own; the model of all learns from those whom it serves", async () => {
  const acme = await keyOf('acme')
  const { data } = await world.call(`${path}/retrain`, { key: acme, body: { reason: 'own' } })
  assert.equal(typeof data.accepted, 'boolean')
  const all = await world.call(`${path}/retrain`, { key: platform, body: { reason: 'of all' } })
  assert.match(all.data.sentence, /^Refused: Too few rows/, 'nobody is left whom it serves')
})

test('back to the model of all: by a platform key where there are several tenants', async () => {
  const acme = await keyOf('acme')
  assert.equal((await move(acme, { scope: 'all' })).body.code, 'platform_key_required')
  for (const [body, code] of [
    [{ scope: 'all' }, 'required'],
    [{ scope: 'all', tenant: 'nobody' }, 'unknown'],
  ] as const)
    assert.equal((await move(platform, body)).body.errors[0].code, code)
  assert.equal((await move(acme, { scope: 'tenant', tenant: 'borg' })).body.errors[0].code, 'not_allowed')
  assert.equal((await move(acme, { scope: 'tenant', reason: ' ' })).body.code, 'reason_required')
  const again = await move(acme, { scope: 'tenant' })
  assert.deepEqual([again.data.changed, again.data.verdict], [false, null])
  const { data } = await move(platform, { scope: 'all', tenant: 'borg' })
  assert.deepEqual([data.scope, data.changed], ['all', true], JSON.stringify(data))
  assert.deepEqual(await scopeOf('borg'), { scope: 'all', of_pod: 'all' })
  assert.equal((await decided('borg')).digest, data.verdict.digest)
  assert.equal((await serving('acme')).scope, 'tenant')
})
