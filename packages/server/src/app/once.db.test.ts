import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heating, reading, visited } from '../../../../tests/thermostats/pod.ts'
import { act } from '../pipeline/act/act.ts'
import type { Arrival } from '../pipeline/item.ts'
import { installed, podsFrom } from '../pods.ts'
import { forgetOnceActs } from '../store/once-acts.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { openActingCore } from '../testing/acting-core.ts'
import { fitThermostats } from '../testing/fit-thermostats.ts'

/** One engineer a day goes to a thermostat, whatever was found and on whichever alert it hangs. */
const pods = podsFrom([...installed.pods, heating])
const start = new Date('2027-03-01T06:00:00Z')
const hours = (n: number): Date => new Date(start.getTime() + n * 3_600_000)
let clock = start
const database = await openTestDatabase({ poolSize: 4 })
const { db } = database
const open = () =>
  openActingCore(database, () => clock, {
    pods,
    serving: (_tenant, { name }) =>
      name === 'real'
        ? { version: 1, digest: 'd', score: () => ({ probability: 0.9, notes: [], cannot: null }) }
        : null,
  })
const core = await open()
test.after(async () => {
  await core[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const setMode = (mode: string) =>
  db.transaction(['acme'], async handle => {
    await handle.query(
      `insert into action_states (tenant_id, pod, question, action, mode, gate, changed_at, changed_by, reason)
        values ('acme', 'heating', 'real', 'send_engineer', $1, 'threshold', now(), 'test', 'test')
        on conflict (tenant_id, pod, question, action) do update set mode = excluded.mode`,
      [mode],
    )
    await handle.query(`insert into autonomy_epochs (tenant_id, pod, epoch) values ('acme', 'heating', 1)
      on conflict (tenant_id, pod) do update set epoch = autonomy_epochs.epoch + 1`)
  })
test.before(async () => {
  await fitThermostats(db, 'acme', ['A', 'B', 'C', 'D', 'E', 'F'])
  await setMode('acting')
})

let made = 0
function arrival(code: string, celsius: number, at: Date): Arrival {
  clock = new Date(Math.max(clock.getTime(), at.getTime()))
  const raw = { tenant: 'acme', eventId: `e${made++}`, kind: reading.name, occurredAt: at, data: { code, celsius } }
  return { raw, at: clock, startedMs: 0 }
}
const told = (caseId: string, word: 'broken' | 'fine', at: Date): Arrival => {
  clock = new Date(Math.max(clock.getTime(), at.getTime()))
  const raw = {
    tenant: 'acme',
    eventId: `e${made++}`,
    kind: visited.name,
    occurredAt: at,
    data: { case: caseId, word },
  }
  return { raw, at: clock, startedMs: 0 }
}
interface Came {
  readonly about: string
  readonly ended: string
  readonly caseId: string
}
async function run(arrivals: readonly Arrival[], by = core): Promise<readonly (readonly Came[])[]> {
  return (await by.run(arrivals)).map(result => {
    assert.ok(result.status === 'recorded', JSON.stringify(result))
    return result.decisions
      .filter(({ question }) => question === 'real')
      .map(({ questionSubject: about, state, reason, caseId }) => ({ about, ended: `${state} ${reason}`, caseId }))
  })
}
const read = async (code: string, celsius: number, at: Date): Promise<readonly Came[]> =>
  (await run([arrival(code, celsius, at)]))[0]!
const endings = (all: readonly Came[]) => all.map(({ about, ended }) => `${about}: ${ended}`)
const acts = async (): Promise<number> => {
  const text = `select count(*)::int4 as n from acts where tenant_id = 'acme' and action = 'send_engineer'`
  return (await db.read(['acme'], reader => reader.query<{ n: number }>(text))).rows[0]!.n
}

test('of two findings of one event, and of alerts that follow each other, one is acted on and the others are asked', async () => {
  await read('A', 20, hours(0))
  assert.deepEqual(endings(await read('A', 31, hours(1))), ['TOO_WARM: acted threshold_mode', 'JUMP: queued duplicate'])
  // Beyond the window of the alert, within that of the act.
  const next = await read('A', 31, hours(5))
  assert.deepEqual(endings(next), ['TOO_WARM: queued duplicate'])
  assert.deepEqual(endings(await read('A', 31, hours(24.9))), ['TOO_WARM: queued duplicate'])
  assert.deepEqual(endings(await read('A', 31, hours(28))), ['TOO_WARM: acted threshold_mode'])
  assert.deepEqual(endings(await read('B', 31, hours(28))), ['TOO_WARM: acted threshold_mode'])
  assert.equal(await acts(), 3)
})

test('within one batch the next event knows what the one before it did; what turned out to be nothing was recently cleared', async () => {
  const [first, second] = await run([arrival('C', 31, hours(30)), arrival('C', 31, hours(33))])
  assert.deepEqual(
    [endings(first!), endings(second!)],
    [['TOO_WARM: acted threshold_mode'], ['TOO_WARM: queued duplicate']],
  )
  const [, third] = await run([told(first![0]!.caseId, 'fine', hours(33.5)), arrival('C', 31, hours(36))])
  assert.deepEqual(endings(third!), ['TOO_WARM: queued recently_cleared'])
  assert.deepEqual(endings(await read('C', 31, hours(39))), ['TOO_WARM: queued recently_cleared'])
  await run([told(first![0]!.caseId, 'broken', hours(40))])
  assert.deepEqual(endings(await read('C', 31, hours(42))), ['TOO_WARM: queued duplicate'])
})

test('what was only to be done in a dry run, or called off before it was done, stands in no way', async () => {
  await setMode('dry_run')
  assert.deepEqual(endings(await read('D', 31, hours(60))), ['TOO_WARM: logged dry_run'])
  await setMode('acting')
  assert.deepEqual(endings(await read('D', 31, hours(61))), ['TOO_WARM: acted threshold_mode'])
  await setMode('asking')
  await db.transaction(['acme'], handle => act(handle, 'acme', hours(61), { ...pods, queueDays: async () => 7 }))
  await setMode('acting')
  assert.deepEqual(endings(await read('D', 31, hours(65))), ['TOO_WARM: acted threshold_mode'])
})

test('two processes that find it at one time do it once', async () => {
  await using other = await open()
  const before = await acts()
  const rounds = 12
  for (let round = 0; round < rounds; round++) {
    const at = (n: number) => hours(100 + round * 48 + n / 60)
    const all = await Promise.all(
      [core, other, core, other].map((by, n) => run([arrival('E', 31, at(n)), arrival('F', 31, at(n))], by)),
    )
    const done = all.flat(2).filter(({ ended }) => ended.startsWith('acted'))
    assert.equal(done.length, 2, JSON.stringify(all))
  }
  assert.equal((await acts()) - before, 2 * rounds)
})

test('what has stood in no way for long is forgotten', async () => {
  const left = async () =>
    (await db.read(['acme'], reader => reader.query<{ n: number }>(`select count(*)::int4 as n from once_acts`)))
      .rows[0]!.n
  const [all, until] = [await left(), hours(30 + 24 + 1)]
  const went = await db.transaction(['acme'], handle => forgetOnceActs(handle, 'acme', until, 1000))
  // Those of the two before it were called off, which leaves nothing.
  assert.equal(went, 1)
  assert.equal(await left(), all - 1)
})
