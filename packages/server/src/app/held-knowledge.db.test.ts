import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  detector,
  type EventResult,
  entity,
  kind,
  own,
  type Pod,
  pod,
  type Question,
  type RawEvent,
  row,
  state,
} from '@surety/contract'
import Type from 'typebox'
import { openEntities } from '../manage/entities/open-entities.ts'
import { podsFrom } from '../pods.ts'
import { bumpEpoch } from '../store/autonomy-epochs.ts'
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts'
import { operatorOf } from '../testing/acting-core.ts'
import { fix, guards, handover, person, site } from '../testing/guards/pod.ts'
import { openGuards } from '../testing/guards/processes.ts'
import { startsAt as at } from '../testing/guards/shift.ts'
import { openSuperuser, type Superuser } from '../testing/superuser.ts'
import type { Core, CoreOptions } from './core.ts'

let database: TestDatabase
let superuser: Superuser
test.before(async () => {
  database = await openTestDatabase({ poolSize: 4 })
  superuser = await openSuperuser(database.address)
})
test.after(async () => {
  await superuser[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** On a clock that stands: what it knows is read again only when the line asks. */
const openStanding = (more: Partial<CoreOptions> = {}): Promise<Core> =>
  openGuards(database.db, { monotonicMs: () => 0, ...more })
const run = (core: Core, ...raws: readonly RawEvent[]): Promise<readonly EventResult[]> =>
  core.run(raws.map(raw => ({ raw, at, startedMs: 0 })))

type Recorded = Exclude<EventResult, { status: 'rejected' }>
function recorded(result: EventResult | undefined): Recorded {
  assert.ok(result !== undefined && result.status !== 'rejected', JSON.stringify(result))
  return result
}

/** Guards who walk their rounds at the post where an operator has put them. */
function postsHeld(held: 'snapshot' | 'key', name: string): Pod {
  const posts = entity('post', {
    schema: Type.Object({ person: Type.String(), site: Type.String() }),
    held,
    id: ['person'],
  })
  const round = kind(`${name}.round`, {
    schema: Type.Object({ person: Type.String() }),
    read: fix.read,
    groups: (data, reference) => [
      person.of(data.person),
      held === 'snapshot' ? site.of(reference.get(posts, data.person)?.site) : null,
    ],
  })
  const rounds = state({
    name: 'rounds',
    group: held === 'snapshot' ? site : person,
    on: [round],
    initial: { count: 0 },
    fold: ({ count }) => ({ count: count + 1 }),
  })
  const posted = detector('POSTED', {
    family: 'post',
    severity: 'LOW',
    confidence: 1,
    on: [round],
    needs: { post: own(posts, person), rounds: row(rounds) },
    detect: ({ key, past }) => ({
      value: past.rounds.count,
      evidence: { at: key(site), post: past.post?.site ?? null },
    }),
  })
  const [{ pod: _, ...question }] = guards.questions
  const asked = { ...question, on: [round.name], needs: {}, features: () => [0, 0, 0, 0, 0, false, false] }
  return pod({
    ...guards,
    name,
    kinds: { [round.name]: round },
    entities: [posts],
    state: [rounds],
    detectors: [posted],
    questions: [asked],
  })
}

/** An operator puts a guard somewhere, from always on. */
function keeper(of: Pod) {
  const ctx = { db: database.db, now: () => at, audit: async () => {}, redact: async (_: string, text: string) => text }
  const { service } = openEntities({ ...ctx, pods: [of] })
  const kind = service.kinds.find('post', of.name)
  return async (tenant: string, who: string, where: string, version = 0): Promise<void> => {
    const said = { value: { person: who, site: where }, effectiveFrom: 'always', reason: undefined }
    const actor = operatorOf(tenant)
    if (version === 0) await service.change.create(actor, kind, said, 'r')
    else await service.change.replace(actor, kind, who, { ...said, version }, 'r')
  }
}

test('an event is placed and judged by the reference data of the moment it is recorded: what the process knew before is read again', async () => {
  const posts = postsHeld('snapshot', 'posts')
  await using core = await openStanding({ pods: podsFrom([posts]) })
  const put = keeper(posts)
  const walked = async (eventId: string) => {
    const [result] = await run(core, { tenant: 'moves', kind: 'posts.round', eventId, data: { person: 'P1' } })
    return recorded(result).findings?.map(({ value, evidence }) => [value, evidence['at'], evidence['post']])
  }
  await put('moves', 'P1', 'S1')
  assert.deepEqual(await walked('e1'), [[0, 'S1', 'S1']])
  await put('moves', 'P1', 'S2', 1)
  // The process has named S1 for it, and finds under its locks that this is no longer so.
  assert.deepEqual(await walked('e2'), [[0, 'S2', 'S2']])
  await put('moves', 'P2', 'S1')
  assert.deepEqual(await walked('e3'), [[1, 'S2', 'S2']])
  const { rows } = await database.db.read(['moves'], db =>
    db.query('select event_id as id, reference_change as change, versions from events order by 1'),
  )
  assert.deepEqual(rows, [
    { id: 'e1', change: 1, versions: { 'person:P1': 0, 'site:S1': 1 } },
    { id: 'e2', change: 2, versions: { 'person:P1': 0, 'site:S2': 1 } },
    { id: 'e3', change: 3, versions: { 'person:P1': 0, 'site:S2': 2 } },
  ])
})

test('an event whose groups can be named no more, because reference data has moved meanwhile, is refused alone', async () => {
  const posts = postsHeld('snapshot', 'unnamed')
  await using core = await openStanding({ pods: podsFrom([posts]) })
  const put = keeper(posts)
  const rounds = (...ids: readonly string[]) =>
    run(
      core,
      ...ids.map(eventId => ({ tenant: 'unnamed', kind: 'unnamed.round', eventId, data: { person: eventId[0]! } })),
    )
  await put('unnamed', 'A', 'S1')
  await put('unnamed', 'B', 'S1')
  for (const result of await rounds('A1', 'B1')) recorded(result)
  // No site has such a name.
  await put('unnamed', 'A', 'x'.repeat(200), 1)
  const [first, second, third] = await rounds('B2', 'A2', 'B3')
  assert.deepEqual([second?.status, 'code' in second! && second.code], ['rejected', 'validation_failed'])
  assert.deepEqual([recorded(first).eventId, recorded(third).eventId], ['B2', 'B3'])
})

test('reference data that is read by key alone is never behind', async () => {
  const posts = postsHeld('key', 'keyed')
  await using core = await openStanding({ pods: podsFrom([posts]) })
  const put = keeper(posts)
  for (const [n, where] of ['S1', 'S2'].entries()) {
    await put('keyed', 'P1', where, n)
    const [result] = await run(core, { tenant: 'keyed', kind: 'keyed.round', eventId: `e${n}`, data: { person: 'P1' } })
    assert.deepEqual(
      recorded(result).findings?.map(({ value, evidence }) => [value, evidence['post']]),
      [[n, where]],
    )
  }
})

const fixed = (tenant: string, eventId: string, device = 'D1'): RawEvent => ({
  tenant,
  kind: fix.name,
  eventId,
  data: { device, speed: 1 },
})

test('what the machine may do is what holds as the event is recorded', async () => {
  await using core = await openStanding()
  const state = async (eventId: string) =>
    recorded((await run(core, fixed('modes', eventId)))[0]).decisions.map(({ question, state, reason }) => [
      question,
      state,
      reason,
    ])
  assert.deepEqual(await state('e1'), [
    ['astray', 'queued', 'no_model'],
    ['idle', 'queued', 'no_model'],
  ])
  await database.db.transaction(['modes'], async db => {
    await db.query(
      `insert into action_states (tenant_id, pod, question, action, mode, gate, changed_at, changed_by, reason)
        select 'modes', 'guards', 'idle', action, 'stopped', 'certified', now(), 'test', 'test'
        from unnest(array['ring', 'let_lie']) as given(action)`,
    )
    await bumpEpoch(db, 'modes', 'guards')
  })
  assert.deepEqual(await state('e2'), [
    ['astray', 'queued', 'no_model'],
    ['idle', 'logged', 'stopped'],
  ])
})

test('one snapshot serves a batch that asks two questions, though the model of the second is swapped while it waits for its groups and again while it is scored', async () => {
  let serving = 1
  const scored: string[] = []
  const model = ({ name }: Question) => {
    const version = name === 'idle' ? serving : 1
    return {
      version,
      digest: `${name} ${version}`,
      score() {
        scored.push(name)
        // Somebody activates another one right now: it is for the next batch.
        if (scored.length === 3) serving++
        return { probability: 0.5, notes: [], cannot: null }
      },
    }
  }
  await using core = await openStanding({ serving: (_, question) => model(question) })
  const give = (eventId: string): RawEvent => ({
    tenant: 'swaps',
    kind: handover.name,
    eventId,
    data: { device: 'D1', person: 'P1' },
  })
  await run(core, give('h1'))
  let results: Promise<readonly EventResult[]> | undefined
  await database.db.transaction(['swaps'], async db => {
    await db.query(`select from groups where tenant_id = 'swaps' for no key update`)
    results = run(core, fixed('swaps', 'e1'), fixed('swaps', 'e2', 'D2'), fixed('swaps', 'e3'))
    while ((await superuser.waiting()) === 0);
    serving = 2
    await bumpEpoch(db, 'swaps', 'guards')
  })
  const versions = (answer: readonly EventResult[]) =>
    answer.map(one => recorded(one).decisions.map(({ question, score }) => [question, score.modelVersion]))
  const both = (version: number) => [
    ['astray', 1],
    ['idle', version],
  ]
  assert.deepEqual(versions(await results!), [both(2), both(2), both(2)])
  assert.equal(scored.length, 6)
  assert.deepEqual(versions(await run(core, fixed('swaps', 'e4'))), [both(3)])
})
