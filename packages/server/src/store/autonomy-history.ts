import type { QuestionKey } from '@surety/contract'
import type { Reader } from './db.ts'

/** What became of the actions of a question since the beginning, as json: times are texts. */
export interface HistoryRows {
  readonly certificates: readonly { action: string; n: number; first: string }[] | null
  /** Of each action those that the record with the most of them counts. */
  readonly records: readonly { action: string; n: number }[] | null
  readonly shortfalls: readonly { action: string; sentence: string | null }[] | null
  readonly suspensions: readonly { at: string; action: string; sentence: string }[] | null
}

export async function readHistoryRows(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
): Promise<HistoryRows> {
  const { rows } = await db.query<HistoryRows>({
    name: 'autonomy_history',
    text: `select
      (select json_agg(c) from (select action, count(*)::int as n, min(issued_at) as first from certificates
        where tenant_id = $1 and pod = $2 and question = $3 group by action) c) as certificates,
      (select json_agg(r) from (select action, max((counts->>'outside')::int + (select sum(rows::int) from json_array_elements_text(counts->'rows') rows)) as n
        from records where tenant_id = $1 and pod = $2 and question = $3 group by action) r) as records,
      (select json_agg(s) from (select distinct on (action) action, detail ->> 'sentence' as sentence from shortfalls
        where tenant_id = $1 and pod = $2 and question = $3 order by action, at desc) s) as shortfalls,
      (select json_agg(s order by s.seq) from (select seq, at, detail ->> 'action' as action, reason as sentence from audit
        where tenant_id = $1 and action = 'autonomy.suspended' and detail ->> 'pod' = $2
          and coalesce(detail ->> 'question', 'main') = $3) s) as suspensions`,
    values: [tenant, pod, question],
  })
  return rows[0]!
}
