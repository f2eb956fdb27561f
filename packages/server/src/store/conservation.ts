import { clockSlack, type Db } from './db.ts'

/** Decisions of a span of time, by the state they are in now. */
export interface StateCount {
  readonly state: string
  readonly cases: number
  /** Of these, how many cannot be accounted for: their state and what the other tables say do not agree. */
  readonly lost: number
}

/** Rows of one case that are looked at: far more than a case has. */
const mostOfCase = 1000

/**
 * One snapshot of the decisions of one tenant and pod in [from, to), each looked up by key in the tables that must agree
 * with it, so the work grows with the span and not with history: the order that is asked for (a case id between itself and
 * itself) is that of the right index. Without statistics another one was read from end to end for each case. A case is lost when
 * - its transitions do not follow one from the other, beginning with the state it was decided into;
 * - it is queued and has no open place in the inbox, or never had one although it was asked or drawn for an audit;
 * - it was done by itself and has no act, or its act was cancelled and it still stands as done.
 */
export async function countStates(
  db: Db,
  tenant: string,
  pod: string,
  from: Date,
  to: Date,
): Promise<readonly StateCount[]> {
  const { rows } = await db.query<{ state: string; cases: number; lost: number }>({
    name: 'count_states',
    text: `select coalesce(moved.state, d.state) as state, count(*) as cases, count(*) filter (where
        (moved.chain is not null and moved.chain <> d.state)
        or coalesce(moved.broken, false)
        or (coalesce(moved.state, d.state) = 'queued' and i.state is distinct from 'open')
        or ((d.state = 'queued' or d.audited) and i.state is null)
        or (d.state = 'acted' and d.automatic and a.state is null)
        or (a.cancelled and not a.alive and coalesce(moved.state, d.state) = 'acted')
      ) as lost
      from decisions d
      left join lateral (
        select (array_agg(s.to_state order by s.recorded_at desc))[1] as state,
          (array_agg(s.from_state order by s.recorded_at))[1] as chain,
          bool_or(s.before is not null and s.before <> s.from_state) as broken
        from (select t.recorded_at, t.from_state, t.to_state, lag(t.to_state) over (order by t.recorded_at) as before
          from (select * from transitions t where t.tenant_id = $1 and t.case_id between d.case_id and d.case_id
            and t.decision_id = d.decision_id and t.recorded_at >= $3::timestamptz - ${clockSlack} order by t.case_id, t.recorded_at limit ${mostOfCase}) t
        ) s
      ) moved on true
      left join lateral (
        select i.state from inbox i where i.tenant_id = $1 and i.pod = $2 and i.case_id between d.case_id and d.case_id
        order by i.case_id limit 1
      ) i on true
      left join lateral (
        select max(c.state) as state, bool_or(c.state = 'cancelled') as cancelled, bool_or(c.state <> 'cancelled') as alive
        from (select * from acts c where c.tenant_id = $1 and c.case_id between d.case_id and d.case_id
          and c.decision_id = d.decision_id and c.recorded_at >= $3::timestamptz - ${clockSlack} order by c.case_id, c.recorded_at limit ${mostOfCase}) c
      ) a on true
      where d.tenant_id = $1 and d.pod = $2 and d.recorded_at >= $3 and d.recorded_at < $4
      group by 1`,
    values: [tenant, pod, from, to],
  })
  return rows
}
