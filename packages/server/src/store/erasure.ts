import { createHash } from 'node:crypto'
import type { JsonObject } from '@surety/contract'
import type { Reader, Tx } from './db.ts'
import type { ExactTime } from './exact-time.ts'
import type { HeldCase } from './fences.ts'
import { takeBackOnce } from './once-acts.ts'
import { decisionColumns, decisionDigest, type RecordRow } from './receipt-record.ts'

/** A case that may be erased, and where its rows begin. */
export interface CaseToErase {
  readonly tenant: string
  readonly pod: string
  readonly caseId: string
  readonly openedAt: Date
}

/** null: there is no such case, or it is of another pod or tenant. */
export async function caseToErase(
  db: Reader,
  tenant: string,
  pod: string,
  caseId: string,
): Promise<(CaseToErase & { readonly erasedAt: Date | null }) | null> {
  const { rows } = await db.query<{ openedAt: Date; erasedAt: Date | null }>({
    name: 'case_to_erase',
    // One that was erased may have been opened anew since, by another event.
    text: `select * from (
        select opened_at as "openedAt", erased_at as "erasedAt" from erased_cases
        where tenant_id = $1 and pod = $2 and case_id = $3
        union all
        (select d.recorded_at, null from event_keys k join decisions d
            on d.tenant_id = $1 and d.pod = $2 and d.recorded_at = k.recorded_at and d.case_id = k.case_id
          where k.tenant_id = $1 and k.case_id = $3 and k.decision_id is not null limit 1)
      ) found order by "erasedAt" nulls first limit 1`,
    values: [tenant, pod, caseId],
  })
  const row = rows[0]
  return row === undefined ? null : { tenant, pod, caseId, ...row }
}

/** A decision on the case, as it is stored. */
export interface RecordToErase {
  readonly decisionId: string
  readonly recordedAt: Date
  readonly row: RecordRow
  readonly erased: boolean
}

/** What was decided on a case: as it was opened, and what came to hang on it. */
export async function recordsToErase(db: Reader, one: CaseToErase): Promise<readonly RecordToErase[]> {
  const select = `select ${decisionColumns}, erased_digest is not null as erased from decisions
    where tenant_id = $1 and pod = $2 and case_id = $3`
  const { rows } = await db.query<RecordRow>({
    name: 'records_to_erase',
    text: `${select} and recorded_at = $4 union all ${select} and hung is not null and recorded_at > $4`,
    values: [one.tenant, one.pod, one.caseId, one.openedAt],
  })
  return rows.map(({ erased, ...row }) => ({
    decisionId: String(row['decision_id']),
    recordedAt: row['recorded_at'] as Date,
    row,
    erased: erased === true,
  }))
}

/**
 * Takes everything that tells of the person out of the rows of a case whose fence is held, and what leads to them: nothing finds,
 * answers or adds to the case from then on. What it was decided by stays without what it was decided from: state, score,
 * certificate and label, so that books and evidence are what they were. docs/erasure.md says it column by column.
 * @returns the seals of the records that this erased, for the audit log
 */
export async function eraseRows(
  db: Tx,
  one: CaseToErase,
  held: HeldCase,
  records: readonly RecordToErase[],
  at: Date,
): Promise<readonly string[]> {
  if (held.caseId !== one.caseId || held.tenant !== one.tenant) throw new Error('the fence of another case is held')
  const fresh = records.filter(record => !record.erased)
  await eraseEvents(db, one, fresh)
  await eraseFindings(db, one)
  await eraseConversation(db, one)
  await eraseWaiting(
    db,
    one,
    records.map(({ decisionId }) => decisionId),
    at,
  )
  await eraseRecords(db, one, fresh)
  await db.query(
    `insert into erased_cases as known (tenant_id, pod, case_id, opened_at, erased_at) values ($1, $2, $3, $4, $5)
      on conflict (tenant_id, pod, case_id) do update set opened_at = excluded.opened_at, erased_at = excluded.erased_at
        where known.opened_at <> excluded.opened_at`,
    [one.tenant, one.pod, one.caseId, one.openedAt, at],
  )
  const before = new Map(fresh.map(({ decisionId, row }) => [decisionId, decisionDigest(row)]))
  const after = await recordsToErase(db, one)
  return after.flatMap(({ decisionId, row }) => {
    const digest = before.get(decisionId)
    return digest === undefined ? [] : [erasureSeal(decisionId, digest, decisionDigest(row))]
  })
}

/**
 * What the audit log holds of a record that was erased: SHA-256 of its id and of its digests before and after, so that what is
 * left of it cannot be changed unseen, nor be called erased by whoever changes it.
 */
export const erasureSeal = (decisionId: string, before: Buffer, after: Buffer): string =>
  createHash('sha256').update(`surety.erasure/1\n${decisionId}\n`).update(before).update(after).digest('hex')

export const erasedAction = 'case.erased'

/** The seals of all records of a tenant that were erased. */
export async function erasureSeals(db: Reader, tenant: string): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ detail: JsonObject }>(
    `select detail from audit where tenant_id = $1 and action = '${erasedAction}'`,
    [tenant],
  )
  return new Set(rows.flatMap(({ detail }) => (detail['records'] as string[] | undefined) ?? []))
}

/** An event that other cases hang on as well goes with the last of them. */
async function eraseEvents(db: Tx, { tenant, pod, caseId, openedAt }: CaseToErase, fresh: readonly RecordToErase[]) {
  const nothing = `payload = '{}', pii = null, sealed = null, search = null, versions = null`
  await db.query(
    `update events set ${nothing}, event_id = case_id
      where tenant_id = $1 and pod = $2 and recorded_at = $4 and case_id = $3`,
    [tenant, pod, caseId, openedAt],
  )
  await db.query(
    `update events e set ${nothing} from unnest($4::timestamptz[], $5::text[]) as given(recorded_at, event_id)
      where e.tenant_id = $1 and e.pod = $2 and e.recorded_at = given.recorded_at and e.event_id = given.event_id
        and e.case_id is null and not exists (select from decisions d where d.tenant_id = $1 and d.pod = $2
          and d.recorded_at = e.recorded_at and d.event_id = e.event_id and d.case_id <> $3 and d.erased_digest is null)`,
    [tenant, pod, caseId, fresh.map(one => one.recordedAt), fresh.map(one => String(one.row['event_id']))],
  )
}

async function eraseFindings(db: Tx, { tenant, pod, caseId }: CaseToErase): Promise<void> {
  await db.query(
    `with found as (update evaluations set about = '', evidence = null
        where tenant_id = $1 and pod = $2 and case_id = $3 returning recorded_at, event_id, place)
      delete from finding_groups g using found, cases c
      where c.tenant_id = $1 and c.pod = $2 and c.case_id = $3 and g.tenant_id = $1 and g.pod = $2 and g.group_key = any (c.group_keys)
        and (g.recorded_at, g.event_id, g.place) = (found.recorded_at, found.event_id, found.place)`,
    [tenant, pod, caseId],
  )
  await db.query('delete from cases where tenant_id = $1 and pod = $2 and case_id = $3', [tenant, pod, caseId])
}

/**
 * Messages go, of outcomes their notes. Ids that senders gave stay as keys, without the hash of what they stood for: a delivery that
 * comes again is a repeated one, and does not bring the person back.
 */
async function eraseConversation(db: Tx, { tenant, pod, caseId }: CaseToErase): Promise<void> {
  await db.query(
    `with said as (delete from messages where tenant_id = $1 and pod = $2 and case_id = $3 returning event_id),
      told as (update outcomes set notes = null, versions = null where tenant_id = $1 and pod = $2 and case_id = $3 returning event_id),
      ids as (select event_id from said union select event_id from told),
      kept as (delete from idempotency where tenant_id = $1 and status is not null
        and (event_id in (select event_id from ids) or position($3 in body) > 0)),
      beside as (update event_keys k set payload_hash = '' from ids where k.tenant_id = $1 and k.event_id = ids.event_id)
      update event_keys set payload_hash = '', decision_id = null
      where tenant_id = $1 and case_id = $3 and decision_id is not null`,
    [tenant, pod, caseId],
  )
}

async function eraseWaiting(
  db: Tx,
  { tenant, pod, caseId }: CaseToErase,
  decisionIds: readonly string[],
  at: Date,
): Promise<void> {
  await db.query(
    `update inbox set notes = null, answered_at = coalesce(answered_at, $4), lease_holder = null, lease_token = null, lease_until = null,
        leased_at = null, version = version + 1, state = case state when 'open' then 'withdrawn' else state end
      where tenant_id = $1 and pod = $2 and case_id = $3`,
    [tenant, pod, caseId, at],
  )
  await db.query('delete from outbox where tenant_id = $1 and pod = $2 and case_id = $3', [tenant, pod, caseId])
  await db.query('delete from contact_waits where tenant_id = $1 and pod = $2 and case_id = $3', [tenant, pod, caseId])
  await takeBackOnce(db, tenant, decisionIds)
}

async function eraseRecords(db: Tx, { tenant, pod, caseId }: CaseToErase, fresh: readonly RecordToErase[]) {
  // Which of several subjects came first stays to be told, and nothing else of them.
  const subjects = [...new Set(fresh.map(({ row }) => String(row['question_subject'])))].sort()
  const numbered = (subject: string) => (subject === '' ? '' : String(subjects.indexOf(subject)).padStart(6, '0'))
  const values = [
    tenant,
    pod,
    caseId,
    fresh.map(one => one.recordedAt),
    fresh.map(one => one.decisionId),
    fresh.map(({ row }) => blank(String(row['features']))),
    fresh.map(({ row }) => numbered(String(row['question_subject']))),
    fresh.map(({ row }) => decisionDigest(row)),
  ]
  await db.query(
    `with erased as (update decisions d set subject = '', event_id = d.case_id, features = given.features::json, enrichment = '{}',
        notes = null, residual_radii = null, question_subject = given.subject, erased_digest = given.digest
      from unnest($4::timestamptz[], $5::uuid[], $6::text[], $7::text[], $8::bytea[])
        as given(recorded_at, decision_id, features, subject, digest)
      where d.tenant_id = $1 and d.pod = $2 and d.case_id = $3 and d.recorded_at = given.recorded_at
        and d.decision_id = given.decision_id returning d.recorded_at, d.decision_id)
    update predictions p set event_id = $3 from erased where p.tenant_id = $1 and p.pod = $2 and p.recorded_at = erased.recorded_at
      and p.decision_id = erased.decision_id`,
    values,
  )
}

/** As many features, none of them known. */
const blank = (features: string): string => JSON.stringify((JSON.parse(features) as unknown[]).map(() => null))

/**
 * What was on its way while its case was erased: a message whose case was still there as its statement began. Of cases erased
 * since that moment.
 */
export async function eraseLate(db: Tx, tenant: string, since: Date): Promise<void> {
  await db.query(
    `delete from messages m using erased_cases e
      where e.tenant_id = $1 and e.erased_at >= $2 and m.tenant_id = $1 and m.case_id = e.case_id and m.pod = e.pod`,
    [tenant, since],
  )
  await db.query(
    `update outcomes o set notes = null from erased_cases e
      where e.tenant_id = $1 and e.erased_at >= $2 and o.tenant_id = $1 and o.case_id = e.case_id and o.pod = e.pod
        and o.notes is not null`,
    [tenant, since],
  )
}

/** Cases of a pod that were erased from an hour before that moment on: clocks differ, and what commits later may be dated before. */
export async function casesErasedSince(
  db: Reader,
  tenant: string,
  pod: string,
  since: ExactTime,
): Promise<readonly string[]> {
  const { rows } = await db.query<{ caseId: string }>({
    name: 'cases_erased_since',
    text: `select case_id as "caseId" from erased_cases
      where tenant_id = $1 and pod = $2 and erased_at >= $3::timestamptz - interval '1 hour'`,
    values: [tenant, pod, since],
  })
  return rows.map(({ caseId }) => caseId)
}
