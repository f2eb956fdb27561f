import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { countReads, keepUncounted } from '../testing/count-reads.ts'
import { coveredDecisions } from './covered-decisions.ts'
import type { Reader } from './db.ts'
import { newestDecided, newestScored } from './decisions.ts'
import { sampledDelays } from './maturities.ts'
import { ensurePartitions } from './partitions.ts'
import { sampleRecords } from './record-completeness.ts'
import type { KeptRecord } from './records.ts'
import { countFlips } from './settings.ts'
import { openTestDatabase } from './test-database.ts'

/** What is asked of a seldom question does not grow with what else its pod decides: counted in rows and pages. */
const database = await openTestDatabase({ poolSize: 1 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const pod = 'clinic'
const now = new Date('2026-03-10T09:00:00Z')
const start = new Date('2026-02-25T00:00:00Z')
await db.transaction([], handle => ensurePartitions(handle, start, now))
await keepUncounted(db, ['decisions', 'outcomes', 'record_rows'])

/** Evenly over ten days, the last one just now. */
const decide = (tenant: string, question: string, n: number) =>
  db.transaction([tenant], handle =>
    handle.query(
      `insert into decisions (tenant_id, decision_id, pod, question, case_id, subject, event_id, occurred_at, recorded_at,
          schema_hash, features, enrichment, probability, model_digest, calibration_size, policy_version, threshold, action, mode,
          gate, automatic, propensity, state, reason, latency_us, acting_version, kappa_act)
        select $1, md5($2 || n)::uuid, '${pod}', $2, $2 || n, $2, $2 || n, at, at, 'base', '[]', '{}', .6, 'd', 0, 0, .7, 'remind',
          'acting', 'certified', false, 1, 'queued', 'not_certified', 1, 1, 9
        from (select n, $3::timestamptz - n * interval '10 days' / $4 as at from generate_series(0, $4::int - 1) n) given`,
      [tenant, question, now, n],
    ),
  )
const pagesOfIndex = async () => {
  const { rows } = await db.read([], handle =>
    handle.query<{ pages: number }>(
      `select sum(pg_relation_size(inhrelid) / current_setting('block_size')::int)::int as pages
        from pg_inherits where inhparent = 'decisions_by_question'::regclass`,
    ),
  )
  return rows[0]!.pages
}

test('the question main pays for no index of questions', async () => {
  const empty = await pagesOfIndex()
  await decide('alone', 'main', 2_000)
  assert.equal(await pagesOfIndex(), empty)
  await decide('small', 'seldom', 20)
  assert.notEqual(await pagesOfIndex(), empty)
})

const key = { pod, question: 'seldom' }
const asks: { readonly [name: string]: (handle: Reader, tenant: string) => Promise<unknown> } = {
  'what a threshold would turn': (handle, tenant) => countFlips(handle, tenant, key, 0.5, 0.7),
  'the window of drift': (handle, tenant) => newestScored(handle, tenant, key, 500),
  'what cuts are made of': (handle, tenant) => newestDecided(handle, tenant, key, 500),
  'how long outcomes take': (handle, tenant) => sampledDelays(handle, tenant, key, now),
  'the labelled inside a region': (handle, tenant) =>
    sampleRecords(handle, [{ ...key, tenant, side: 'act', rowsFrom: start, drawn: { rate: 1 } } as KeptRecord], now),
  'what a cut covers': (handle, tenant) => coveredDecisions(handle, { ...key, tenant }),
}

test('four times as many other decisions make no question about a seldom one read more', async t => {
  await decide('small', 'often', 3_000)
  await decide('large', 'often', 12_000)
  await decide('large', 'seldom', 20)
  // As the service has them within seconds: without, both indexes of the table count as one.
  await db.transaction([], handle => handle.query('analyze decisions, outcomes'))
  for (const generic of [false, true]) {
    const counted = countReads(db, { generic })
    for (const [name, ask] of Object.entries(asks))
      await t.test(`${name}${generic ? ', under plans for all values' : ''}`, async () => {
        const read = async (tenant: string) => {
          counted.takeReads()
          await counted.read([tenant], handle => ask(handle, tenant))
          return counted.takeReads()
        }
        const [few, many] = [await read('small'), await read('large')]
        const told = `${JSON.stringify(few)} beside 3,000 decisions, ${JSON.stringify(many)} beside 12,000`
        assert.ok(many.rows <= few.rows + 20 && many.rows < 1_000 && many.pages <= 1.5 * few.pages + 50, told)
      })
  }
})
