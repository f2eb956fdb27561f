import type { Reader } from './db.ts'

/** Of one action, over all tenants that the transaction sees (and `*`, whose models serve all). */
export interface ActionFigures {
  readonly pod: string
  readonly question: string
  readonly action: string
  /** Tenants with a certificate that counts, that are suspended, that act by the plain rule. */
  readonly certified: number
  readonly suspended: number
  readonly uncertified: number
  /** Largest evidence of a tripwire as a part of its limit: suspended at 1. */
  readonly evidence: number
}

export async function autonomyFigures(db: Reader, at: Date): Promise<readonly ActionFigures[]> {
  const { rows } = await db.query<ActionFigures>({
    name: 'autonomy_figures',
    text: `with found as (
        select c.pod, c.question, c.action, c.tenant_id, 1 as certified, 0 as suspended, 0 as uncertified, 0::float8 as evidence
          from certificates c where certificate_in_force(c, $1) and (c.record_id is not null or exists (select from active_models m
            where m.pod = c.pod and m.question = c.question and m.digest = c.model_digest and m.tenant_id in (c.tenant_id, '*')))
        union all
        select pod, question, action, tenant_id, 0, (suspended_at is not null)::int, (gate = 'threshold' and mode = 'acting')::int, 0
          from action_states
        union all
        select pod, question, action, tenant_id, 0, 0, 0,
            exp(least(0, greatest((state -> 'wire' ->> 'logEvidence')::float8 + ln((state -> 'wire' ->> 'delta')::float8),
              (state -> 'acts' ->> 'logEvidence')::float8 + ln((state -> 'acts' ->> 'delta')::float8))))
          from tripwires)
      select pod, question, action, count(distinct tenant_id) filter (where certified = 1) as certified,
        count(distinct tenant_id) filter (where suspended = 1) as suspended,
        count(distinct tenant_id) filter (where uncertified = 1) as uncertified, max(evidence) as evidence
      from found group by pod, question, action`,
    values: [at],
  })
  return rows
}
