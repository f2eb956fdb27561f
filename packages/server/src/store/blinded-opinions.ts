import type { Reader } from './db.ts'

/**
 * Of these cases, those that wait for a person who is to judge them without the machine's opinion: until then nothing may
 * show what was decided. A look-up by key for each case: all at once, a planner without statistics walked the whole pod;
 * `limit 1` keeps the partial indexes out of the choice, which walked every open case.
 */
export async function blindedOpinions(
  db: Reader,
  tenant: string,
  pod: string,
  caseIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (caseIds.length === 0) return new Set()
  const { rows } = await db.query<{ case_id: string }>({
    name: 'blinded_opinions',
    text: `select given.case_id from unnest($3::text[]) as given(case_id) cross join lateral (
        select state, blinded from inbox where tenant_id = $1 and pod = $2 and case_id = given.case_id limit 1
      ) found where state = 'open' and blinded`,
    values: [tenant, pod, caseIds],
  })
  return new Set(rows.map(row => row.case_id))
}

/**
 * What the people of such cases wrote as they came, the first of them in the order of the inbox; who wrote nothing is left out.
 * A look-up by key for each, as above: joined at once, whole months of events were read.
 */
export async function blindedTexts(db: Reader, tenant: string, pod: string, limit: number): Promise<readonly string[]> {
  const { rows } = await db.query<{ text: string }>({
    name: 'blinded_texts',
    text: `select e.text from (
        select case_id, recorded_at from inbox where tenant_id = $1 and pod = $2 and state = 'open' and blinded
          and (not (unlocks or blinded)) = false order by urgency, due_at, case_id limit $3
      ) i cross join lateral (
        select payload ->> 'details' as text from events
        where tenant_id = $1 and pod = $2 and recorded_at = i.recorded_at and case_id = i.case_id and payload ->> 'details' <> '' limit 1
      ) e`,
    values: [tenant, pod, limit],
  })
  return rows.map(({ text }) => text)
}

/**
 * The same of one row of a statement whose $1 is the tenant, for lists that leave out what waits so.
 * @param pod and `caseId`: as the statement names them
 */
export const withheld = (pod: string, caseId: string): string =>
  `exists (select from inbox i where i.tenant_id = $1 and i.pod = ${pod} and i.case_id = ${caseId} and i.state = 'open' and i.blinded)`
