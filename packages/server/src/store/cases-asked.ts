import type { Tx } from './db.ts'
import type { HeldCase } from './fences.ts'

/** A decision on a held case that nobody deals with any more. */
export interface LetGo {
  readonly held: HeldCase
  readonly pod: string
  readonly decisionId: string
  readonly decidedAt: Date
}

/**
 * Nobody answered it, or it was called off before it was done: what is found again on these cases is asked or done anew, and is no
 * duplicate. Cases that are their events have nothing to forget.
 */
export async function askAgain(db: Tx, tenant: string, letGo: readonly LetGo[]): Promise<void> {
  if (letGo.length === 0) return
  await db.query({
    name: 'ask_again',
    text: `with said as materialized (
        select given.pod, given.case_id, d.question || E'\\n' || d.question_subject as word
        from unnest($2::text[], $3::text[], $4::uuid[], $5::timestamptz[]) as given(pod, case_id, decision_id, decided_at)
        cross join lateral (select d.question, d.question_subject from decisions d where d.tenant_id = $1 and d.pod = given.pod
          and d.recorded_at = given.decided_at and d.case_id = given.case_id and d.decision_id = given.decision_id
          and d.hung is not null limit 1) d)
      update cases c set asked = array(select word from unnest(c.asked) with ordinality as before(word, place)
          where not word = any (given.words) order by place)
        from (select pod, case_id, array_agg(word) as words from said group by pod, case_id) given
        where c.tenant_id = $1 and c.pod = given.pod and c.case_id = given.case_id`,
    values: [
      tenant,
      letGo.map(({ pod }) => pod),
      letGo.map(({ held }) => held.caseId),
      letGo.map(({ decisionId }) => decisionId),
      letGo.map(({ decidedAt }) => decidedAt),
    ],
  })
}
