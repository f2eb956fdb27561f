import { placeOf, type QuestionKey } from '@surety/contract'
import { isRowOf } from './calibration-rows.ts'
import type { Tx } from './db.ts'
import { isFirst } from './decisions.ts'
import { type ExactTime, exactly } from './exact-time.ts'
import { evidenceFrom } from './forget-records.ts'
import { keptModels, type QuestionPlace, scopeOf } from './model-scope.ts'
import { speaksOf } from './outcomes.ts'
import { labelCounts, recordRowOf } from './record-rows.ts'

/** Outcomes of one reading. */
export const pageOutcomes = 5000
/** A transaction may commit after a later one was read; what is read twice changes nothing. */
const overlap = `interval '1 minute'`

/** How far the outcomes of a tenant have been read for a question. */
export interface LabelCursor {
  readonly recordedAt: ExactTime
  readonly eventId: string
}

export interface LabelPage {
  /** As many as `pageOutcomes`: there may be more. */
  readonly outcomes: number
  readonly last: LabelCursor | null
  readonly changed: readonly { readonly digest: string; readonly n: number }[]
}

/**
 * Takes one page of outcomes into the rows of evidence and moves the cursor behind it.
 * @param from null: where the last reading ended
 */
export async function takeInLabels(
  db: Tx,
  tenant: string,
  question: QuestionPlace,
  from: LabelCursor | null,
  now: Date,
): Promise<LabelPage> {
  const known = await lockCursor(db, tenant, placeOf(question))
  const page = await takeIn(db, tenant, question, from ?? known)
  if (page.last !== null) await moveCursor(db, tenant, placeOf(question), page.last, now)
  return page
}

/** @returns where to begin: a minute before the place that the last reading came to */
async function lockCursor(db: Tx, tenant: string, { pod, question }: QuestionKey): Promise<LabelCursor> {
  const known = await lockKnown(db, tenant, { pod, question })
  if (known !== null) return known
  await db.query({
    name: 'label_cursor_open',
    text: `insert into label_cursors (tenant_id, pod, question, recorded_at, event_id)
      values ($1, $2, $3, to_timestamp(0), '')
      on conflict do nothing`,
    values: [tenant, pod, question],
  })
  return (await lockKnown(db, tenant, { pod, question }))!
}

/** @returns null: nobody has read any outcome for the question yet */
async function lockKnown(db: Tx, tenant: string, { pod, question }: QuestionKey): Promise<LabelCursor | null> {
  const { rows } = await db.query<{ start: ExactTime }>({
    name: 'label_cursor_lock',
    text: `select ${exactly(`(recorded_at - ${overlap})`)} as start from label_cursors
      where tenant_id = $1 and pod = $2 and question = $3 for update`,
    values: [tenant, pod, question],
  })
  return rows[0] === undefined ? null : { recordedAt: rows[0].start, eventId: '' }
}

/** Nobody takes labels of this question in until the transaction ends. */
export const holdLabels = async (db: Tx, tenant: string, place: QuestionKey): Promise<void> =>
  void (await lockCursor(db, tenant, place))

/** An outcome of a clock that runs ahead must not hide those that others record until then: the cursor stays behind `now`. */
async function moveCursor(
  db: Tx,
  tenant: string,
  { pod, question }: QuestionKey,
  to: LabelCursor,
  now: Date,
): Promise<void> {
  await db.query({
    name: 'label_cursor_move',
    text: `update label_cursors c set recorded_at = place.recorded_at, event_id = place.event_id
      from (select least($4::timestamptz, $6) as recorded_at, case when $4::timestamptz > $6 then '' else $5 end as event_id) place
      where c.tenant_id = $1 and c.pod = $2 and c.question = $3 and (c.recorded_at, c.event_id) < (place.recorded_at, place.event_id)`,
    values: [tenant, pod, question, to.recordedAt, to.eventId, now],
  })
}

/**
 * One statement, and everything in it a look-up by key, so that a page costs the same however many rows a model has.
 * `lateral` with a limit and arrays keep to that whatever the planner believes: on tables without statistics plain joins
 * compare every row with every row. Where two indexes would look alike to it, the order that is asked for (a case id
 * between itself and itself) is that of the right one.
 * Cases that a model was judged on when it was made follow a corrected label too, for the models whose rows are kept.
 * What was done by the score of another version than the one that served is a row of that version too, for its calibrator and its
 * checks; what was done is told by one of the two, so that nothing is watched or estimated twice.
 * What a tripwire has counted is not let go, or it would count again with the next label: it stays as one that says nothing.
 * Nor is a row of the record: it keeps the label that was counted beside the one that is told by now, and whoever counts puts
 * them right. What retention took is not counted a second time.
 */
async function takeIn(db: Tx, tenant: string, question: QuestionPlace, from: LabelCursor): Promise<LabelPage> {
  const { rows } = await db.query<{
    outcomes: number
    recorded_at: ExactTime | null
    event_id: string | null
    changed: readonly { digest: string; n: number }[] | null
  }>({
    name: 'labels_take_in',
    text: `with page as materialized (
        select event_id, recorded_at, case_id from outcomes
        where tenant_id = $1 and pod = $2 and ${speaksOf('question', '$3')} and (recorded_at, event_id) > ($5::timestamptz, $6)
        order by recorded_at, event_id limit ${pageOutcomes}),
      cases as (select distinct case_id from page),
      words as materialized (
        select cases.case_id, o.label, o.source, o.quality, o.sender, o.recorded_at as labelled_at,
          d.recorded_at as decided_at, d.model_digest, d.probability, d.action, d.automatic, d.audited, d.propensity,
          d.model_version, d.acting_version, d.kappa_act, d.kappa_clear, d.audit_coin,
          acting.model_digest as acting_digest, acting.probability as acting_probability
        from cases
        join lateral (
          select k.recorded_at from event_keys k
          where k.tenant_id = $1 and k.case_id between cases.case_id and cases.case_id and k.decision_id is not null
          order by k.case_id limit 1) opening on true
        join lateral (
          select d.recorded_at, d.decision_id, d.predictions_digest, d.model_digest, d.probability, d.action, d.automatic, d.audited,
            d.propensity, d.model_version, d.acting_version, d.kappa_act, d.kappa_clear, d.audit_coin
          from decisions d
          where d.tenant_id = $1 and d.pod = $2 and d.question = $3 and d.recorded_at = opening.recorded_at and d.case_id = cases.case_id
            and ${isFirst('d')}
          limit 1) d on true
        left join lateral (
          select p.model_digest, p.probability from predictions p
          where d.predictions_digest is not null and p.tenant_id = $1 and p.pod = $2 and p.recorded_at = d.recorded_at
            and p.decision_id = d.decision_id and p.role = 'acting' and p.probability is not null
          limit 1) acting on true
        join lateral latest_outcome($1, $2, cases.case_id, opening.recorded_at, $3) o on true),
      kept as materialized (select distinct digest from (${keptModels}) models),
      judged as materialized (
        select c.model_digest, c.row_id, c.probability, c.decided_at, words.label, words.quality, words.sender, words.labelled_at
        from words cross join kept
        join lateral (${rowOf('kept.digest', 'words.case_id')}) c on c.source = 'held_out' and c.label <> words.label
        where kept.digest is distinct from words.model_digest and kept.digest is distinct from words.acting_digest),
      models as materialized (select digest from kept union select model_digest from words where model_digest is not null
        union select acting_digest from words where acting_digest is not null),
      unsaid as materialized (
        select c.model_digest, c.row_id from (select case_id from words where label is null) words cross join models
        join lateral (${rowOf('models.digest', 'words.case_id')}) c on c.source <> 'csv'),
      taken_out as materialized (
        select take_out_calibration_row($1, $2, $3, model_digest, row_id) as model_digest from unsaid),
      taken as (
        insert into calibration_rows as c (tenant_id, pod, question, model_digest, row_id, source, probability, label, decided_at,
          labelled_at, quality, labelled_by, action, automatic, audited, propensity)
        select $1, $2, $3, model_digest, row_id, 'held_out', probability, label, decided_at, labelled_at, quality, sender, null, false,
          false, 1::float8 from judged
        union all
        select $1, $2, $3, model_digest, case_id, case quality when 'imported' then 'imported' else 'live' end, probability,
          label, decided_at, labelled_at, quality, sender, action, automatic, audited, propensity
        from words where label is not null and model_digest is not null and probability is not null
        union all
        select $1, $2, $3, acting_digest, case_id, case quality when 'imported' then 'imported' else 'live' end, acting_probability,
          label, decided_at, labelled_at, quality, sender, case when probability is null then action end,
          automatic and probability is null, audited and probability is null, case when probability is null then propensity else 1 end
        from words where label is not null and acting_digest is not null
        on conflict (tenant_id, pod, question, model_digest, row_id) do update set source = excluded.source,
          label = excluded.label, quality = excluded.quality, labelled_by = excluded.labelled_by, labelled_at = excluded.labelled_at
        where (c.source, c.label, c.quality, c.labelled_by) is distinct from
          (excluded.source, excluded.label, excluded.quality, excluded.labelled_by)
        returning c.model_digest),
      evidence as (
        insert into record_rows as r (tenant_id, pod, question, case_id, decided_at, source, model_version, kappa_act, kappa_clear,
          audit_coin, label, quality, labelled_by)
        select $1, $2, $3, words.case_id, decided_at, 'live', coalesce(acting_version, model_version, 0), kappa_act, kappa_clear,
          audit_coin, said.label, quality, sender
        from words
        left join lateral (${recordRowOf('words.case_id')}) there on true
        cross join lateral (select case when ${labelCounts('words.quality')} or ${ofHistory} then words.label end as label) said
        where there.case_id is not null
          or said.label is not null and model_digest is not null and acting_version is not null
            and (kappa_act is not null or kappa_clear is not null) and decided_at >= ${evidenceFrom('$1')}
        on conflict (tenant_id, pod, question, case_id) do update set label = excluded.label, quality = excluded.quality,
          labelled_by = excluded.labelled_by
        where (r.label, r.quality, r.labelled_by) is distinct from (excluded.label, excluded.quality, excluded.labelled_by)),
      newest as (select recorded_at, event_id from page order by recorded_at desc, event_id desc limit 1)
      select (select count(*) from page) as outcomes, (select ${exactly('recorded_at')} from newest) as recorded_at,
        (select event_id from newest),
        (select json_agg(json_build_object('digest', model_digest, 'n', n)) from (
          select model_digest, count(*) as n from (
            select model_digest from taken_out where model_digest is not null
            union all select model_digest from taken) every_row
          group by model_digest) counts) as changed`,
    values: [tenant, question.pod, question.name, scopeOf(tenant, question), from.recordedAt, from.eventId],
  })
  const { outcomes, recorded_at: recordedAt, event_id: eventId, changed } = rows[0]!
  return {
    outcomes,
    last: recordedAt === null || eventId === null ? null : { recordedAt, eventId },
    changed: changed ?? [],
  }
}

/** A case of an imported history goes on being counted by what the same key says of it. */
const ofHistory = `(there.source = 'imported' and words.quality = 'imported' and words.sender is not distinct from there.labelled_by)`

/** The row that a model has of a case. */
const rowOf = (
  digest: string,
  caseId: string,
): string => `select c.source, c.model_digest, c.row_id, c.probability, c.decided_at, c.label
          from calibration_rows c where ${isRowOf(digest, caseId)} order by c.row_id limit 1`
