import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startWorld, urlOf, type World } from './testing/start-world.ts'
import { openSuperuser } from './testing/superuser.ts'
import { fitThermostats, openBesides, podsCounting, slotsCounted } from './testing/ticks/counting.ts'

const day = '2027-03-01'
const moment = (time: string): string => `${day}T${time}Z`
const codes = Array.from({ length: 160 }, (_, n) => `T${String(n).padStart(3, '0')}`)

async function worldAt(clock: { now: Date }): Promise<World> {
  const world = await startWorld({ pods: podsCounting, now: () => clock.now })
  await fitThermostats(world, codes)
  return world
}
async function assertOnce(world: World, slots: readonly string[]): Promise<void> {
  const counted = await slotsCounted(world)
  assert.deepEqual([...counted.keys()].toSorted(), codes)
  for (const [code, found] of counted) assert.deepEqual(found, slots, code)
}
const stand = async (world: World) => {
  const { rows } = await world.database.db.read(['acme'], db =>
    db.query<{ done: Date | null; gap: number }>('select done, gap_ms as gap from tick_runs'),
  )
  return { done: rows[0]?.done?.toISOString().slice(11, 16) ?? null, gapMs: rows[0]?.gap }
}

test('two processes on one database run each slot once', async () => {
  const clock = { now: new Date(moment('11:58:00')) }
  await using world = await worldAt(clock)
  await using other = await openBesides(urlOf(world.database.address), world.dataDir, {
    now: () => clock.now,
    jobs: false,
  })
  for (const time of ['12:00:30', '12:10:30', '12:20:30']) {
    clock.now = new Date(moment(time))
    await Promise.all([world.app.runTicks(), other.runTicks(), world.app.runTicks(), other.runTicks()])
  }
  await assertOnce(world, ['12:00', '12:10', '12:20'])
  const ran = await Promise.all([world.app, other].map(app => app.registry.metrics()))
  const counted = ran.map(text => Number(/^tick_total\{.*"recorded"\} (\d+)$/m.exec(text)?.[1]))
  assert.equal(counted[0]! + counted[1]!, 3 * codes.length, 'as many as there are, whoever ran them')
  for (const text of ran) assert.match(text, /^tick_total\{.*"repeated"\} 0$/m)
  // Whoever did not run it looks again, and knows that it was run.
  await Promise.all([world.app.runTicks(), other.runTicks()])
  clock.now = new Date(moment('12:29:00'))
  for (const app of [world.app, other]) assert.match(await app.registry.metrics(), /^tick_lag_seconds\{.*\} 0$/m)
})

test('a process runs its ticks by itself, by the clock of the database', async () => {
  await using world = await startWorld({ pods: podsCounting })
  await fitThermostats(world, codes, 'acme', 2020)
  await using app = await openBesides(urlOf(world.database.address), world.dataDir, { jobs: true })
  const asked = async () =>
    world.database.db.read(['acme'], async db => {
      const { rows } = await db.query<{ now: Date; done: Date | null }>('select now(), (select done from tick_runs)')
      return rows[0]!
    })
  const end = performance.now() + 30_000
  for (let found = await asked(); found.done === null; found = await asked()) {
    assert.ok(performance.now() < end, 'no slot was run in 30 s')
    await wait(50)
  }
  const { now, done } = await asked()
  // Its slot is at least half a minute old, and not a period more.
  const age = now.getTime() - done!.getTime()
  assert.ok(age >= 30_000 && age < 11.5 * 60_000, `${age} ms`)
  await assertOnce(world, [done!.toISOString().slice(11, 16)])
  assert.match(await app.registry.metrics(), /^loop_failures_total\{loop="ticks"\} \d+$/m)
})

/** One that is stopped in the middle of a slot, where it waits for a thermostat that somebody else holds. */
async function stoppedAmid(world: World, time: string, signal: 'SIGSTOP' | 'SIGKILL') {
  await using superuser = await openSuperuser(world.database.address)
  const file = new URL('./testing/ticks/process.ts', import.meta.url)
  const child = fork(file, [urlOf(world.database.address), world.dataDir, moment(time)])
  // It may be heard of before anybody waits for it.
  const exited = once(child, 'exit')
  await once(child, 'message')
  await superuser.query(`begin; select from groups where group_key = 'thermostat:${codes[80]}' for no key update`)
  child.send('go')
  while ((await superuser.waiting()) === 0);
  child.kill(signal)
  // Until the server has lost patience with it: it stands and holds nothing.
  while ((await superuser.waiting()) > 0) await wait(20)
  await superuser.query('commit')
  const ticked = [...(await slotsCounted(world)).values()].filter(slots => slots.includes(time.slice(0, 5))).length
  assert.ok(ticked > 40 && ticked < codes.length, `stopped after ${ticked}`)
  return { child, exited }
}
/** As if so much time had passed that whoever runs it must be gone. */
const forgetHolder = (world: World) =>
  world.database.db.transaction(['acme'], db => db.query(`update tick_runs set lease_until = clock_timestamp()`))

async function untilDone(world: World, slot: string): Promise<void> {
  const end = performance.now() + 40_000
  while ((await stand(world)).done !== slot) {
    assert.ok(performance.now() < end, `the slot ${slot} is not run whole after 40 s`)
    await world.app.runTicks()
    await wait(50)
  }
}

test('a slot whose process was killed in the middle is finished by another: nothing twice, nothing lost, the same gap', async () => {
  const clock = { now: new Date(moment('12:00:30')) }
  await using world = await worldAt(clock)
  await world.app.runTicks()
  const { exited } = await stoppedAmid(world, '14:00:30', 'SIGKILL')
  await exited
  clock.now = new Date(moment('14:00:31'))
  await world.app.runTicks()
  assert.equal((await stand(world)).done, '12:00', 'its lease has not run out')
  await forgetHolder(world)
  await untilDone(world, '14:00')
  assert.deepEqual(await stand(world), { done: '14:00', gapMs: 2 * 3_600_000 })
  await assertOnce(world, ['12:00', '14:00'])
})

test('a process that stands still for a minute in the middle of a slot is followed, and makes nothing twice when it goes on', async () => {
  const clock = { now: new Date(moment('12:00:30')) }
  await using world = await worldAt(clock)
  await world.app.runTicks()
  const { child, exited } = await stoppedAmid(world, '12:10:30', 'SIGSTOP')
  try {
    clock.now = new Date(moment('12:11:30'))
    await forgetHolder(world)
    await world.app.runTicks()
    await assertOnce(world, ['12:00', '12:10'])
    child.kill('SIGCONT')
    await untilDone(world, '12:10')
    await once(child, 'message')
    await wait(200)
  } finally {
    child.kill('SIGKILL')
    await exited
  }
  await assertOnce(world, ['12:00', '12:10'])
})
