import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type JsonObject, kind, pod } from '@surety/contract'
import Type from 'typebox'
import { reading, heating as silent, thermostat } from '../../../../tests/thermostats/pod.ts'
import { act } from '../pipeline/act/act.ts'
import type { Arrival } from '../pipeline/item.ts'
import { installed, podsFrom } from '../pods.ts'
import { countStates } from '../store/conservation.ts'
import type { Tx } from '../store/db.ts'
import { touchCase } from '../store/fences.ts'
import { openTestDatabase } from '../store/test-database.ts'
import { openActingCore } from '../testing/acting-core.ts'
import { openSuperuser } from '../testing/superuser.ts'

const Said = Type.Object({ case: Type.String(), text: Type.String() })
/** What whoever lives there says of an alert. */
const said = kind('heating.said', {
  schema: Said,
  belongs: 'message',
  groups: (data, reference) => reference.groupsOfCase(data.case),
  read(data) {
    const { case: caseId, text } = data as { case: string; text: string }
    return { ok: true, event: { payload: {}, ignored: [], caseId, message: { role: 'user', text } } }
  },
})
/** It forgets what a case holds. */
const forgetful = kind('heating.forgetful', {
  schema: Said,
  belongs: 'outcome',
  groups: () => [thermostat.of('elsewhere')],
  read(data) {
    const { case: caseId } = data as { case: string }
    const outcome = { outcome: 'fine', label: 0, source: 'reported' } as const
    return { ok: true, event: { payload: {}, ignored: [], caseId, outcome } }
  },
})
const heating = pod({ ...silent, kinds: { ...silent.kinds, [said.name]: said, [forgetful.name]: forgetful } })

const at = new Date('2027-03-01T12:00:00Z')
const pods = podsFrom([...installed.pods, heating])
const database = await openTestDatabase()
const superuser = await openSuperuser(database.address)
let probability = 0.8
const failures: unknown[] = []
const core = await openActingCore(database, () => at, {
  pods,
  serving: () => ({ version: 1, digest: 'd', score: () => ({ probability, notes: [], cannot: null }) }),
  onError: error => failures.push(error),
})
test.before(async () => {
  await database.db.transaction(['acme'], db =>
    db.query(
      `insert into action_states (tenant_id, pod, question, action, mode, gate, changed_at, changed_by, reason)
        values ('acme', 'heating', 'failing', 'call_plumber', 'acting', 'threshold', now(), 'test', 'test')`,
    ),
  )
})
test.after(async () => {
  await core[Symbol.asyncDispose]()
  await superuser[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

let made = 0
function arrival(kind: string, data: JsonObject, tenant = 'acme'): Arrival {
  const occurredAt = new Date(at.getTime() - 3_600_000 + made * 1000)
  return { raw: { tenant, eventId: `e${made++}`, kind, occurredAt, data }, at, startedMs: 0 }
}
const readingOf = (code: string, celsius = 20, tenant = 'acme') => arrival(reading.name, { code, celsius }, tenant)
const saidOf = (caseId: string) => arrival(said.name, { case: caseId, text: 'Leave it, I am there.' })

async function read(...given: Parameters<typeof readingOf>) {
  const [decision] = await together([readingOf(...given)])
  return decision
}
/** One batch: what was asked of each of its readings. */
async function together(arrivals: readonly Arrival[]) {
  const results = await core.run(arrivals)
  return results.map(result => {
    assert.ok(result.status === 'recorded', JSON.stringify(result))
    return result.decisions.find(({ question }) => question === 'failing')
  })
}
const perform = () =>
  database.db.transaction(['acme'], db => act(db, 'acme', at, { ...pods, queueDays: async () => 7 }))
// biome-ignore lint/suspicious/noExplicitAny: rows of several tables
const rows = async (text: string): Promise<any[]> =>
  (await database.db.read(['acme'], db => db.query(`${text} and tenant_id = 'acme'`))).rows
const actsOf = (caseId: string) =>
  rows(`select token, state, reason from acts where case_id = '${caseId}'`).then(found =>
    found.map(({ token, state, reason }) => [Number(token), state, reason]),
  )

test('what is done about an alert is done once, however often it is found again', async () => {
  await read('A')
  await read('A')
  const first = await read('A')
  assert.deepEqual([first?.state, first?.reason, first?.hung], ['acted', 'threshold_mode', 'opened'])
  for (let n = 0; n < 3; n++) {
    const again = await read('A')
    assert.deepEqual([again?.state, again?.reason, again?.hung], ['suppressed', 'duplicate', 'joined'])
    assert.equal(again?.automatic, false)
  }
  await perform()
  assert.deepEqual(await actsOf(first!.caseId), [[0, 'done', null]])
  assert.equal((await rows(`select * from outbox where case_id = '${first!.caseId}'`)).length, 1)
})

test('a touch voids what was decided before it, and not what is decided after it on the same alert', async () => {
  await read('B')
  await read('B')
  const first = await read('B')
  assert.equal(first?.hung, 'opened')
  await database.db.transaction(['acme'], db => touchCase(db, 'acme', first!.caseId, 'claim', at))
  probability = 0.95
  const worse = await read('B')
  assert.deepEqual([worse?.state, worse?.hung, worse?.caseId], ['acted', 'raised', first!.caseId])
  await perform()
  assert.deepEqual((await actsOf(first!.caseId)).toSorted(), [
    [0, 'cancelled', 'claim'],
    [1, 'done', null],
  ])
})

test('a touch voids what was decided before it in its own batch, and not what is decided after it there', async () => {
  for (const [code, order, expected] of [
    [
      'touched-before',
      ['said', 'read'],
      [
        [0, 'cancelled', 'message_user'],
        [1, 'done', null],
      ],
    ],
    [
      'touched-after',
      ['read', 'said'],
      [
        [0, 'cancelled', 'message_user'],
        [0, 'cancelled', 'message_user'],
      ],
    ],
    [
      'touched-twice',
      ['said', 'read', 'said'],
      [
        [0, 'cancelled', 'message_user'],
        [1, 'cancelled', 'message_user'],
      ],
    ],
  ] as const) {
    probability = 0.8
    await read(code)
    await read(code)
    const first = await read(code)
    assert.equal(first?.hung, 'opened')
    probability = 0.95
    const batch = order.map(what => (what === 'said' ? saidOf(first!.caseId) : readingOf(code)))
    const worse = (await together(batch))[order.indexOf('read')]
    assert.deepEqual([worse?.state, worse?.hung, worse?.caseId], ['acted', 'raised', first!.caseId])
    await perform()
    assert.deepEqual((await actsOf(first!.caseId)).toSorted(), expected, code)
  }
})

test('a person who touches an alert waits for the batch that holds its group, and the batch for the person', async () => {
  probability = 0.8
  await read('C')
  await read('C')
  const first = await read('C')
  const order: string[] = []
  let reading: Promise<unknown> | undefined
  await database.db.transaction(['acme'], async db => {
    await touchCase(db, 'acme', first!.caseId, 'claim', at)
    probability = 0.95
    reading = read('C').then(decision => {
      order.push('recorded')
      return decision
    })
    while ((await superuser.waiting()) === 0);
    order.push('touched')
  })
  const decision = (await reading) as Awaited<ReturnType<typeof read>>
  assert.deepEqual(order, ['touched', 'recorded'])
  assert.equal(decision?.hung, 'raised')
  await perform()
  assert.deepEqual((await actsOf(first!.caseId)).toSorted(), [
    [0, 'cancelled', 'claim'],
    [1, 'done', null],
  ])
})

test('what a mode called off is done once it is found again while that mode is over', async () => {
  probability = 0.8
  await read('D')
  await read('D')
  const first = await read('D')
  assert.deepEqual([first?.state, first?.hung], ['acted', 'opened'])
  const mode = (word: string) =>
    database.db.transaction(['acme'], db =>
      db.query(`update action_states set mode = $1 where tenant_id = 'acme' and pod = 'heating'`, [word]),
    )
  await mode('stopped')
  await perform()
  assert.deepEqual(await actsOf(first!.caseId), [[0, 'cancelled', 'stopped']])
  await mode('acting')
  const again = await read('D')
  assert.deepEqual([again?.caseId, again?.hung, again?.state], [first!.caseId, 'joined', 'acted'])
  const twice = await read('D')
  assert.deepEqual([twice?.hung, twice?.reason], ['joined', 'duplicate'])
  await perform()
  assert.deepEqual((await actsOf(first!.caseId)).toSorted(), [
    [0, 'cancelled', 'stopped'],
    [0, 'done', null],
  ])
})

test('how urgently an alert waits tells nothing of a score that is withheld', async () => {
  await database.db.transaction(['shy'], db =>
    db.query(
      `insert into settings (tenant_id, pod, question, name, version, value, recorded_at, actor)
        values ('shy', 'heating', 'failing', 'autonomy', 1, '{"hidden_share": 0.5}', now(), 'test')`,
    ),
  )
  // From this score on an alert is critical.
  probability = 0.95
  for (let n = 0; n < 24; n++) for (let again = 0; again < 3; again++) await read(`S${n}`, 20, 'shy')
  const { rows: places } = await database.db.read(['shy'], db =>
    db.query<{ blinded: boolean; urgency: number; due: number }>(
      `select blinded, urgency, extract(epoch from due_at - recorded_at)::int / 60 as due from inbox where tenant_id = 'shy'`,
    ),
  )
  const seen = [...new Set(places.map(({ blinded, urgency, due }) => `${blinded} ${urgency} ${due}`))].toSorted()
  assert.deepEqual(seen, ['false 0 15', 'true 1 60'])
})

test('who acts takes its locks once, in the order of everybody: groups, the autonomy, fences, acts', async () => {
  probability = 0.8
  await read('F')
  await read('F')
  await read('F')
  const asked: (string | undefined)[] = []
  await database.db.transaction(['acme'], db => {
    const query: Tx['query'] = (given, values) => {
      asked.push(typeof given === 'string' ? given : given.name)
      return db.query(given, values)
    }
    return act({ ...db, query } as Tx, 'acme', at, { ...pods, queueDays: async () => 7 })
  })
  const locks = ['hold_groups_of_cases', 'hold_autonomy', 'make_fences', 'hold_fences', 'lock_pending_acts']
  assert.deepEqual(
    asked.filter(name => name !== undefined && locks.includes(name)),
    locks,
  )
})

test('an answer that leaves out the groups of its case is refused alone, with a sentence for its author', async () => {
  probability = 0.8
  await read('E')
  await read('E')
  const first = await read('E')
  assert.deepEqual(failures, [])
  const answer = { case: first!.caseId, text: '' }
  const results = await core.run([readingOf('E'), arrival(forgetful.name, answer), saidOf(first!.caseId)])
  assert.deepEqual(
    results.map(result => (result.status === 'rejected' ? result.code : result.status)),
    ['recorded', 'internal', 'recorded'],
  )
  assert.match(String(failures), /The pod heating: heating.forgetful leaves out the thermostat of its case/)
})

test('the account of the tables finds nothing lost', async () => {
  const found = await database.db.transaction(['acme'], db =>
    countStates(db, 'acme', 'heating', new Date(at.getTime() - 1000), new Date(at.getTime() + 1000)),
  )
  assert.deepEqual(
    found.map(({ lost }) => lost),
    found.map(() => 0),
  )
  assert.ok(found.some(({ state }) => state === 'suppressed'))
})
