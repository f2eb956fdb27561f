import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientConfig } from './db.ts'

test('an answer is waited for a little longer than the limit that the server holds itself, whatever set it', () => {
  const limit = (...more: string[]) => clientConfig({ host: '/tmp' }, null, more).query_timeout
  assert.equal(limit(), 65_000)
  assert.equal(limit('-c statement_timeout=20s'), 25_000)
  assert.equal(limit('-c statement_timeout=150s', '-c lock_timeout=120s'), 155_000)
  assert.equal(limit('-c statement_timeout=2min'), 125_000)
  assert.equal(limit('-c statement_timeout=0'), 0)
})
