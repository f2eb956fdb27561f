import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf, openTestDoor } from './testing-door.ts'

test('production refuses to start with an open loopback or with CORS for everybody', () => {
  assert.throws(() => openTestDoor({}, { production: true, devOpenLoopback: true }), /DEV_OPEN_LOOPBACK/)
  assert.throws(() => openTestDoor({}, { production: true, corsOrigins: ['*'] }), /CORS/)
  assert.ok(openTestDoor({}, { production: true, corsOrigins: ['https://a.example'] }).app)
})

test('only a device holds the role device, and whoever may see a part of a tenant is never shown all of it', async () => {
  const { app, known } = openTestDoor({ listLeads: async () => ({ items: [], next: null }) })
  const admin = known.get(keyOf('admin'))!
  known.set('odd-device', { ...admin, kind: 'device' })
  known.set('odd-key', { ...known.get(keyOf('device'))!, kind: 'key' })
  known.set('session', { ...admin, kind: 'session' })
  known.set('part', { ...admin, kind: 'session', scope: { clients: [], sites: ['HQ'] } })
  const ask = async (key: string, method: 'GET' | 'POST' = 'GET', url = '/v1/lead') =>
    (await app.inject({ method, url, headers: { 'x-api-key': key } })).statusCode
  assert.equal(await ask('session'), 200)
  assert.equal(await ask('odd-device'), 403)
  assert.equal(await ask('odd-key', 'POST', '/v1/events'), 403)
  assert.equal(await ask('part'), 403)
})
