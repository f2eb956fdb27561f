import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Role, type Route, routes } from '@surety/contract'
import { heating } from '../../../tests/thermostats/pod.ts'
import { makeSigningKey } from './model/signature.ts'
import { pods } from './pods.ts'
import { type Answer, raised, startWorld, type World } from './testing/start-world.ts'
import { callsOf, unknownCall, type WalkCall } from './testing/walk/calls.ts'
import { rowsOf, tenantTables } from './testing/walk/tables.ts'
import { canaries, makeVictim, type Victim } from './testing/walk/victim.ts'
import { defaultRateLimits } from './transport/http/http-config.ts'

// Every route, by everybody who has no business with what it names. A route added later is walked by itself.
const all: readonly (readonly [name: string, route: Route])[] = Object.entries(routes)
const withKey = all.filter(([, route]) => route.roles.length > 0)
/** A role added later has to be walked as well: without it here, this does not compile. */
const everyRole: { readonly [role in Role]: true } = {
  ingest: true,
  device: true,
  viewer: true,
  operator: true,
  admin: true,
}
const roles = Object.keys(everyRole) as Role[]

const { text: signingText } = makeSigningKey()
let world: World
let victim: Victim
/** All that the victim itself is shown. */
let shown: string
let before: ReadonlyMap<string, string>
test.before(async () => {
  world = await startWorld({
    env: { MODEL_SIGNING_KEY: signingText, FOLLOWUP_RULE_TOP_P: '0.05' },
    limits: { ...defaultRateLimits, failedKeys: 1e9 },
    pods: [...pods, heating],
  })
  victim = await makeVictim(world, 'acme', signingText)
  await useIdempotencyKeys()
  shown = await readAll()
  before = await rowsOf(world.app.db, victim.tenant)
})
test.after(() => world[Symbol.asyncDispose]())

const say = (call: WalkCall, who: string): string => `${call.method} ${call.path} as ${who}`
const send = (call: WalkCall, key: string | null, headers = {}): Promise<Answer> =>
  world.call(call.path, { ...call, key, headers: { ...call.headers, ...headers } })

/** Nothing that the victim wrote, and no id of the victim that the stranger did not bring along. */
function showsNothing(answer: Answer, call: WalkCall, who: string): void {
  const sent = decodeURIComponent(call.path) + JSON.stringify(call.body ?? '')
  for (const secret of [...victim.canaries, ...victim.ids])
    if (!sent.includes(secret)) assert.ok(!answer.text.includes(secret), `${say(call, who)} shows ${secret}`)
  assert.ok(!/"tenant":"acme"/.test(answer.text), `${say(call, who)} shows a row of the victim`)
  assert.ok(answer.status < 500, `${say(call, who)}: ${answer.status} ${answer.text}`)
}

/** The victim has used every idempotency key that the strangers bring. */
async function useIdempotencyKeys(): Promise<void> {
  const key = await world.key('admin', victim.tenant)
  for (const [name, route] of withKey.filter(([, one]) => one.idempotent)) {
    for (const role of route.roles) {
      const headers = { 'idempotency-key': `walk-${name}-${role}` }
      const answer = await world.call('/ops/settings/policy', { method: 'PUT', body: {}, key, headers })
      assert.equal(answer.status, 200, answer.text)
    }
  }
}

async function readAll(): Promise<string> {
  const key = await world.key('admin', victim.tenant)
  const seen: string[] = []
  for (const [name, route] of withKey.filter(([, one]) => one.method === 'GET'))
    for (const call of callsOf(name, route, victim)) seen.push((await send(call, key)).text)
  for (const field of ['name', 'phone', 'email']) {
    const body = { field, reason: 'to see that it is there' }
    seen.push((await world.call(`/v1/lead/${victim.lead}/reveal`, { key, body })).text)
  }
  return seen.join('\n')
}

test('the victim itself is shown every word that nobody else may see', async () => {
  const kept = [...(await rowsOf(world.app.db, victim.tenant, 'text')).values()].join('\n')
  for (const [what, text] of Object.entries(canaries))
    assert.ok(shown.includes(text) || kept.includes(text), `the ${what} of the victim (${text}) is nowhere to be seen`)
})

test('without a key, and with a wrong one, every route that asks for a key answers 401 and nothing else', async () => {
  const known = await world.key('admin', victim.tenant)
  const wrong = `${known.slice(0, -4)}${known.endsWith('aaaa') ? 'bbbb' : 'aaaa'}`
  for (const [name, route] of withKey) {
    for (const call of callsOf(name, route, victim)) {
      for (const [key, code] of [
        [null, 'authentication_required'],
        [wrong, 'invalid_api_key'],
      ] as const) {
        const answer = await send(call, key)
        assert.deepEqual([answer.status, answer.body.code], [401, code], say(call, code))
        showsNothing(answer, call, code)
      }
    }
  }
})

test('what needs no key shows nothing of any tenant', async () => {
  for (const [name, route] of all.filter(([, one]) => one.roles.length === 0))
    for (const call of callsOf(name, route, victim)) showsNothing(await send(call, null), call, 'nobody')
})

for (const role of roles) {
  test(`${role} of another tenant: 403 where the role may not, 404 or a refusal for what is the victim's`, async () => {
    const key = await world.key(role, 'globex', raised, ['pii'])
    const bare = await world.key(role, 'globex', raised, [])
    for (const [name, route] of withKey) {
      for (const call of callsOf(name, route, victim)) {
        const may = route.roles.includes(role)
        const headers = may && route.idempotent ? { 'idempotency-key': `walk-${name}-${role}` } : {}
        const answer = await send(call, key, headers)
        const what = `${say(call, role)}: ${answer.status} ${answer.text.slice(0, 300)}`
        showsNothing(answer, call, role)
        assert.notEqual(answer.headers.get('idempotency-replayed'), 'true', what)
        assert.notEqual(answer.body?.code, 'idempotency_mismatch', what)
        if (route.grant !== undefined) assert.equal((await send(call, bare)).status, 403, `${what} without its grant`)
        if (!may) assert.deepEqual([answer.status, answer.body.code], [403, 'forbidden'], what)
        else if (unknownCall(name, route, victim) !== null) assert.equal(answer.status, 404, what)
        else if (call.foreign) assert.ok([404, 422].includes(answer.status), what)
        else assert.ok(answer.status !== 401 && answer.status !== 404, what)
      }
    }
  })
}

test('what is foreign and what never was are answered in the same words', async () => {
  const key = await world.key('admin', 'globex')
  // `instance` is the path as it was asked for, the other the number of the request.
  const words = ({ status, body }: Answer) => ({ ...body, status, instance: '', request_id: '' })
  for (const [name, route] of withKey.filter(([, one]) => one.roles.includes('admin'))) {
    const unknown = unknownCall(name, route, victim)
    if (unknown === null) continue
    const [foreign] = callsOf(name, route, victim)
    assert.deepEqual(words(await send(foreign!, key)), words(await send(unknown, key)), name)
  }
})

test('a platform key reaches no route of a tenant', async () => {
  const key = await world.key('admin', '*')
  for (const [name, route] of withKey.filter(([, one]) => one.platform !== true)) {
    for (const call of callsOf(name, route, victim)) {
      const answer = await send(call, key)
      assert.equal(answer.status, 403, `${say(call, 'platform')}: ${answer.text}`)
      showsNothing(answer, call, 'platform')
    }
  }
})

test('the same lead with the same ids and the same idempotency key is a new lead at another tenant', async () => {
  const body = { name: 'Jane Doe', phone: '612-555-1212', details: 'metal roof', external_id: 'crm-1' }
  const headers = { 'idempotency-key': 'shared-by-chance' }
  const [first, second] = [await world.key('ingest', 'initech'), await world.key('ingest', 'globex')]
  const one = await world.call('/v1/lead', { key: first, body, headers })
  const two = await world.call('/v1/lead', { key: second, body, headers })
  assert.deepEqual([one.status, two.status, two.data.duplicate ?? false], [200, 200, false])
  assert.equal(two.headers.get('idempotency-replayed'), null)
  assert.notEqual(two.data.lead_id, one.data.lead_id)
})

test('roles: ingest brings and never reads, a viewer changes nothing, only operators and admins answer cases', () => {
  const by = (role: Role) => withKey.filter(([, route]) => route.roles.includes(role))
  assert.deepEqual(
    by('ingest').map(([name]) => name),
    ['createLead', 'addMessage', 'recordEvents', 'requestReview'],
  )
  assert.deepEqual(
    by('device').map(([name]) => name),
    ['recordEvents'],
  )
  const writing = by('viewer').filter(([, route]) => route.method !== 'GET')
  assert.deepEqual(
    writing.map(([name]) => name),
    ['revealContact', 'preview'],
    'a preview stores nothing, a reveal needs a grant and is told to the audit log; everything else that is not GET changes something',
  )
  for (const [name, route] of withKey.filter(([, one]) => one.path.startsWith('/ops/keys')))
    assert.deepEqual(route.roles, ['admin'], name)
  assert.deepEqual(
    all.filter(([, route]) => route.roles.length === 0).map(([, route]) => route.area),
    all.filter(([, route]) => route.area === 'Service').map(() => 'Service'),
    'only what load balancers, scrapers and readers need goes without a key',
  )
})

test('after all of it, nothing of the victim has changed', async () => {
  const now = await rowsOf(world.app.db, victim.tenant)
  // The heads of what is there are signed every ten seconds, whoever calls; the links that they sign are compared. What the
  // victim itself asked for before is added up a second later.
  const byItself = new Set(['receipt_heads', 'rate_totals'])
  for (const [table, digest] of before)
    if (!byItself.has(table)) assert.equal(now.get(table), digest, `${table} of the victim has changed`)
})

test('row-level security alone keeps every row of the victim from a stranger, whatever a statement forgets', async () => {
  const stranger = await world.app.db.transaction(['globex'], async db => {
    const open: string[] = []
    for (const table of await tenantTables(db)) {
      const { rows } = await db.query<{ n: number }>(`select count(*)::int as n from ${table} where tenant_id = 'acme'`)
      if (rows[0]!.n > 0) open.push(table)
    }
    return open
  })
  assert.deepEqual(stranger, [], 'row-level security lets these through')
  const held = [...before].filter(([, digest]) => !digest.startsWith('0 ')).map(([table]) => table)
  assert.ok(held.length >= 20, `the victim has rows in ${held.join(', ')} alone`)
  for (const table of ['events', 'decisions', 'outcomes', 'inbox', 'outbox', 'audit', 'api_keys', 'certificates'])
    assert.ok(held.includes(table), `the victim has no row in ${table}`)
})

test('a route that the walk cannot fill fails with a sentence', () => {
  const route = { ...routes.getLead, path: '/v1/visit/{id}' }
  assert.throws(() => callsOf('getVisit', route, victim), /does not know what stands at \{id\} of GET \/v1\/visit/)
  const { example: _, ...body } = { ...routes.createLead.body, example: undefined }
  assert.throws(() => callsOf('createVisit', { ...routes.createLead, body }, victim), /needs a body and has no example/)
})
