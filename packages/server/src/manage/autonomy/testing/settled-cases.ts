import type { Database } from '../../../store/db.ts'

export const dayMs = 86_400_000

export interface TestDecision {
  readonly caseId: string
  readonly at: Date
  readonly probability: number | null
  readonly digest: string | null
  readonly automatic?: boolean
  readonly audited?: boolean
  readonly propensity?: number
  readonly action?: string
  /** Left out: `main`. */
  readonly question?: string
  /** What was kept for the record; left out: it is a decision of before there were records. */
  readonly acting?: TestActing
  readonly lower?: number
  readonly upper?: number
  readonly auditCoin?: number
  readonly threshold?: number
}

/** The version that acted, and the strictest cut of each side that held the case. */
export interface TestActing {
  readonly version: number
  readonly act: number | null
  readonly clear: number | null
}

export interface TestOutcome {
  readonly caseId: string
  readonly at: Date
  readonly label: 0 | 1 | null
  /** The one question that it names. */
  readonly question?: string
  readonly source?: 'reported' | 'window' | 'imported'
  readonly quality?: 'human' | 'audit' | 'bulk' | 'imported' | 'silence'
}

/** Decisions as the line would have recorded them, in one statement per table. Partitions must be there. */
export async function putDecisions(
  db: Database,
  tenant: string,
  pod: string,
  decisions: readonly TestDecision[],
): Promise<void> {
  const ids = decisions.map(() => crypto.randomUUID())
  const base = [tenant, ids, decisions.map(row => row.caseId), decisions.map(row => row.at)]
  await db.transaction([tenant], async handle => {
    await handle.query(
      `insert into event_keys (tenant_id, event_id, case_id, kind, payload_hash, recorded_at, decision_id)
        select $1, case_id, case_id, 'lead.created', '', at, id
        from unnest($2::uuid[], $3::text[], $4::timestamptz[]) as given(id, case_id, at)`,
      base,
    )
    await handle.query(
      `insert into decisions (tenant_id, decision_id, pod, case_id, subject, event_id, occurred_at, recorded_at, schema_hash,
          features, enrichment, probability, model_digest, calibration_size, policy_version, threshold, action, mode, gate,
          automatic, audited, propensity, state, reason, latency_us, question, model_version, acting_version, kappa_act, kappa_clear,
          lower, upper, audit_coin)
        select $1, id, $5, case_id, case_id, case_id, at, at, 's', '[]', '{}', probability, digest, 0, 1, threshold, action,
          'acting', 'certified', automatic, audited, propensity, 'queued', 'not_certified', 10, question,
          case when digest is not null then coalesce(acting, 1) end, acting, kappa_act, kappa_clear, lower, upper, coin
        from unnest($2::uuid[], $3::text[], $4::timestamptz[], $6::float8[], $7::text[], $8::text[], $9::bool[], $10::bool[],
          $11::float8[], $12::text[], $13::int8[], $14::int2[], $15::int2[], $16::float8[], $17::float8[], $18::float8[], $19::float8[])
          as given(id, case_id, at, probability, digest, action, automatic, audited, propensity, question, acting, kappa_act,
            kappa_clear, lower, upper, coin, threshold)`,
      [
        ...base,
        pod,
        decisions.map(row => row.probability),
        decisions.map(row => row.digest),
        decisions.map(row => row.action ?? 'start_followup'),
        decisions.map(row => row.automatic ?? false),
        decisions.map(row => row.audited ?? false),
        decisions.map(row => row.propensity ?? 1),
        decisions.map(row => row.question ?? 'main'),
        decisions.map(row => row.acting?.version ?? null),
        decisions.map(row => row.acting?.act ?? null),
        decisions.map(row => row.acting?.clear ?? null),
        decisions.map(row => row.lower ?? null),
        decisions.map(row => row.upper ?? null),
        decisions.map(row => row.auditCoin ?? null),
        decisions.map(row => row.threshold ?? 0.7),
      ],
    )
  })
}

let told = 0

export async function putOutcomes(
  db: Database,
  tenant: string,
  pod: string,
  outcomes: readonly TestOutcome[],
): Promise<void> {
  await db.transaction([tenant], handle =>
    handle.query(
      `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, quality, occurred_at, recorded_at, question)
        select $1, event_id, $2, case_id, 'told', label, source, quality, at, at, question
        from unnest($3::text[], $4::text[], $5::smallint[], $6::text[], $7::text[], $8::timestamptz[], $9::text[])
          as given(event_id, case_id, label, source, quality, at, question)`,
      [
        tenant,
        pod,
        outcomes.map(() => `o${String(told++).padStart(9, '0')}`),
        outcomes.map(row => row.caseId),
        outcomes.map(row => row.label),
        outcomes.map(row => row.source ?? 'reported'),
        outcomes.map(row => row.quality ?? 'human'),
        outcomes.map(row => row.at),
        outcomes.map(row => row.question ?? null),
      ],
    ),
  )
}
