import type { BulkReason, QuestionKey } from '@surety/contract'
import type { Reader } from './db.ts'
import { speaksOf } from './outcomes.ts'

/** Outcomes that are looked at: the newest of a question. */
export const mostOutcomes = 20_000

/** Outcomes of one key (null: from inside) that count alike. */
export interface ToldCount {
  readonly sender: string | null
  readonly quality: string
  readonly bulk: BulkReason | null
  readonly n: number
  /** When the oldest of them was recorded. */
  readonly since: Date
}

/** A key beside the blind audits of others: cases that both labelled, and those of them with the other label. */
export interface AuditedLabeller {
  readonly sender: string
  readonly n: number
  readonly disagree: number
}

const newest = `newest as materialized (
        select case_id, label, quality, sender, bulk, recorded_at, event_id from outcomes
        where tenant_id = $1 and pod = $2 and ${speaksOf('question', '$3')}
        order by recorded_at desc limit ${mostOutcomes})`

export async function toldCounts(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
): Promise<readonly ToldCount[]> {
  const { rows } = await db.query<ToldCount>({
    name: 'labellers_counts',
    text: `with ${newest}
      select sender, quality, bulk, count(*) as n, min(recorded_at) as since from newest group by sender, quality, bulk
      order by n desc, sender, quality, bulk`,
    values: [tenant, pod, question],
  })
  return rows
}

/** Of each case the last label of a blind audit beside the last one of each other key; what counts as given in bulk is no audit. */
export async function auditedLabellers(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
): Promise<readonly AuditedLabeller[]> {
  const { rows } = await db.query<AuditedLabeller>({
    name: 'labellers_audited',
    text: `with ${newest},
      audits as materialized (
        select distinct on (case_id) case_id, label, sender from newest
        where quality = 'audit' and bulk is null and label is not null order by case_id, recorded_at desc, event_id desc),
      others as (
        select distinct on (o.case_id, o.sender) o.case_id, o.sender, o.label from newest o
        where o.sender is not null and o.label is not null and o.quality <> 'audit'
        order by o.case_id, o.sender, o.recorded_at desc, o.event_id desc)
      select o.sender, count(*) as n, count(*) filter (where o.label <> a.label) as disagree
      from others o join audits a on a.case_id = o.case_id and a.sender is distinct from o.sender
      group by o.sender order by o.sender`,
    values: [tenant, pod, question],
  })
  return rows
}
