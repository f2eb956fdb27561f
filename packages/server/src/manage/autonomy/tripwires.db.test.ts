import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type JsonObject, placeOf } from '@surety/contract'
import { armRestartingTripwire, armTripwire, feedRestartingTripwire, observeTripwire } from '@surety/stats'
import type { ServingModel } from '../../pipeline/item.ts'
import { podNamed } from '../../pods.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { readWire } from '../../store/tripwires.ts'
import { casesToCatchDoubling } from './audit-estimate.ts'
import { loadAutonomy } from './load-autonomy.ts'
import { overviewOf } from './overview.ts'
import { readLabels } from './read-labels.ts'
import { rearm } from './rearm.ts'
import { refreshAutonomy } from './refresh.ts'
import { addRows, autonomyDeps, day, goodRows, type TestRow } from './testing/evidence.ts'
import { recordWorld } from './testing/record-world.ts'
import { putDecisions, putOutcomes, type TestOutcome } from './testing/settled-cases.ts'
import { observeTripwires, rearmWire } from './tripwires.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
await db.transaction([], handle => ensurePartitions(handle, day(100), day(130)))
const [question] = podNamed('table').questions
const deps = autonomyDeps(db)
const by = { actor: 'key:admin', reason: 'looked into it', requestId: 'r-1' }

const at = (tenant: string) => ({ tenant, ...placeOf(question), digest: `model of ${tenant}` })
/** Audited acts, every `each`-th of them wrong. */
const audits = (n: number, each: number, from: Date, prefix = 'a'): TestRow[] =>
  Array.from({ length: n }, (_, i) => ({
    id: `${prefix}${String(i).padStart(5, '0')}`,
    p: 0.95,
    y: i % each === each - 1 ? 0 : 1,
    at: new Date(from.getTime() + i * 60_000),
    source: 'live',
    quality: 'audit',
    action: 'yes',
    audited: true,
  }))
const world = recordWorld(db, question)
async function certified(tenant: string) {
  await world.promote(tenant)
  await world.begin(tenant)
  await world.settle(tenant, goodRows(800))
  await world.certify(deps, tenant, day(120))
}
const load = (tenant: string, moment: Date) =>
  db.transaction([tenant], handle => loadAutonomy(handle, tenant, question, moment))
const wireOf = (tenant: string) =>
  db.transaction([tenant], handle => readWire(handle, { tenant, ...placeOf(question), action: 'yes' }))
const entries = (tenant: string, action: string) =>
  deps.entries.filter(entry => entry.tenant === tenant && entry.action === action)

test('audited acts within the budget suspend nothing, are counted once, and wait until they are mature', async () => {
  await certified('fine')
  await addRows(db, at('fine'), audits(100, 20, day(101)))
  assert.deepEqual(await observeTripwires(deps, 'fine', question, day(102)), [])
  assert.equal((await wireOf('fine'))?.wire.audited, 0)
  assert.deepEqual(await observeTripwires(deps, 'fine', question, day(140)), [])
  assert.deepEqual(await observeTripwires(deps, 'fine', question, day(141)), [])
  const row = await wireOf('fine')
  assert.deepEqual([row?.wire.audited, row?.wire.wrong], [100, 5])
})

test('bulk answers and acts that were not drawn for an audit never feed the tripwire, however wrong they are', async () => {
  await certified('fed')
  const wrong = (prefix: string, change: Partial<TestRow>) =>
    audits(200, 1, day(101), prefix).map(row => ({ ...row, ...change }))
  await addRows(db, at('fed'), wrong('bulk', { quality: 'bulk' }))
  await addRows(db, at('fed'), wrong('seen', { audited: false, quality: 'human' }))
  await addRows(db, at('fed'), wrong('old', { source: 'imported' }))
  assert.deepEqual(await observeTripwires(deps, 'fed', question, day(140)), [])
  assert.equal((await wireOf('fed'))?.wire.audited ?? 0, 0)
})

test('a label that comes after the cases around it were counted is counted too, and once, whatever is said of it later', async () => {
  await certified('late')
  const late = audits(200, 3, day(101))
  await addRows(
    db,
    at('late'),
    late.filter(row => row.y === 1),
  )
  assert.deepEqual(await observeTripwires(deps, 'late', question, day(140)), [])
  assert.equal((await wireOf('late'))?.wire.wrong, 0)
  const wrong = late.filter(row => row.y === 0)
  await addRows(db, at('late'), wrong.slice(0, 10))
  await observeTripwires(deps, 'late', question, day(141))
  await db.transaction(['late'], handle =>
    handle.query(`update calibration_rows set quality = 'human', labelled_at = $1 where row_id = $2`, [
      day(142),
      wrong[0]!.id,
    ]),
  )
  await observeTripwires(deps, 'late', question, day(142))
  assert.deepEqual([(await wireOf('late'))?.wire.audited, (await wireOf('late'))?.wire.wrong], [144, 10])
  await addRows(db, at('late'), wrong.slice(10))
  assert.equal((await observeTripwires(deps, 'late', question, day(143))).length, 1)
})

test('acts done under a looser budget are no evidence against a stricter one', async () => {
  await certified('strict')
  await addRows(db, at('strict'), audits(400, 12, day(101)))
  const stricter = (alpha: number, version: number) =>
    db.transaction(['strict'], handle =>
      handle.query(
        `insert into settings (tenant_id, pod, name, version, value, recorded_at, actor)
         values ('strict', 'table', 'autonomy', $2, $1, $3, 'key:boss')`,
        [JSON.stringify({ actions: { yes: { alpha } } }), version, day(104)],
      ),
    )
  await observeTripwires(deps, 'strict', question, day(104))
  await stricter(0.01, 1)
  await observeTripwires(deps, 'strict', question, day(105))
  assert.deepEqual(await observeTripwires(deps, 'strict', question, day(140)), [])
  assert.equal((await wireOf('strict'))?.wire.audited, 0)
  // What is done from then on counts, and against a looser budget everything since.
  await addRows(db, at('strict'), audits(50, 50, day(106), 'b'))
  await stricter(0.02, 2)
  await observeTripwires(deps, 'strict', question, day(140))
  assert.equal((await wireOf('strict'))?.wire.audited, 50)
})

test('past the limit the action is suspended, its certificate taken back and the sentence written, all at once', async () => {
  await certified('bad')
  await addRows(db, at('bad'), audits(200, 3, day(101)))
  const before = (await load('bad', day(140))).epoch
  const [suspension, ...others] = await observeTripwires(deps, 'bad', question, day(140))
  assert.deepEqual(others, [])
  assert.match(
    suspension!.sentence,
    /^\d+ of the last \d+ audited acts were wrong, [\d.]+ %; the budget allows 10 %: evidence [\d.]+ reached 20\.$/,
  )
  const state = await load('bad', day(140))
  assert.equal(state.epoch, before + 1)
  assert.equal(state.states.get('yes')?.suspended, true)
  assert.deepEqual([...state.certificates.keys()], ['no'])
  assert.deepEqual(
    (await world.recordsOf('bad')).map(({ action }) => action),
    ['no'],
    'what was counted for it led to this',
  )
  const [entry] = entries('bad', 'autonomy.suspended')
  assert.deepEqual([entry!.reason, entry!.detail?.['action']], [suspension!.sentence, 'yes'])
  assert.deepEqual(await observeTripwires(deps, 'bad', question, day(141)), [], 'once')
})

test('a process that ends in the middle of a suspension leaves nothing of it, and the next look does it whole', async () => {
  await certified('cut')
  await addRows(db, at('cut'), audits(200, 3, day(101)))
  const failing = { ...deps, audit: async () => Promise.reject(new Error('killed')) }
  const before = await load('cut', day(140))
  await assert.rejects(observeTripwires(failing, 'cut', question, day(140)), /killed/)
  assert.deepEqual(await load('cut', day(140)), before)
  assert.equal(await wireOf('cut'), null)
  assert.equal((await observeTripwires(deps, 'cut', question, day(140))).length, 1)
})

test('armed again only on cases decided after the suspension; the wire starts afresh with half the delta', async () => {
  const again = (moment: Date) => rearm(deps, 'bad', [podNamed('table')], { pod: null, action: 'yes' }, by, moment)
  await assert.rejects(rearm(deps, 'fine', [podNamed('table')], { pod: null, action: 'yes' }, by, day(150)), {
    code: 'not_suspended',
  })
  await assert.rejects(rearm(deps, 'bad', [podNamed('table')], { pod: null, action: 'maybe' }, by, day(150)), {
    code: 'validation_failed',
  })
  await assert.rejects(rearm(deps, 'bad', [podNamed('table')], { pod: 'nothing', action: 'yes' }, by, day(150)), {
    code: 'validation_failed',
  })
  await assert.rejects(
    rearm(deps, 'bad', [podNamed('table')], { pod: null, action: 'yes' }, { ...by, reason: ' ' }, day(150)),
    {
      code: 'reason_required',
    },
  )
  await assert.rejects(again(day(150)), { code: 'needs_certificate' })
  // A record begins where the model that serves is loaded.
  const model: ServingModel = { ...world.modelOf('bad'), score: () => ({ probability: 0.5, notes: [], cannot: null }) }
  const lateness = await refreshAutonomy({ ...deps, scorerOf: () => model }, 'bad', question, day(151))
  assert.ok(
    lateness.certified.every(one => one.action !== 'yes'),
    'nothing is certified for a suspended action',
  )
  await assert.rejects(again(day(152)), (error: { code: string; message: string }) => {
    assert.equal(error.code, 'needs_certificate')
    assert.match(error.message, /0 cases at least this sure so far, 0 wrong\. At this rate about \d+ more are needed/)
    return true
  })
  const late = goodRows(2400, { prefix: 'new', at: day(153) }).map(row => ({ ...row, y: row.p > 0.5 ? 1 : 0 }) as const)
  // What was decided before the suspension says nothing for it any more, labelled late or not.
  await world.settle('bad', [...late, ...goodRows(800, { prefix: 'before', at: day(130) })])
  await refreshAutonomy(deps, 'bad', question, day(190))
  const answer = await again(day(190))
  const certificate = answer['certificate'] as JsonObject
  const record = certificate['record'] as JsonObject
  assert.deepEqual([record['rows'], record['why']], [2400, 'suspension'])
  assert.deepEqual(certificate['delta'], { suspensions: 1, budget_changes: 0, of_record: 0.025 })
  const state = await load('bad', day(191))
  assert.equal(state.states.get('yes')?.suspended, false)
  assert.equal(state.certificates.get('yes')?.id, certificate['id'])
  const row = await wireOf('bad')
  assert.deepEqual([row?.wire.delta, row?.wire.armed, row?.wire.audited, row?.wire.tripped], [0.025, 2, 0, false])
  assert.equal(entries('bad', 'autonomy.rearmed').length, 1)
  await assert.rejects(again(day(192)), { code: 'not_suspended' })
})

test('another budget arms the wire anew, and keeps the halvings', async () => {
  await db.transaction(['bad'], handle =>
    handle.query(
      `insert into settings (tenant_id, pod, name, version, value, recorded_at, actor)
       values ('bad', 'table', 'autonomy', 1, '{"actions":{"yes":{"alpha":0.2}}}', $1, 'key:boss')`,
      [day(195)],
    ),
  )
  await observeTripwires(deps, 'bad', question, day(196))
  const row = await wireOf('bad')
  assert.deepEqual([row?.wire.epsilon, row?.wire.delta, row?.budget.alpha], [0.2, 0.025, 0.2])
  assert.equal(entries('bad', 'autonomy.tripwire_armed').length, 1)
  // The record that began with the suspension is asked by it, at half the delta once more.
  await refreshAutonomy(deps, 'bad', question, day(196))
  const [record] = (await world.recordsOf('bad')).filter(({ action }) => action === 'yes')
  assert.deepEqual([record?.suspensions, record?.budgetChanges, record?.budget.alpha], [1, 1, 0.2])
})

test('the overview shows mode, certificate, shortfall, evidence and how many acts an audit takes', async () => {
  const view = await db.transaction(['fine'], handle => overviewOf(handle, 'fine', question, day(140)))
  const [yes] = view['actions'] as readonly JsonObject[]
  assert.deepEqual(
    [yes!['mode'], yes!['gate'], yes!['banner'], yes!['suspended'], yes!['shortfall']],
    ['acting', 'certified', null, null, null],
  )
  const record = yes!['record'] as JsonObject
  assert.deepEqual([record['cut'], record['rows'], record['in_region'], record['why']], [0, 800, 400, 'first'])
  assert.ok(Number(record['evidence']) >= Number(record['limit']) && Number(record['upper']) <= 0.1)
  const { acting, champion } = yes!['check'] as JsonObject
  assert.deepEqual([(acting as JsonObject)['rows'], champion], [800, acting])
  assert.deepEqual(
    [view['acting']?.version, (yes!['certificate'] as JsonObject)['cut']],
    [1, { certified: 0, acted: 0 }],
  )
  const estimate = yes!['audit_estimate'] as JsonObject
  assert.deepEqual([estimate['n'], estimate['audited'], estimate['value']], [100, 100, 0.05])
  const { audited, wrong, limit, catches_doubling_after } = yes!['tripwire'] as JsonObject
  assert.deepEqual([audited, wrong, limit], [100, 5, 20])
  const { audits: needed, acts } = catches_doubling_after as JsonObject
  assert.equal(acts, Number(needed) * 50)
  assert.equal((yes!['tripwire'] as JsonObject)['acts'], null)
  const nobody = await db.transaction(['new'], handle => overviewOf(handle, 'new', question, day(140)))
  const [first] = nobody['actions'] as readonly JsonObject[]
  assert.deepEqual([first!['certificate'], (first!['shortfall'] as JsonObject)['code']], [null, 'no_model'])
})

test('from its present state on: after a thousand good audits evenly spaced errors are caught about when chance ones are', () => {
  const found = [0.05, 0.1].map(epsilon => {
    const armed = armRestartingTripwire({ epsilon, delta: 0.05 }, 5000)
    assert.ok(armed.ok)
    let wire = armed
    const fresh = casesToCatchDoubling(wire)!
    for (let i = 1; i <= 1000; i++) {
      const isWrong = Math.floor(i * 0.7 * epsilon + 1e-9) > Math.floor((i - 1) * 0.7 * epsilon + 1e-9)
      wire = feedRestartingTripwire(wire, isWrong ? 1 : 0)
    }
    return { fresh, later: casesToCatchDoubling(wire)! }
  })
  for (const [i, median] of [355, 175].entries()) {
    assert.ok(Math.abs(found[i]!.later / median - 1) < 0.25, JSON.stringify(found))
    assert.ok(found[i]!.fresh < found[i]!.later)
  }
})

/** Acts of the line with what was said of them afterwards, 5,000 seconds apart at most. */
async function acted(tenant: string, n: number, of: (i: number) => Partial<TestOutcome> | null): Promise<void> {
  await certified(tenant)
  const cases = Array.from({ length: n }, (_, i) => ({
    caseId: `act-${i}`,
    at: new Date(day(101).getTime() + i * 1000),
  }))
  const acting = { version: 1, act: 10, clear: -1 }
  const { digest } = at(tenant)
  await putDecisions(
    db,
    tenant,
    question.pod,
    cases.map(one => ({ ...one, probability: 0.95, digest, action: 'yes', automatic: true, propensity: 0.02, acting })),
  )
  const outcomes = cases.flatMap(({ caseId, at: decided }, i) => {
    const said = of(i)
    return said === null ? [] : [{ caseId, at: new Date(decided.getTime() + 1000), label: 1 as const, ...said }]
  })
  await putOutcomes(db, tenant, question.pod, outcomes)
  await readLabels(db, tenant, question, null, day(140))
}
const wrongEvery = (each: number) => (i: number) => ({ label: i % each === 0 ? (0 as const) : (1 as const) })

test('where labels of what was done are complete every act is evidence, each once, beside the audits', async () => {
  await acted('acted', 400, wrongEvery(20))
  assert.deepEqual(await observeTripwires(deps, 'acted', question, day(140)), [])
  await observeTripwires(deps, 'acted', question, day(141))
  const row = await wireOf('acted')
  assert.deepEqual([row?.wire.audited, row?.acts?.audited, row?.acts?.wrong], [0, 400, 20])
  // Half of delta each.
  assert.deepEqual([row?.wire.delta, row?.acts?.delta], [0.025, 0.025])
  const view = await db.transaction(['acted'], handle => overviewOf(handle, 'acted', question, day(141)))
  const { acts, catches_doubling_after: after } = view.actions[0]!.tripwire
  assert.deepEqual([acts?.seen, acts?.wrong], [400, 20])
  // Fifty times sooner than by audits alone.
  assert.ok(after.acts !== null && after.audits !== null && after.acts < 20 * after.audits)
})

test('acts that nobody audited suspend the action, and what is armed again has half the delta of the whole', async () => {
  await acted('unaudited', 400, wrongEvery(4))
  const [suspension] = await observeTripwires(deps, 'unaudited', question, day(140))
  assert.match(suspension!.sentence, /^\d+ of the last \d+ acts were wrong, 2\d(\.\d+)? %; .* reached 40\.$/)
  assert.equal((await wireOf('unaudited'))?.wire.tripped, true)
  assert.deepEqual(await observeTripwires(deps, 'unaudited', question, day(141)), [], 'once')
  const place = { tenant: 'unaudited', ...placeOf(question), action: 'yes' }
  const again = await db.transaction(['unaudited'], handle =>
    rearmWire(handle, place, { alpha: 0.1, delta: 0.05 }, day(150)),
  )
  assert.deepEqual([again.delta, again.tripped, (await wireOf('unaudited'))?.acts], [0.025, false, undefined])
})

test('acts are no evidence where many have no label, or none but that of silence, which may be their own doing', async () => {
  await acted('missing', 400, i => (i % 5 === 0 ? null : wrongEvery(4)(i)))
  assert.deepEqual(await observeTripwires(deps, 'missing', question, day(140)), [])
  await acted('silent', 400, i => ({ ...wrongEvery(4)(i), source: 'window', quality: 'silence' }))
  assert.deepEqual(await observeTripwires(deps, 'silent', question, day(140)), [])
  for (const tenant of ['missing', 'silent']) assert.equal((await wireOf(tenant))?.acts, undefined)
})

test('what silence had settled is evidence once somebody says how it ended', async () => {
  const silent = (i: number) => i % 10 === 0
  await acted('later', 400, i => (silent(i) ? { source: 'window', quality: 'silence' } : { label: 1 }))
  assert.deepEqual(await observeTripwires(deps, 'later', question, day(140)), [])
  assert.deepEqual([(await wireOf('later'))?.acts?.audited, (await wireOf('later'))?.acts?.wrong], [360, 0])
  const told = Array.from({ length: 400 }, (_, i) => i).filter(silent)
  await putOutcomes(
    db,
    'later',
    question.pod,
    told.map(i => ({ caseId: `act-${i}`, at: new Date(day(141).getTime() + i), label: 0 as const })),
  )
  await readLabels(db, 'later', question, null, day(142))
  const [suspension] = await observeTripwires(deps, 'later', question, day(142))
  assert.match(suspension!.sentence, /acts were wrong, 100 %/)
})

test('a wire of an earlier release goes on: its counts, its suspension and what spoke against the action are kept', async () => {
  const kept = async (tenant: string, losses: readonly number[]) => {
    const armed = armTripwire({ epsilon: 0.1, delta: 0.05 })
    if (!armed.ok) throw new Error(armed.detail)
    const wire = losses.reduce((before, loss) => observeTripwire(before, loss), armed)
    const state = JSON.stringify({ wire, budget: { alpha: 0.1, delta: 0.05 } })
    await db.transaction([tenant], handle =>
      handle.query(
        `insert into tripwires (tenant_id, pod, question, action, state, since) values ($1, 'table', $2, 'yes', $3, $4)`,
        [tenant, placeOf(question).question, state, new Date(0)],
      ),
    )
    return wire
  }
  await certified('earlier')
  const old = await kept('earlier', [...new Array(400).fill(0), ...new Array(3).fill(1)])
  assert.ok(old.logEvidence < -5, 'a long good time made it blind')
  await addRows(db, at('earlier'), audits(100, 4, day(101)))
  assert.deepEqual(await observeTripwires(deps, 'earlier', question, day(102)), [])
  const converted = await wireOf('earlier')
  assert.deepEqual(
    [converted?.wire.audited, converted?.wire.wrong, converted?.wire.delta, converted?.since],
    [403, 3, 0.05, new Date(0)],
  )
  const [entry, ...more] = entries('earlier', 'autonomy.tripwire_armed')
  assert.deepEqual(more, [])
  assert.match(entry!.reason!, /^A release came/)
  const [suspension] = await observeTripwires(deps, 'earlier', question, day(140))
  assert.match(suspension!.sentence, /^\d+ of the last \d\d audited acts were wrong, 2\d(\.\d+)? %/)
  assert.equal(entries('earlier', 'autonomy.tripwire_armed').length, 1, 'once')

  await certified('tripped')
  const tripped = await kept('tripped', new Array(20).fill(1))
  assert.deepEqual(await observeTripwires(deps, 'tripped', question, day(140)), [])
  assert.equal((await wireOf('tripped'))?.wire.tripped, true)
  const view = await db.transaction(['tripped'], handle => overviewOf(handle, 'tripped', question, day(140)))
  const wire = (view['actions'] as readonly JsonObject[])[0]!['tripwire'] as JsonObject
  assert.deepEqual([wire['tripped'], wire['audited']], [true, 20])
  assert.ok(Math.abs(Math.log(Number(wire['evidence'])) - tripped.logEvidence) < 1e-9)
  const place = { tenant: 'tripped', ...placeOf(question), action: 'yes' }
  const again = await db.transaction(['tripped'], handle =>
    rearmWire(handle, place, { alpha: 0.1, delta: 0.05 }, day(150)),
  )
  assert.deepEqual([again.delta, again.armed, again.tripped, again.audited], [0.025, 2, false, 0])
  assert.deepEqual((await wireOf('tripped'))?.since, day(150))
})
