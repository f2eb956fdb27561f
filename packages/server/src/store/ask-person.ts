import type { Db } from './db.ts'

/** A case that the machine hands to a person after all. */
export interface Asked {
  readonly pod: string
  readonly caseId: string
  readonly decisionId: string
  readonly decidedAt: Date
  readonly action: string
  /** 0 high, 1 medium, 2 low. */
  readonly urgency: number
  readonly dueAt: Date
  readonly expiresAt: Date
  readonly probability: number | null
  readonly reason: string
}

/** Places in the inbox; one that is open already stays as it is, one that was closed is opened again. */
export async function askPerson(db: Db, tenant: string, asked: readonly Asked[]): Promise<void> {
  if (asked.length === 0) return
  await db.query({
    name: 'ask_person',
    text: `insert into inbox (tenant_id, pod, case_id, decision_id, recorded_at, action, urgency, due_at, expires_at, unlocks,
        probability, reason, audit, hidden)
      select $1, given.*, false, false
      from (select pod, case_id, decision_id, recorded_at, action, urgency, due_at, expires_at, false, probability, reason
        from unnest($2::text[], $3::text[], $4::uuid[], $5::timestamptz[], $6::text[], $7::int2[], $8::timestamptz[],
          $9::timestamptz[], $10::float8[], $11::text[])
          as given(pod, case_id, decision_id, recorded_at, action, urgency, due_at, expires_at, probability, reason)) given
      on conflict (tenant_id, pod, case_id) do update set state = 'open', reason = excluded.reason,
        urgency = excluded.urgency, due_at = excluded.due_at, expires_at = excluded.expires_at, lease_holder = null,
        lease_token = null, lease_until = null, leased_at = null, answer = null, outcome = null, quality = null,
        answered_by = null, answered_at = null, notes = null, hidden = false, version = inbox.version + 1
      where inbox.state <> 'open'`,
    values: [
      tenant,
      asked.map(one => one.pod),
      asked.map(one => one.caseId),
      asked.map(one => one.decisionId),
      asked.map(one => one.decidedAt),
      asked.map(one => one.action),
      asked.map(one => one.urgency),
      asked.map(one => one.dueAt),
      asked.map(one => one.expiresAt),
      asked.map(one => one.probability),
      asked.map(one => one.reason),
    ],
  })
}
