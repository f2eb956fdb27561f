import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heating, reading } from '../../../../tests/thermostats/pod.ts'
import { installed, podsFrom } from '../pods.ts'
import { countStates } from '../store/conservation.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { openActingCore } from '../testing/acting-core.ts'
import { fitThermostats } from '../testing/fit-thermostats.ts'

const at = new Date('2027-03-01T12:00:00Z')

test('an alert that the plain rule would act on is acted on; what would be dismissed, were there that side, is asked and waits', async () => {
  await using database = await openTestDatabase()
  let probability = 0.8
  await using core = await openActingCore(database, () => at, {
    pods: podsFrom([...installed.pods, heating]),
    serving: (_tenant, { name }) =>
      name === 'real' ? { version: 1, digest: 'd', score: () => ({ probability, notes: [], cannot: null }) } : null,
  })
  const { db } = database
  await fitThermostats(db, 'acme', ['A', 'B', 'C'])
  await db.transaction(['acme'], handle =>
    handle.query(
      `insert into action_states (tenant_id, pod, question, action, mode, gate, changed_at, changed_by, reason)
        values ('acme', 'heating', 'real', 'send_engineer', 'acting', 'threshold', now(), 'test', 'test')`,
    ),
  )
  let made = 0
  const tooWarm = async (code: string) => {
    const raw = {
      tenant: 'acme',
      eventId: `e${made++}`,
      kind: reading.name,
      occurredAt: at,
      data: { code, celsius: 25 },
    }
    const [result] = await core.run([{ raw, at, startedMs: 0 }])
    assert.ok(result?.status === 'recorded', JSON.stringify(result))
    return result.decisions.map(({ action, state, reason, automatic }) => [action, state, reason, automatic])
  }
  assert.deepEqual(await tooWarm('A'), [['send_engineer', 'acted', 'threshold_mode', true]])
  probability = 0.1
  assert.deepEqual(await tooWarm('B'), [['send_engineer', 'queued', 'above_ask_line', false]])
  const found = await db.transaction(['acme'], async reader => ({
    inbox: (await reader.query(`select action, reason from inbox where tenant_id = 'acme'`)).rows,
    acts: (await reader.query(`select action, state from acts where tenant_id = 'acme'`)).rows,
    lost: await countStates(reader, 'acme', 'heating', new Date(0), new Date('2028-01-01')),
  }))
  assert.deepEqual(found.inbox, [{ action: 'send_engineer', reason: 'above_ask_line' }])
  assert.deepEqual(found.acts, [{ action: 'send_engineer', state: 'pending' }])
  assert.deepEqual(
    found.lost.map(({ lost }) => lost).filter(lost => lost > 0),
    [],
  )
})
