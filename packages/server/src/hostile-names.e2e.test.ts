// Names that every object answers to without having them: wherever a caller gives a name, they are names that nobody knows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '@surety/contract'
import { settingNames } from './manage/settings/setting-values.ts'
import { startWorld, type World } from './testing/start-world.ts'

const hostile = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', '__proto__']

let world: World
let leadId: string
test.before(async () => {
  world = await startWorld()
  const { data } = await world.call('/v1/lead', { body: { name: 'Jane Doe', email: 'jane@example.com' } })
  leadId = data.lead_id
})
test.after(() => world[Symbol.asyncDispose]())

/** `JSON.stringify` of a field called `__proto__`: an object literal would set the prototype. */
const named = (name: string, value: Json): string => `{${JSON.stringify(name)}:${JSON.stringify(value)}}`

interface Place {
  readonly method?: string
  readonly path: (name: string) => string
  readonly raw?: (name: string) => string
}
const event = (more: (name: string) => string) => (name: string) =>
  `{"event_id":"e-${name}","occurred_at":"2026-03-10T12:00:00Z",${more(name)}}`
const at = (path: string, raw?: Place['raw'], more: Partial<Place> = {}): Place => ({
  path: () => path,
  ...(raw ? { raw } : {}),
  ...more,
})

const places: readonly Place[] = [
  ...['PUT', 'PATCH'].flatMap(method => [
    ...settingNames.map(name => at(`/ops/settings/${name}`, one => named(one, {}), { method })),
    at('/ops/settings/autonomy', one => `{"actions":${named(one, {})}}`, { method }),
    at('/ops/settings/autonomy', one => `{"actions":${named(one, { alpha: 0.2 })}}`, { method }),
    at('/ops/settings/autonomy', one => `{"actions":{"start_followup":${named(one, 1)}}}`, { method }),
    { method, path: (one: string) => `/ops/settings/${one}`, raw: () => '{}' },
  ]),
  at('/ops/mode', one => JSON.stringify({ action: one, mode: 'asking', reason: 'a test' })),
  at('/ops/mode', one => JSON.stringify({ action: '*', pod: one, mode: 'asking', reason: 'a test' })),
  at('/ops/autonomy/rearm', one => JSON.stringify({ action: one, reason: 'a test' })),
  at('/ops/keys', one => JSON.stringify({ role: one, name: 'x' })),
  at('/ops/keys', one => JSON.stringify({ role: 'viewer', name: 'x', grants: [one] })),
  at('/ops/reload-model', one => named(one, {})),
  at('/ops/reload-model', one => `{"encoders":${named(one, {})},"metrics":${named(one, 1)},"features":["${one}"]}`),
  at(
    '/v1/events',
    event(one => `"type":"${one}","data":{}`),
  ),
  at(
    '/v1/events',
    event(one => `"type":"lead.outcome","data":{"lead_id":"${leadId}","outcome":"${one}"}`),
  ),
  at(
    '/v1/events',
    event(one => `"type":"table.outcome","data":{"row_id":"1","label":1,"outcome":"x","${one}":1}`),
  ),
  ...['pod', 'order', 'state'].map(query => ({ path: (one: string) => `/v1/inbox?${query}=${one}` })),
  ...['group', 'pod'].map(query => ({ path: (one: string) => `/v1/findings?${query}=${one}` })),
  ...['pod', 'question'].map(query => ({ path: (one: string) => `/v1/calibration?${query}=${one}` })),
  ...['pod', 'question'].map(query => ({ path: (one: string) => `/ops/model-status?${query}=${one}` })),
  { path: one => `/v1/tasks/${one}/run`, raw: () => '' },
  { path: one => `/v1/entities/${one}` },
  { path: one => `/v1/${one}` },
  at('/v1/inbox/bulk', one => JSON.stringify({ pod: one, query: {}, answer: 'decline', reason: 'a test' })),
  at(`/v1/inbox/L1/answer`, one => `{"answer":"${one}","lease_token":"x"}`),
  at(`/v1/inbox/L1/answer`, one => `{"answers":${named(one, 'approve')},"lease_token":"x"}`),
]

test('a name that nobody gave anything is refused wherever one is asked for, and nothing is saved under it', async () => {
  const key = await world.key('admin')
  const before = await saved(key)
  const wrong: string[] = []
  for (const { path, raw, method } of places)
    for (const name of hostile) {
      const body = raw?.(name)
      const { status, text } = await world.call(path(name), {
        key,
        ...(body === undefined ? {} : { raw: body }),
        ...(method === undefined ? {} : { method }),
      })
      if (status < 400 || status >= 500)
        wrong.push(`${method ?? ''} ${path(name)} ${body ?? ''}: ${status} ${text.slice(0, 200)}`)
    }
  assert.deepEqual(wrong, [])
  assert.equal(await saved(key), before)
})

const saved = async (key: string): Promise<string> =>
  (await Promise.all(settingNames.map(name => world.call(`/ops/settings/${name}`, { key }))))
    .map(({ text }) => text.replace(/"(request_id|as_of)":"[^"]*"/g, ''))
    .join()

test('what may have any name is taken by these, and says nothing of them', async () => {
  for (const name of hostile.filter(one => one !== '__proto__')) {
    const raw = `{"name":"Jane Doe","email":"jane@example.com",${JSON.stringify(name)}:1,"attributes":${named(name, 1)}}`
    const answer = await world.call('/v1/lead', { raw })
    assert.equal(answer.status, 200, answer.text)
    assert.ok(answer.data.ignored_fields.includes(name), answer.text)
  }
})
