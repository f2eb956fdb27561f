import assert from 'node:assert/strict'
import type { Database } from '../../packages/server/src/store/db.ts'
import { type Told, tenant } from './day.ts'

/** Holds what callers were told and what the books say against what is stored. */
export async function balance(db: Database, told: Told): Promise<void> {
  await acknowledgedIsThere(db, told)
  await doneOnce(db)
  await nothingLeft(db, told)
}

/** Of whom was erased nothing is left that tells who it was. */
async function nothingLeft(db: Database, { erased }: Told): Promise<void> {
  const { rows } = await db.read([tenant], handle =>
    handle.query<{ [name: string]: number }>(
      `select
        (select count(*)::int from events where tenant_id = $1 and case_id = any($2) and (sealed is not null or search is not null or payload::text <> '{}')) as events,
        (select count(*)::int from messages where tenant_id = $1 and case_id = any($2)) as messages,
        (select count(*)::int from outbox where tenant_id = $1 and case_id = any($2)) as outbox,
        (select count(*)::int from acts where tenant_id = $1 and case_id = any($2) and state = 'pending') as pending`,
      [tenant, [...erased]],
    ),
  )
  assert.deepEqual(
    Object.entries(rows[0]!).filter(([, count]) => count > 0),
    [],
  )
}

async function acknowledgedIsThere(db: Database, { leads, events, answers, changes }: Told): Promise<void> {
  const { stored, answered, reasons } = await db.read([tenant], async handle => ({
    stored: await handle.query<{ event: string; case: string; decision: string | null }>(
      `select event_id as event, case_id as case, decision_id as decision from event_keys where tenant_id = $1`,
      [tenant],
    ),
    answered: await handle.query<{ case: string }>(
      `select case_id as case from inbox where tenant_id = $1 and state = 'answered'`,
      [tenant],
    ),
    reasons: await handle.query<{ reason: string; n: number }>(
      `select reason, count(*)::int as n from audit where tenant_id = $1 and action = 'autonomy.mode' group by 1`,
      [tenant],
    ),
  }))
  const keys = new Map(stored.rows.map(row => [row.event, row]))
  for (const [event, { caseId, decision }] of leads) {
    const found = keys.get(event) ?? keys.get(`lead:${event}`)
    assert.deepEqual([found?.case, found?.decision], [caseId, decision], `${event} was acknowledged`)
  }
  for (const event of events) assert.ok(keys.has(event), `${event} was acknowledged`)
  const closed = new Set(answered.rows.map(row => row.case))
  for (const one of answers) assert.ok(closed.has(one), `the answer to ${one} was acknowledged`)
  const written = new Map(reasons.rows.map(row => [row.reason, row.n]))
  for (const reason of changes) assert.ok((written.get(reason) ?? 0) >= 1, `the change "${reason}" was acknowledged`)
}

/** Every event has one decision, every automatic decision one act, every act that was done one message. */
async function doneOnce(db: Database): Promise<void> {
  const { rows } = await db.read([tenant], handle =>
    handle.query<{ [name: string]: number }>(
      `with decided as (select decision_id, case_id, automatic from decisions where tenant_id = $1),
        performed as (select decision_id, count(*) as acts from acts where tenant_id = $1 group by 1),
        told as (select case_id, count(*) as sent from outbox where tenant_id = $1 group by 1)
      select
        (select count(*)::int from (select 1 from decided group by case_id having count(*) > 1) twice) as decided_twice,
        (select count(*)::int from (select 1 from event_keys where tenant_id = $1 group by event_id having count(*) > 1) twice) as stored_twice,
        (select count(*)::int from performed where acts > 1) as acts_twice,
        (select count(*)::int from told where sent > 1) as sent_twice,
        (select count(*)::int from decided left join performed using (decision_id) where automatic and acts is distinct from 1) as without_act,
        (select count(*)::int from acts a where a.tenant_id = $1 and a.state = 'done'
          and not exists (select 1 from outbox o where o.tenant_id = $1 and o.decision_id = a.decision_id)
          and not exists (select 1 from erased_cases e where e.tenant_id = $1 and e.case_id = a.case_id)) as done_and_not_sent,
        (select count(*)::int from event_keys k where k.tenant_id = $1 and k.decision_id is not null
          and not exists (select 1 from decided d where d.decision_id = k.decision_id)) as without_decision`,
      [tenant],
    ),
  )
  const wrong = Object.entries(rows[0]!).filter(([, count]) => count > 0)
  assert.deepEqual(wrong, [])
}
