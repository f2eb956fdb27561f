import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { sweepsOf } from './sweeps.ts'

test('whenever it is woken, also while it is just ending, every tenant is swept', async () => {
  for (let turns = 0; turns < 12; turns++) {
    const swept: string[] = []
    await using sweeps = sweepsOf(
      async tenant => void swept.push(tenant),
      error => assert.fail(String(error)),
    )
    sweeps.wake('acme')
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    sweeps.wake('borg')
    await setImmediate()
    assert.deepEqual(swept, ['acme', 'borg'], `woken after ${turns} turns`)
  }
})
