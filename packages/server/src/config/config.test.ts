import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildConfig, ConfigError } from './config.ts'

test('metrics are open only without a token, in development, on this machine', () => {
  const open = (env: Parameters<typeof buildConfig>[0]) => buildConfig(env).metricsOpen
  assert.equal(open({}), true)
  for (const HOST of ['127.0.0.1', '::1', 'localhost']) assert.equal(open({ HOST, PRODUCTION: 'false' }), true, HOST)
  for (const HOST of ['0.0.0.0', '::', '192.0.2.7']) assert.equal(open({ HOST }), false, HOST)
  assert.equal(open({ PRODUCTION: 'true' }), false)
  assert.equal(open({ HOST: '0.0.0.0', PRODUCTION: 'true' }), false)
  assert.equal(open({ METRICS_TOKEN: 'm-token' }), false)
})

test('no proxy is trusted unless it is listed, by address or by network', () => {
  assert.deepEqual(buildConfig({}).trustedProxies, [])
  const listed = ['10.0.0.0/8', '192.0.2.7', '::1', 'fd00::/8']
  assert.deepEqual(buildConfig({ TRUSTED_PROXIES: listed.join(', ') }).trustedProxies, listed)
})

test('what is no address and no network stops the start with one sentence, and so does the whole internet', () => {
  for (const wrong of [
    'proxy.example',
    '10.0.0.0/33',
    '10.0.0.0/0',
    '::/0',
    '10.0.0/8',
    '10.0.0.0/8/8',
    '10.0.0.1/',
    'true',
    '*',
  ])
    assert.throws(
      () => buildConfig({ TRUSTED_PROXIES: `10.0.0.0/8,${wrong}` }),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.message ===
          `TRUSTED_PROXIES must be addresses or networks such as 10.0.0.0/8, by commas; it holds ${JSON.stringify(wrong)}.`,
      wrong,
    )
})

test('the owner of the tables is named beside the login that serves, and each as PostgreSQL writes it', () => {
  const url = 'postgres://surety_service@db/surety'
  const owner = 'postgres://surety_owner@db/surety'
  assert.equal(buildConfig({ DATABASE_URL: url }).migrateUrl, null)
  assert.equal(buildConfig({ DATABASE_URL: url, MIGRATE_URL: owner }).migrateUrl, owner)
  assert.throws(
    () => buildConfig({ MIGRATE_URL: owner }),
    /^Error: MIGRATE_URL names .* beside DATABASE_URL, which is not set/,
  )
  assert.throws(
    () => buildConfig({ DATABASE_URL: url, MIGRATE_URL: 'mysql://surety_owner:secret@db/surety' }),
    /^Error: MIGRATE_URL must begin with postgres:\/\/ or postgresql:\/\/\.$/,
  )
})
