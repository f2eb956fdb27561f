import type { QuestionKey } from '@surety/contract'
import type { Reader, Tx } from './db.ts'
import { isFirst, ofQuestion } from './decisions.ts'
import { holdLabels } from './label-cursors.ts'
import { speaksOf } from './outcomes.ts'
import { labelCounts } from './record-rows.ts'

type ImportedIn = QuestionKey & { readonly tenant: string }

/** What an admin imported, or accepted: whoever knows no key (of before 0041) has the empty name. */
const isAccepted = (
  o: string,
): string => `(exists (select from api_keys k where k.tenant_id = $1 and k.key_id = ${o}.sender and k.role = 'admin')
        or exists (select from accepted_imports a where a.tenant_id = $1 and a.sender = coalesce(${o}.sender, '') and a.until >= ${o}.recorded_at))`
const isImported = (o: string): string => `(${o}.source = 'imported' and ${o}.quality = 'imported')`

/** A label that a record begun with a history may count: one that counts anyway, or one that was imported and accepted. */
const labelOf = (o: string): string =>
  `${o}.label is not null and (${labelCounts(`${o}.quality`)} or ${isImported(o)} and ${isAccepted(o)})`

/** The case happened before it was decided: a history is decided when it is imported. */
const happenedAt = 'least(d.occurred_at, d.recorded_at)'

const opening = (caseId: string): string => `join lateral (select k.recorded_at, k.sender from event_keys k
        where k.tenant_id = $1 and k.case_id between ${caseId} and ${caseId} and k.decision_id is not null order by k.case_id limit 1) k on true`

/** Outcomes that are looked at for imported cases. */
const mostOutcomes = 200_000

/** A labelled case of a tenant's history. */
export interface ImportedCase {
  readonly caseId: string
  readonly happenedAt: Date
  /** Id of the key that told the label; null: of which none is known. */
  readonly sender: string | null
}

/** Cases of which an admin's key imported the outcome, or an admin accepted that it was; the oldest first. @param most the newest */
export async function importedCases(
  db: Reader,
  { tenant, pod, question }: ImportedIn,
  most: number,
): Promise<readonly ImportedCase[]> {
  const { suffix, condition } = ofQuestion(question, 'd.question', '$3')
  const { rows } = await db.query<ImportedCase>({
    name: `imported_cases${suffix}`,
    text: `with told as materialized (
        select distinct case_id from (
          select o.case_id from outcomes o where o.tenant_id = $1 and o.pod = $2 and ${speaksOf('o.question', '$3')}
            and ${isImported('o')} and o.bulk is null and o.label is not null and ${isAccepted('o')}
          order by o.recorded_at desc limit ${mostOutcomes}) newest)
      select told.case_id as "caseId", ${happenedAt} as "happenedAt", o.sender
      from told
      ${opening('told.case_id')}
      join lateral (select d.occurred_at, d.recorded_at from decisions d
        where d.tenant_id = $1 and d.pod = $2 and ${condition} and d.recorded_at = k.recorded_at and d.case_id = told.case_id
          and ${isFirst('d')} limit 1) d on true
      join lateral latest_outcome($1, $2, told.case_id, d.recorded_at, $3) o on ${labelOf('o')}
      order by 2 desc, 1 desc limit $4`,
    values: [tenant, pod, question, most],
  })
  return rows.toReversed()
}

/** Of cases that happened in a span, how many there are, and how many of them have a label, whoever told it. */
export interface HistoryCompleteness {
  readonly decisions: number
  readonly labelled: number
}

const sampledDecisions = 5000

/**
 * Whether a history holds what became of its cases, and not only of some of them: over the newest 5,000 cases of its span that no
 * version decided. Those that others reported count once they are old enough for their outcome to be here, those of the keys
 * that imported at once.
 * @param keys that imported
 */
export async function historyCompleteness(
  db: Reader,
  { tenant, pod, question }: ImportedIn,
  span: { readonly from: Date; readonly to: Date },
  matureUntil: Date,
  keys: readonly string[],
): Promise<HistoryCompleteness> {
  const { suffix, condition } = ofQuestion(question, 'd.question', '$3')
  const { rows } = await db.query<HistoryCompleteness>({
    name: `imported_completeness${suffix}`,
    text: `select count(*) as decisions, count(o.label) as labelled
      from (select d.case_id, d.recorded_at, ${happenedAt} as happened_at from decisions d
        where d.tenant_id = $1 and d.pod = $2 and ${condition} and d.recorded_at >= $4 and ${happenedAt} between $4 and $5
          and d.acting_version is null and ${isFirst('d')}
        order by d.recorded_at desc limit ${sampledDecisions}) d
      ${opening('d.case_id')}
      left join lateral latest_outcome($1, $2, d.case_id, d.recorded_at, $3) o on true
      where d.happened_at <= $6 or k.sender = any ($7)`,
    values: [tenant, pod, question, span.from, span.to, matureUntil, keys],
  })
  return rows[0]!
}

/** What a row of the record is made of that begins with a history. */
export interface ImportedRow extends ImportedCase {
  readonly auditCoin: number | null
  /** By a label that may count; null: none by now. */
  readonly label: 0 | 1 | null
  readonly quality: string | null
}

/** What is known of these cases by now. Labels are held until the transaction ends: what is told meanwhile is taken in afterwards. */
export async function importedRows(
  db: Tx,
  place: ImportedIn,
  caseIds: readonly string[],
): Promise<readonly ImportedRow[]> {
  const { tenant, pod, question } = place
  await holdLabels(db, tenant, place)
  const { suffix, condition } = ofQuestion(question, 'd.question', '$3')
  const { rows } = await db.query<ImportedRow>({
    name: `imported_rows${suffix}`,
    text: `select given.case_id as "caseId", ${happenedAt} as "happenedAt", d.audit_coin as "auditCoin", o.sender, o.quality,
        case when ${labelOf('o')} then o.label end as label
      from unnest($4::text[]) as given(case_id)
      ${opening('given.case_id')}
      join lateral (select d.occurred_at, d.recorded_at, d.audit_coin from decisions d
        where d.tenant_id = $1 and d.pod = $2 and ${condition} and d.recorded_at = k.recorded_at and d.case_id = given.case_id
          and ${isFirst('d')} limit 1) d on true
      left join lateral latest_outcome($1, $2, given.case_id, d.recorded_at, $3) o on true`,
    values: [tenant, pod, question, caseIds],
  })
  return rows
}

/** What one key imported, as an admin is told when accepting it. */
export interface AcceptedImport {
  readonly outcomes: number
  readonly bulk: number
  readonly first: Date | null
  readonly last: Date | null
}

/**
 * Takes what a key imported until now as the tenant's own history: none of the rules for labels in bulk binds it any more.
 * What is stored of its quality is part of receipts and stays.
 * @param sender null: what was imported by no key that is known
 */
export async function acceptImported(
  db: Tx,
  tenant: string,
  sender: string | null,
  by: { readonly at: Date; readonly actor: string; readonly reason: string },
): Promise<AcceptedImport> {
  const { rows } = await db.query<AcceptedImport>({
    name: 'imports_found',
    text: `select count(*) as outcomes, count(o.bulk) as bulk, min(o.recorded_at) as first, max(o.recorded_at) as last from outcomes o
      where o.tenant_id = $1 and o.sender is not distinct from $2 and ${isImported('o')} and o.recorded_at <= $3`,
    values: [tenant, sender, by.at],
  })
  const found = rows[0]!
  if (found.outcomes === 0) return found
  await db.query({
    name: 'imports_accept',
    text: `insert into accepted_imports (tenant_id, sender, until, accepted_by, reason) values ($1, $2, $3, $4, $5)
      on conflict do nothing`,
    values: [tenant, sender ?? '', by.at, by.actor, by.reason],
  })
  await db.query({
    name: 'imports_free',
    text: `with freed as (
        update outcomes o set bulk = null where o.tenant_id = $1 and o.sender is not distinct from $2 and ${isImported('o')}
          and o.recorded_at <= $3 and o.bulk is not null returning o.pod, o.case_id)
      update calibration_rows c set quality = 'imported' from freed
      where c.tenant_id = $1 and c.row_id between freed.case_id and freed.case_id and (c.pod = freed.pod) is true and c.quality = 'bulk'
        and c.labelled_by is not distinct from $2`,
    values: [tenant, sender, by.at],
  })
  return found
}
