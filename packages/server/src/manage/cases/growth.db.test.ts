import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { countReads, keepUncounted } from '../../testing/count-reads.ts'
import { reports } from '../reports/reports.ts'
import { cases } from './cases.ts'
import { keysAtRest, pod, privacyOf } from './testing/record-leads.ts'

/** What people look at of leads does not grow with the number of leads there are: counted in rows and pages, not in time. */
const database = await openTestDatabase({ poolSize: 1 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const now = new Date('2026-03-10T09:00:00Z')
await db.transaction([], handle => ensurePartitions(handle, new Date('2026-02-25T00:00:00Z'), now))
const tables = ['event_keys', 'events', 'decisions', 'outcomes', 'inbox'] as const
await keepUncounted(db, tables)

/** Half of the leads are in the inbox still; of the others the outcomes arrived within the last hour, as an import brings them. */
async function fill(tenant: string, leads: number): Promise<void> {
  const given = `(select n, 'L' || n as id, md5('L' || n)::uuid as decision, $2::timestamptz - n * interval '10 days' / $3 as at
    from generate_series(1, $3::int) n) given`
  const values = [tenant, now, leads]
  await db.transaction([tenant], async handle => {
    await handle.query(
      `insert into event_keys (tenant_id, event_id, case_id, kind, payload_hash, recorded_at, decision_id)
        select $1, id, id, 'lead.created', '', at, decision from ${given}`,
      values,
    )
    await handle.query(
      `insert into events (tenant_id, event_id, pod, kind, case_id, occurred_at, recorded_at, payload)
        select $1, id, '${pod}', 'lead.created', id, at, at, '{"details": "a kitchen"}' from ${given}`,
      values,
    )
    await handle.query(
      `insert into decisions (tenant_id, decision_id, pod, case_id, subject, event_id, occurred_at, recorded_at,
          schema_hash, features, enrichment, calibration_size, policy_version, threshold, action, mode, gate, automatic,
          propensity, state, reason, latency_us)
        select $1, decision, '${pod}', id, id, id, at, at, 'base', '[]', '{}', 0, 0, .7, 'start_followup', 'acting',
          'certified', false, 1, 'queued', 'not_certified', 1 from ${given}`,
      values,
    )
    await handle.query(
      `insert into inbox (tenant_id, pod, case_id, decision_id, recorded_at, action, urgency, due_at, expires_at, unlocks,
          reason, audit, blinded, state)
        select $1, '${pod}', id, decision, at, 'start_followup', 1, at, at + interval '14 days', false, 'not_certified',
          false, n % 9 = 0, case when n <= $3 / 2 then 'open' else 'withdrawn' end from ${given}`,
      values,
    )
    await handle.query(
      `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, occurred_at, recorded_at)
        select $1, 'o' || n, '${pod}', id, 'booked', 1, 'imported', at, $2::timestamptz - n * interval '1 hour' / $3
        from ${given} where n <= 10 or n > $3 / 2`,
      values,
    )
  })
}

await fill('small', 5_000)
await fill('large', 20_000)

for (const statistics of ['without statistics', 'with statistics'] as const)
  for (const generic of [false, true])
    test(`four times as many leads make no page of them read more, ${statistics}${generic ? ', under plans for all values' : ''}`, async () => {
      if (statistics === 'with statistics')
        await db.transaction([], handle => handle.query(`analyze ${tables.join(', ')}`))
      const counted = countReads(db, { generic })
      const leads = cases({
        db: counted,
        pod,
        unreadable: error => assert.fail(String(error)),
        dataKeys: keysAtRest,
        privacy: privacyOf,
        memory: true,
      })
      const { analytics } = reports({ db: counted, pod, now: () => now, audit: async () => undefined })
      const page = (tenant: string, cursor?: string) =>
        leads.list(tenant, { limit: 50, ...(cursor === undefined ? {} : { cursor }) })
      const doors: { [name: string]: (tenant: string) => Promise<unknown> } = {
        list: tenant => page(tenant),
        'the second page': async tenant => page(tenant, (await page(tenant)).next!),
        // Without statistics a table of this size counts as one where it makes no difference which index is read.
        ...(statistics === 'with statistics' && { 'one lead': tenant => leads.get(tenant, 'L7') }),
        async analytics(tenant) {
          const found = await analytics(tenant, 500)
          assert.deepEqual([found.total_leads, found.total_outcomes], [500, 10])
        },
      }
      const read = async (tenant: string, door: (tenant: string) => Promise<unknown>) => {
        counted.takeReads()
        await door(tenant)
        return counted.takeReads()
      }
      for (const [name, door] of Object.entries(doors)) {
        const [few, many] = [await read('small', door), await read('large', door)]
        const told = `${name} read ${JSON.stringify(few)} of 5,000 leads, ${JSON.stringify(many)} of 20,000`
        // With statistics the small tenant's rows may be read as a whole, because that is quicker.
        assert.ok(many.rows <= few.rows + 20 && many.pages <= 1.5 * few.pages + 50, told)
        assert.ok(many.rows < 1_500, told)
      }
    })
