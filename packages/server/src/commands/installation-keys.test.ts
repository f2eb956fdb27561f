import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeyRefused } from '../app/installation-keys.ts'
import { type InstallationKeysIo, installationKeys } from './installation-keys.ts'

async function run(...args: readonly string[]) {
  const [out, err, orders]: [string[], string[], Parameters<InstallationKeysIo['accept']>[0][]] = [[], [], []]
  const code = await installationKeys(args, {
    out: line => void out.push(line),
    err: line => void err.push(line),
    async accept(order) {
      orders.push(order)
      return { name: order.name, before: ['a'], after: ['b'] }
    },
  })
  return { code, out, err, orders }
}

test('a key is accepted by the name of its setting, with a reason', async () => {
  const done = await run('accept', 'PII_KEY', '--reason', 'moved to the vault')
  assert.deepEqual(done.orders, [{ name: 'pii_key', reason: 'moved to the vault', loseContacts: false }])
  assert.deepEqual([done.code, JSON.parse(done.out.at(-1)!).ok], [0, true])
})

test('what is missing or meaningless is said, and nothing is accepted', async () => {
  for (const [args, sentence] of [
    [[], 'Say accept.'],
    [['accept', '--reason', 'x'], 'Say which key: DATA_KEY, PII_KEY or MODEL_SIGNING_KEY.'],
    [['accept', 'toString', '--reason', 'x'], 'Say which key: DATA_KEY, PII_KEY or MODEL_SIGNING_KEY.'],
    [['accept', 'PII_KEY', '--reason', 'x', '--lose-contacts'], '--lose-contacts is for DATA_KEY alone.'],
    [['accept', 'DATA_KEY'], '--reason is missing; it is written into the audit log.'],
  ] as const) {
    const { code, err, orders } = await run(...args)
    assert.deepEqual([code, err[0], orders], [2, sentence, []], args.join(' '))
  }
})

test('what is refused is told in one sentence with code 3', async () => {
  const err: string[] = []
  const code = await installationKeys(['accept', 'DATA_KEY', '--reason', 'x'], {
    out: () => assert.fail('nothing was accepted'),
    err: line => void err.push(line),
    accept: async () => Promise.reject(new KeyRefused('A process serves.')),
  })
  assert.deepEqual([code, err], [3, ['surety installation-keys: A process serves.']])
})
