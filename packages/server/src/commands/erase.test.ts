import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../errors.ts'
import { type EraseIo, erase } from './erase.ts'

async function run(...args: readonly string[]) {
  const [out, err, orders]: [string[], string[], Parameters<EraseIo['erase']>[0][]] = [[], [], []]
  const code = await erase(args, {
    out: line => void out.push(line),
    err: line => void err.push(line),
    async erase(order) {
      if (order.caseId === 'nobody') throw new Problem('case_not_found')
      orders.push(order)
      return { case_id: order.caseId }
    },
  })
  return { code, out, err, orders }
}

test('a case is erased by its id, tenant and pod, with a reason', async () => {
  const done = await run('L1', '--tenant', 'acme', '--pod', 'customer-ops', '--reason', 'asked by letter')
  assert.deepEqual(done.orders, [{ caseId: 'L1', tenant: 'acme', pod: 'customer-ops', reason: 'asked by letter' }])
  assert.deepEqual([done.code, done.out], [0, ['{"ok":true,"case_id":"L1"}']])
})

test('what is missing is said and erases nothing; a case that is not there ends with 1', async () => {
  const named = ['L1', '--tenant', 'acme', '--pod', 'table']
  for (const [args, sentence] of [
    [[], 'The id of the case is missing.'],
    [['L1'], '--tenant is missing.'],
    [['L1', '--tenant', 'acme', '--reason', 'x'], '--pod is missing.'],
    [named, '--reason is missing; it is written into the audit log.'],
    [[...named, '--reason', ' '], '--reason is missing; it is written into the audit log.'],
  ] as const) {
    const { code, err, orders } = await run(...args)
    assert.deepEqual([code, err[0], orders], [2, sentence, []], args.join(' '))
  }
  const nobody = await run('nobody', ...named.slice(1), '--reason', 'x')
  assert.deepEqual([nobody.code, nobody.err], [1, ['surety erase: There is no such case.']])
})
