import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../errors.ts'
import { type ImportsIo, imports } from './imports.ts'

async function run(...args: readonly string[]) {
  const [out, err, orders]: [string[], string[], Parameters<ImportsIo['accept']>[0][]] = [[], [], []]
  const code = await imports(args, {
    out: line => void out.push(line),
    err: line => void err.push(line),
    async accept(order) {
      orders.push(order)
      if (order.key === 'nobody') throw new Problem('import_not_found')
      const at = '2026-03-01T00:00:00.000Z'
      const accepted = { at, by: 'cli', reason: order.reason }
      return { key: order.key, outcomes: 3, bulk: 2, first: at, last: at, accepted }
    },
  })
  return { code, out, err, orders }
}
const of = ['--tenant', 'acme', '--reason', 'our old CRM']

test('a key, or none that is known, is accepted with its reason', async () => {
  const done = await run('accept', 'k7r2m9q4', ...of)
  assert.deepEqual(done.orders, [{ tenant: 'acme', key: 'k7r2m9q4', reason: 'our old CRM' }])
  const { ok, outcomes } = JSON.parse(done.out.at(-1)!)
  assert.deepEqual([done.code, ok, outcomes], [0, true, 3])
  assert.deepEqual((await run('accept', '--no-key', ...of)).orders[0]?.key, null)
})

test('what is missing or meaningless is said, and nothing is accepted', async () => {
  for (const [args, sentence] of [
    [[], 'Say accept.'],
    [['take', 'k7r2m9q4', ...of], 'Say accept.'],
    [['accept', ...of], 'The id of the key is missing; surety keys list shows them.'],
    [['accept', 'k7r2m9q4', '--no-key', ...of], 'Name a key or say --no-key, not both.'],
    [['accept', 'sk_k7r2m9q4_secret', ...of], 'That is not the id of a key.'],
    [['accept', 'k7r2m9q4', '--reason', 'x'], '--tenant is missing.'],
    [
      ['accept', 'k7r2m9q4', '--tenant', 'acme', '--reason', ' '],
      '--reason is missing; it is written into the audit log.',
    ],
    [['accept', 'k7r2m9q4', 'other', ...of], '"other" is one word too many.'],
  ] as const) {
    const { code, err, orders } = await run(...args)
    assert.deepEqual([code, err[0], orders], [2, sentence, []])
  }
  const help = await run('--help')
  assert.deepEqual([help.code, help.orders], [0, []])
  assert.match(help.out[0]!, /^usage: surety imports accept KEY_ID/)
})

test('a key that imported nothing is refused', async () => {
  const { code, err } = await run('accept', 'nobody', ...of)
  assert.deepEqual(
    [code, err],
    [3, ['This key has imported no outcome; GET /ops/labels lists the keys that told some.']],
  )
})
