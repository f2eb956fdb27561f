// Where a case stands and whether a certificate counts: the rules themselves, and that the planner takes them into the
// statement around them, so that they cost what they would cost written there.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { placeOf } from '@surety/contract'
import { autonomyFigures } from './autonomy-figures.ts'
import { loadAutonomyRow } from './autonomy-state.ts'
import { factsOf } from './case-facts.ts'
import { decisionStates } from './case-state.ts'
import { certificateAt, revokeCertificates } from './certificates.ts'
import type { Reader, Tx } from './db.ts'
import { ensurePartitions } from './partitions.ts'
import { openTestDatabase, type TestDatabase } from './test-database.ts'
import { presentState } from './transitions.ts'

let database: TestDatabase
const at = new Date('2026-03-10T12:00:00Z')
const hours = (n: number): Date => new Date(at.getTime() + n * 3_600_000)

before(async () => {
  database = await openTestDatabase()
  await database.db.transaction([], db => ensurePartitions(db, at, at))
})
after(() => database[Symbol.asyncDispose]())

const within = <T>(work: (db: Tx) => Promise<T>): Promise<T> => database.db.transaction(['acme'], work)

/** The plans of everything that is asked, in place of the answers. */
async function plansOf(ask: (db: Reader) => Promise<unknown>): Promise<string> {
  const plans: string[] = []
  await within(db =>
    ask({
      async query(query, values) {
        const { text, values: given } = typeof query === 'string' ? { text: query, values } : query
        const { rows } = await db.query<{ 'QUERY PLAN': string }>(`explain (verbose, costs off) ${text}`, given)
        plans.push(rows.map(row => row['QUERY PLAN']).join('\n'))
        return { rows: [{}], rowCount: 0 } as never
      },
    }).catch(() => {}),
  )
  assert.ok(plans.length > 0)
  return plans.join('\n')
}

const decisionId = '01a1fe21-41d7-7000-8ce7-e9ab588375a2'
const anotherId = '01a1fe21-41d7-7000-8ce7-e9ab588375a3'

test('a decision stands where its newest transition left it, in the day before it too, and not before that', async () => {
  const move = (caseId: string, to: string, when: Date, id = decisionId) =>
    within(db =>
      db.query(
        `insert into transitions (tenant_id, pod, case_id, decision_id, recorded_at, action, from_state, to_state, reason, actor)
          values ('acme', 'customer-ops', $1, $4, $2, 'book', 'queued', $3, $3 || '!', 'test')`,
        [caseId, when, to, id],
      ),
    )
  await move('moved', 'queued', hours(-1))
  await move('moved', 'acted', hours(2))
  await move('moved', 'expired', hours(1))
  await move('moved', 'logged', hours(3), anotherId)
  await move('earlier', 'acted', hours(-25))
  const states = async (caseId: string, id = decisionId) =>
    (await within(db => db.query(`select state, reason from decision_state('acme', $1, $3, $2)`, [caseId, at, id])))
      .rows
  assert.deepEqual(await states('moved'), [{ state: 'acted', reason: 'acted!' }])
  assert.deepEqual(await states('moved', anotherId), [{ state: 'logged', reason: 'logged!' }], 'of another question')
  assert.deepEqual(await states('earlier'), [])
  const others = await database.db.transaction(['globex'], db =>
    db.query(`select state from decision_state('acme', 'moved', $2, $1)`, [at, decisionId]),
  )
  assert.deepEqual(others.rows, [], 'no other rights than those of who asks')
})

test('a certificate counts until it is over or taken back; of a moment that has passed, from its issue on', async () => {
  const found = await within(async db => {
    const add = (action: string, issued: Date, expires: Date, revoked: Date | null) =>
      db.query(
        `insert into certificates (tenant_id, certificate_id, pod, action, model_digest, model_version, attempt, threshold,
            issued_at, expires_at, document, revoked_at)
          values ('acme', gen_random_uuid(), 'customer-ops', $1, 'd', 1, 1, .9, $2, $3, '', $4)`,
        [action, issued, expires, revoked],
      )
    await add('holds', hours(-1), hours(1), null)
    await add('over', hours(-2), at, null)
    await add('taken back', hours(-2), hours(2), hours(-1))
    await add('taken back by a clock ahead', hours(-2), hours(2), hours(1))
    await add('issued by a clock ahead', hours(1), hours(2), null)
    return db.query<{ action: string; now: boolean; then: boolean }>(
      `select action, certificate_in_force(c, $1) as now, certificate_was_in_force(c, $1) as then from certificates c
        order by action collate "C"`,
      [at],
    )
  })
  assert.deepEqual(
    found.rows.map(({ action, now, then }) => [action, now, then]),
    [
      ['holds', true, true],
      ['issued by a clock ahead', true, false],
      ['over', false, false],
      ['taken back', false, false],
      ['taken back by a clock ahead', false, true],
    ],
  )
})

test('the planner takes the rules into the statements that ask', async () => {
  const question = { pod: 'customer-ops', name: 'main', modelScope: 'all' } as const
  const one = { ...placeOf(question), caseId: 'moved', decisionId }
  for (const [name, ask, seen] of [
    ['decision_state', (db: Reader) => decisionStates(db, 'acme', [one]), /Index Scan.* using transitions/],
    [
      'decision_state',
      (db: Reader) => factsOf(db, 'acme', [{ ...one, recordedAt: at }]),
      /Index Scan.* using transitions/,
    ],
    [
      'decision_state',
      (db: Reader) => presentState(db, 'acme', { caseId: 'moved', id: decisionId, recordedAt: at }),
      /Index Scan.* using transitions/,
    ],
    [
      'certificate_was_in_force',
      (db: Reader) => certificateAt(db, { tenant: 'acme', ...placeOf(question), action: 'book' }, 'd', at),
      /Index Cond: .*issued_at <= .*\n *Filter: .*expires_at > .*revoked_at IS NULL\) OR/,
    ],
    [
      'certificate_in_force',
      (db: Reader) => loadAutonomyRow(db, 'acme', question, at, at, []),
      /revoked_at IS NULL\).*expires_at > /,
    ],
    ['certificate_in_force', (db: Reader) => autonomyFigures(db, at), /revoked_at IS NULL\).*expires_at > /],
    [
      'certificate_in_force',
      (db: Reader) => revokeCertificates(db as Tx, { tenant: 'acme', ...placeOf(question), action: 'book' }, at, ''),
      /revoked_at IS NULL\).*expires_at > /,
    ],
  ] as const) {
    const plan = await plansOf(ask)
    assert.doesNotMatch(plan, new RegExp(`${name}\\(`), plan)
    assert.match(plan, seen)
  }
})
