import { clockSlack, type Db } from './db.ts'

/** What a person approved, to be performed unless somebody touches the case before. */
export interface ApprovedAct {
  readonly decisionId: string
  readonly pod: string
  readonly caseId: string
  readonly action: string
  /** The fence of the case after the approval, which is itself a touch. */
  readonly token: number
}

/** Each act is later than those its case has already, whatever the clocks say. */
export async function addApprovedActs(
  db: Db,
  tenant: string,
  at: Date,
  notBefore: Date,
  acts: readonly ApprovedAct[],
): Promise<void> {
  if (acts.length === 0) return
  await db.query({
    name: 'add_approved_acts',
    text: `insert into acts (tenant_id, decision_id, pod, case_id, action, token, automatic, state, not_before, recorded_at)
      select $1, given.decision_id, given.pod, given.case_id, given.action, given.token, false, 'pending', $3,
        greatest($2::timestamptz, last.recorded_at + interval '1 microsecond')
      from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::int8[])
        as given(decision_id, pod, case_id, action, token)
      left join lateral (select a.recorded_at from acts a where a.tenant_id = $1 and a.case_id = given.case_id
        and a.recorded_at >= $2::timestamptz - ${clockSlack} order by a.recorded_at desc limit 1) last on true`,
    values: [
      tenant,
      at,
      notBefore,
      acts.map(act => act.decisionId),
      acts.map(act => act.pod),
      acts.map(act => act.caseId),
      acts.map(act => act.action),
      acts.map(act => act.token),
    ],
  })
}

export interface ActOfCase {
  readonly action: string
  readonly automatic: boolean
  readonly state: 'pending' | 'done' | 'cancelled'
  readonly notBefore: Date
  readonly recordedAt: Date
  readonly endedAt: Date | null
  readonly reason: string | null
}

/** Acts of one case in the order in which they were decided. */
export async function actsOfCase(db: Db, tenant: string, caseId: string, since: Date): Promise<readonly ActOfCase[]> {
  const { rows } = await db.query<ActOfCase>({
    name: 'acts_of_case',
    text: `select action, automatic, state, not_before as "notBefore", recorded_at as "recordedAt", ended_at as "endedAt", reason
      from acts where tenant_id = $1 and case_id = $2 and recorded_at >= $3::timestamptz - ${clockSlack}
      order by recorded_at, decision_id`,
    values: [tenant, caseId, since],
  })
  return rows
}
