import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Question } from '@surety/contract'
import { exactTime } from './exact-time.ts'
import { takeInLabels } from './label-cursors.ts'
import { sampledDelays } from './maturities.ts'
import { outcomesSince } from './outcomes.ts'
import { ensurePartitions } from './partitions.ts'
import { sampleRecords } from './record-completeness.ts'
import type { KeptRecord } from './records.ts'
import { readDecided } from './replay-results.ts'
import { openTestDatabase } from './test-database.ts'

/** Of many decisions on one alert the first is evidence, and what repeats it counts nowhere as labelled. */
const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database
const at = new Date('2026-03-01T09:00:00Z')
const now = new Date('2026-03-10T09:00:00Z')
await db.transaction([], handle => ensurePartitions(handle, at, now))

let made = 0
const decide = (caseId: string, hung: string | null, probability: number, later = 0, subject = '') =>
  db.transaction(['acme'], handle =>
    handle.query(
      `insert into decisions (tenant_id, decision_id, pod, question, case_id, subject, event_id, occurred_at, recorded_at,
          schema_hash, features, enrichment, probability, model_digest, calibration_size, policy_version, threshold, action, mode,
          gate, automatic, propensity, state, reason, latency_us, hung, question_subject, model_version, acting_version, kappa_act)
        values ('acme', md5($1)::uuid, 'clinic', 'real', $2, '', $1, $3, $3, 'base', json_build_array($4::float8), '{}', $4, 'd', 0, 0,
          .7, 'remind', 'acting', 'certified', false, 1, 'queued', 'not_certified', 1, $5, $6, 1, 1, 9)`,
      [`e${made++}`, caseId, new Date(at.getTime() + later), probability, hung, subject],
    ),
  )
const open = (caseId: string) =>
  db.transaction(['acme'], handle =>
    handle.query(
      `insert into event_keys (tenant_id, event_id, case_id, kind, payload_hash, recorded_at, decision_id)
        values ('acme', $1, $1, 'seen', '', $2, gen_random_uuid())`,
      [caseId, at],
    ),
  )

await open('A')
await open('B')
await open('C')
// In one millisecond, as events of one batch are, and the repeat found before what it repeats.
await decide('A', 'raised', 0.9)
await decide('A', 'opened', 0.6)
for (let n = 1; n <= 6; n++) await decide('A', 'joined', 0.8, n)
await decide('B', 'opened', 0.7)
// About two of one event, and found in the other order.
await decide('C', 'opened', 0.3, 0, 'person')
await decide('C', 'opened', 0.4, 0, 'device')
await decide('C', 'joined', 0.5, 1, 'car')
await decide('', null, 0.1)
await decide('', null, 0.2)
await db.transaction(['acme'], handle =>
  handle.query(
    `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, quality, occurred_at, recorded_at)
      values ('acme', 'o1', 'clinic', 'A', 'yes', 1, 'reported', 'human', $1, $1),
        ('acme', 'o2', 'clinic', 'C', 'no', 0, 'reported', 'human', $1, $1)`,
    [new Date(at.getTime() + 60_000)],
  ),
)
const of = { tenant: 'acme', pod: 'clinic', question: 'real' }

test('a label is evidence of the decision that came first, and of several at once of the first subject', async () => {
  const question = { pod: 'clinic', name: 'real', modelScope: 'tenant' } as Question
  const rows = await db.transaction(['acme'], async handle => {
    await takeInLabels(handle, 'acme', question, null, now)
    return (
      await handle.query(
        `select row_id, probability from calibration_rows where tenant_id = 'acme' and pod = 'clinic' order by row_id`,
      )
    ).rows
  })
  assert.deepEqual(rows, [
    { row_id: 'A', probability: 0.6 },
    { row_id: 'C', probability: 0.4 },
  ])
})

test('a model learns from the features of the decision that came first', async () => {
  const place = { recordedAt: exactTime(new Date(0)), eventId: '' }
  const learned = await db.read(['acme'], reader => outcomesSince(reader, 'acme', of, place, { limit: 10, back: null }))
  assert.deepEqual(
    learned.map(({ features }) => features),
    [[0.6], [0.4]],
  )
})

test('what repeats a labelled decision makes no labels complete', async () => {
  const record = { ...of, side: 'act', rowsFrom: new Date(0), drawn: { rate: 1 } } as KeptRecord
  const sample = (await db.read(['acme'], reader => sampleRecords(reader, [record], now)))[0]!
  const sum = (what: 'decisions' | 'labelled') => sample.reduce((total, one) => total + one[what], 0)
  assert.deepEqual([sum('decisions'), sum('labelled')], [5, 2])
  const delays = await db.read(['acme'], reader => sampledDelays(reader, 'acme', of, now))
  assert.deepEqual([delays.length, delays.filter(({ labelledAt }) => labelledAt !== null).length], [5, 2])
})

test('a replay reads each of many decisions of one moment that hang on nothing', async () => {
  const read: number[] = []
  for await (const page of readDecided(db, 'acme', 'clinic', 2))
    read.push(...page.map(({ probability }) => probability!))
  assert.deepEqual(read.toSorted(), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.9])
})

test('a replay reads beside it what the version said that is acted on, and that of the one that served where it is the same', async () => {
  await db.transaction(['acme'], handle =>
    handle.query(
      `with later as (update decisions set model_version = 2 where tenant_id = 'acme' and probability in (.1, .2, .3)
          returning decision_id, event_id, recorded_at, probability)
        insert into predictions (tenant_id, pod, decision_id, role, event_id, recorded_at, model_version, model_digest,
          probability, cannot, calibration_size)
        select 'acme', 'clinic', decision_id, 'acting', event_id, recorded_at, 1, 'old',
          case when probability < .15 then .95 end, case when probability > .15 then 'unseen_category' end, 0
        from later where probability < .25`,
    ),
  )
  const read: (readonly [number | null, number | null])[] = []
  for await (const page of readDecided(db, 'acme', 'clinic', 3))
    read.push(...page.map(row => [row.probability, row.actingProbability] as const))
  assert.equal(read.length, 14, 'each decision once')
  // One version acted and said .95, one could not say; of the third nothing was kept.
  const other = read.filter(([said, acting]) => said !== acting)
  assert.deepEqual(
    other.toSorted(([a], [b]) => a! - b!),
    [
      [0.1, 0.95],
      [0.2, null],
    ],
  )
})
