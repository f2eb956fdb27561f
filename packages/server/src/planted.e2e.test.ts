// Personal values in every text of every route, in the headers that are kept and in queries: none of them is found raw in a table, in
// the write-ahead log of PostgreSQL, in what is logged or in /metrics.
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { type Json, type Route, routes } from '@surety/contract'
import { samples } from '../../../tests/pod-samples.ts'
import { heating } from '../../../tests/thermostats/pod.ts'
import { exampleModel } from './model/example-model.ts'
import { makeSigningKey } from './model/signature.ts'
import { installed } from './pods.ts'
import { type Call, startWorld, type World } from './testing/start-world.ts'
import { openSuperuser, type Superuser } from './testing/superuser.ts'
import { callsOf } from './testing/walk/calls.ts'
import { type Plant, planter, plantForms, queryTexts, spotsOf, withPlant } from './testing/walk/plants.ts'
import { makeVictim, type Victim } from './testing/walk/victim.ts'
import { openWrittenLog, type WrittenLog } from './testing/walk/written-log.ts'
import { defaultRateLimits } from './transport/http/http-config.ts'

/** Ids of senders, by which what is sent again is known: they become keyed hashes with contract 3.10, and stand as they are until then. */
const ids: readonly string[] = [
  'createLead external_id',
  'lead.created external_id',
  'row.recorded row_id',
  'row.recorded subject',
  'row.outcome row_id',
  // Of a pod of these tests: the name of a thing, which senders give.
  'thermostat.reading code',
  ...['lead.created', 'message.received', 'lead.outcome', 'row.recorded', 'row.outcome', 'thermostat.reading'].map(
    kind => `${kind} event_id`,
  ),
]
/** As many were planted when this was written; a walk that shrinks is no proof. */
const fewestPlaces = 450

const plants = planter(randomInt(100))
const planted: Plant[] = []
let accepted = 0
let world: World
let superuser: Superuser
let victim: Victim
let admin: string
let log: WrittenLog
let logged = ''
const { text: signing } = makeSigningKey()

test.before(async () => {
  // A server of its own: beside others the log would be written anew before it was read.
  delete process.env['SURETY_TEST_DATABASE']
  world = await startWorld({
    env: { MODEL_SIGNING_KEY: signing, FOLLOWUP_RULE_TOP_P: '0.05', LOG_LEVEL: 'trace' },
    limits: { ...defaultRateLimits, failedKeys: 1e9 },
    pods: [...installed.pods, heating],
    onLine: line => {
      logged += line
    },
  })
  superuser = await openSuperuser(world.database.address)
  log = openWrittenLog(superuser, look)
  victim = await makeVictim(world, 'acme', signing)
  admin = await world.key('admin')
  await log.begin()
})
test.after(async () => {
  await superuser[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

/** What was found in the log so far. A file is looked at once nothing more is written to it, before the server writes it anew. */
const inLog = { raw: new Set<string>(), ids: 0 }
function look(bytes: string): void {
  const { raw, ids: kept } = found(bytes, 'the write-ahead log')
  for (const hit of raw) inLog.raw.add(hit)
  inLog.ids += kept
}

/** One request for each sort of value. */
async function plant(where: string, ask: (value: string) => { readonly path: string; readonly call: Call }) {
  for (const value of plants.all()) {
    planted.push({ where, value })
    const { path, call } = ask(value)
    const { status, text } = await world.call(path, { key: admin, ...call })
    assert.ok(status < 500, `${where}: ${status} ${text.slice(0, 300)}`)
    if (status < 300) accepted++
  }
  await log.follow()
}

/** Bodies whose texts are kept, where the example of the route has none. */
const bodies: { readonly [route: string]: { readonly path?: string; readonly body: Json } } = {
  createLead: { body: samples['customer-ops']!.events['lead.created']! },
  addMessage: { body: { role: 'user', text: 'Is it urgent?', channel: 'sms' } },
  reportOutcome: { body: { outcome: 'booked', notes: 'Fine.' } },
  putSettings: {
    path: '/ops/settings/attributes?apply=true',
    body: { attributes: [{ name: 'colour', kind: 'categorical' }] },
  },
  changeSettings: {
    path: '/ops/settings/policy?pod=table&apply=true',
    body: { columns: [{ name: 'amount', kind: 'numeric' }], known_later: ['paid'] },
  },
  reloadModel: { body: exampleModel({ version: 7 }) as unknown as Json },
  createEntity: { body: { value: { code: 'T-p', room: 'hall', target: 20, tags: ['a'] }, reason: 'a test' } },
  createKey: { body: { role: 'viewer', name: 'board', tenant: 'acme' } },
  changeKey: { body: { name: 'board' } },
}

/** What takes away what others need is asked last. */
const last = ['deleteKey', 'endEntity', 'eraseLead', 'eraseCase']
const walked: readonly (readonly [string, Route])[] = Object.entries(routes as { readonly [name: string]: Route })
  .filter(([, { roles }]) => roles.length > 0)
  .toSorted(([one], [other]) => Number(last.includes(one)) - Number(last.includes(other)))

test('values are planted in every text of every body, in every query and in the headers that are kept', async () => {
  for (const [name, route] of walked) {
    if (name === 'recordEvents') continue
    const [base] = callsOf(name, route, victim)
    const own = bodies[name]
    const path = own?.path ?? base!.path
    const { method, headers = {} } = base!
    const asked = (more: Call, at = path) => ({ path: at, call: { method, headers, ...more } })
    const body = own?.body ?? (base!.body as Json | undefined)
    const sent: Call = base!.raw === undefined ? (body === undefined ? {} : { body }) : { raw: base!.raw }
    if (body !== undefined && route.body !== undefined)
      for (const spot of spotsOf(body, route.body.schema))
        await plant(`${name} ${spot.path.join('.')}`, value => asked({ body: withPlant(body, spot, value) }))
    if (base!.raw !== undefined)
      for (const column of ['code', 'room'])
        await plant(`${name} ${column}`, value => {
          const row = { code: 'T-f', room: 'hall', [column]: `"${value}"` }
          return asked({ raw: `code,room,target,${column}2\n${row.code},${row.room},20,x\n` })
        })
    for (const param of queryTexts(route))
      await plant(`${name} ?${param}`, value => {
        const url = new URL(path, 'http://here')
        url.searchParams.set(param, value)
        return asked(sent, `${url.pathname}${url.search}`)
      })
    for (const header of ['x-request-id', ...(route.idempotent ? ['idempotency-key'] : [])])
      await plant(`${name} ${header}`, value => asked({ ...sent, headers: { ...headers, [header]: value } }))
    const params = route.path.match(/\{\w+\}/g) ?? []
    for (const param of params)
      await plant(`${name} ${param}`, value => {
        const filled = route.path.replace(param, encodeURIComponent(value)).replaceAll(/\{\w+\}/g, 'main')
        return asked({ ...sent, headers: { ...headers, 'idempotency-key': `path-${planted.length}` } }, filled)
      })
  }
})

test('values are planted in every text of every kind of event', async () => {
  await world.call('/ops/settings/policy?pod=table&apply=true', {
    key: admin,
    method: 'PATCH',
    body: { columns: [{ name: 'amount', kind: 'numeric' }, { name: 'home city', kind: 'categorical' }] }, // biome-ignore format: one line
  })
  const kinds = { ...samples['customer-ops']!.events, ...samples['table']!.events }
  const all: { readonly [kind: string]: Json } = { ...kinds, 'thermostat.reading': { code: 'T-second', celsius: 20 } }
  let sent = 0
  for (const [type, sample] of Object.entries(all)) {
    const data = { ...(sample as object), ...('lead_id' in (sample as object) ? { lead_id: victim.lead } : {}) } as Json
    const event = (): Json => ({
      event_id: `planted-${++sent}`,
      type,
      occurred_at: new Date().toISOString(),
      source: 'a test',
      data: 'occurred_at' in (data as object) || 'ts' in (data as object) ? withoutTimes(data) : data,
    })
    for (const spot of spotsOf(event(), {})) {
      const where = spot.path.filter(step => step !== 'data').join('.')
      await plant(`${type} ${where}`, value => ({
        path: '/v1/events',
        call: { body: withPlant(event(), spot, value) },
      }))
    }
  }
  await plant('recordEvents idempotency-key', value => ({
    path: '/v1/events',
    call: {
      body: { event_id: `planted-${++sent}`, type: `a ${value}`, occurred_at: '2026-03-01T10:00:00Z', data: {} },
      headers: { 'idempotency-key': value },
    },
  }))
})

function withoutTimes(data: Json): Json {
  const { occurred_at: _, ts: __, ...others } = data as { readonly [name: string]: Json }
  return others
}

test('so many places were planted, and enough of what was sent came through', () => {
  const places = new Set(planted.map(({ where }) => where)).size
  assert.ok(places >= fewestPlaces, `${places} places`)
  assert.ok(accepted >= 400, `${accepted} of ${planted.length} came through`)
  for (const id of ids)
    assert.ok(
      planted.some(({ where }) => where === id),
      `${id} is planted nowhere`,
    )
})

const hitsIn = (text: string): readonly Plant[] => {
  const forms = new Set(text.match(plantForms))
  return planted.filter(({ value }) => forms.has(value))
}

/** Texts in which values are found, or in which those of ids alone are. */
function found(text: string, where: string): { readonly raw: readonly string[]; readonly ids: number } {
  const hits = hitsIn(text)
  const raw = [
    ...new Set(hits.filter(one => !ids.includes(one.where)).map(one => `${one.where} (${one.value}) in ${where}`)),
  ]
  return { raw, ids: hits.length - raw.length }
}

test('no table holds one of them, but for ids', async () => {
  const tables = await superuser.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' and c.relkind = 'r'`,
  )
  assert.ok(tables.length >= 60, `${tables.length} tables`)
  const raw: string[] = []
  let kept = 0
  for (const { name } of tables) {
    const rows = await superuser.query<{ row: string }>(`select t::text as row from ${name} t`)
    const one = found(rows.map(({ row }) => row).join('\n'), name)
    raw.push(...one.raw)
    kept += one.ids
  }
  assert.deepEqual(raw, [])
  assert.notEqual(kept, 0, 'an id is found as it was sent: this test sees what is stored')
})

test('the write-ahead log holds none of them, but for ids', async t => {
  const whole = await log.end()
  assert.deepEqual([...inLog.raw], [])
  if (!whole) return t.skip('the server has let go of a part of its log before it was read: others write to it, too')
  assert.ok(inLog.ids > 0, 'an id is found as it was sent: this test reads the log')
})

test('nothing that is logged at the most talkative level and no series of /metrics holds one, ids neither', async () => {
  const { text } = await world.call('/metrics', { key: null })
  assert.ok(text.includes('lead_ingested_total'))
  for (const [where, all] of [['logs', logged], ['metrics', text]] as const) // biome-ignore format: one line
    assert.deepEqual(
      hitsIn(all).map(one => `${one.where} in ${where}`),
      [],
    )
})
