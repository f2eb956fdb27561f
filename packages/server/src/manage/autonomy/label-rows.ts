import type { Database, Db } from '../../store/db.ts'
import { keptModels, type PodPlace, scopeOf } from './calibration-rows.ts'

const pageOutcomes = 5000
/** A transaction may commit after a later one was read; what is read twice changes nothing. */
const overlapMs = 60_000

/**
 * Takes what outcomes say since the last time into the rows that calibrators and certificates are made of: the newest word
 * on a case wins, and one without a label takes its row out. A page and the cursor behind it are one transaction of the
 * tenant's own session, so it may be ended anywhere and run by several processes at once.
 * @param digest only this model's rows are counted in the answer; null: those of every model
 * @returns rows added, changed or taken out, by model digest
 */
export async function readLabels(
  db: Database,
  tenant: string,
  pod: PodPlace,
  digest: string | null,
  now: Date,
): Promise<ReadonlyMap<string, number>> {
  const changed = new Map<string, number>()
  let from: Cursor | null = null
  while (true) {
    const page: Page = await db.transaction([tenant], handle => readPage(handle, tenant, pod, from, now))
    for (const { digest: of, n } of page.changed)
      if (digest === null || of === digest) changed.set(of, (changed.get(of) ?? 0) + n)
    if (page.last === null || page.outcomes < pageOutcomes) return changed
    from = page.last
  }
}

interface Cursor {
  readonly recordedAt: Date
  readonly eventId: string
}

interface Page {
  readonly outcomes: number
  readonly last: Cursor | null
  readonly changed: readonly { readonly digest: string; readonly n: number }[]
}

/** @param from null: where the last reading ended */
async function readPage(db: Db, tenant: string, pod: PodPlace, from: Cursor | null, now: Date): Promise<Page> {
  const known = await lockCursor(db, tenant, pod.name)
  const start = from ?? { recordedAt: new Date(known.recordedAt.getTime() - overlapMs), eventId: '' }
  const page = await takeIn(db, tenant, pod, start)
  if (page.last !== null) await moveCursor(db, tenant, pod.name, capped(page.last, now))
  return page
}

/** An outcome of a clock that runs ahead must not hide those that others record until then. */
const capped = (last: Cursor, now: Date): Cursor => (last.recordedAt > now ? { recordedAt: now, eventId: '' } : last)

async function lockCursor(db: Db, tenant: string, pod: string): Promise<Cursor> {
  await db.query({
    name: 'label_cursor_open',
    text: `insert into label_cursors (tenant_id, pod, recorded_at, event_id) values ($1, $2, to_timestamp(0), '')
      on conflict do nothing`,
    values: [tenant, pod],
  })
  const { rows } = await db.query<{ recorded_at: Date; event_id: string }>({
    name: 'label_cursor_lock',
    text: 'select recorded_at, event_id from label_cursors where tenant_id = $1 and pod = $2 for update',
    values: [tenant, pod],
  })
  const row = rows[0]!
  return { recordedAt: row.recorded_at, eventId: row.event_id }
}

async function moveCursor(db: Db, tenant: string, pod: string, to: Cursor): Promise<void> {
  await db.query({
    name: 'label_cursor_move',
    text: `update label_cursors set recorded_at = $3, event_id = $4
      where tenant_id = $1 and pod = $2 and (recorded_at, event_id) < ($3, $4)`,
    values: [tenant, pod, to.recordedAt, to.eventId],
  })
}

/**
 * One statement. `lateral` with a limit and arrays keep to index probes whatever the planner believes: on tables without
 * statistics plain joins compare every row with every row. Where two indexes would look alike to it, the order that is
 * asked for (a case id between itself and itself) is that of the right one: a page took 7 s otherwise, and takes .5.
 * Cases that a model was judged on when it was made follow a corrected label too, for the models whose rows are kept.
 * What a tripwire has counted is not let go, or it would count again with the next label: it stays as one that says nothing.
 */
async function takeIn(db: Db, tenant: string, pod: PodPlace, from: Cursor): Promise<Page> {
  const { rows } = await db.query<{
    outcomes: number
    recorded_at: Date | null
    event_id: string | null
    changed: readonly { digest: string; n: number }[] | null
  }>({
    name: 'labels_take_in',
    text: `with page as materialized (
        select event_id, recorded_at, case_id from outcomes
        where tenant_id = $1 and pod = $2 and (recorded_at, event_id) > ($4, $5)
        order by recorded_at, event_id limit ${pageOutcomes}),
      cases as (select case_id, max(recorded_at) as told_at from page group by case_id),
      words as materialized (
        select cases.case_id, o.label, o.source, o.quality, o.recorded_at as labelled_at,
          d.recorded_at as decided_at, d.model_digest, d.probability, d.action, d.automatic, d.audited, d.propensity
        from cases
        join lateral (
          select o.label, o.source, o.quality, o.recorded_at from outcomes o
          where o.tenant_id = $1 and o.case_id = cases.case_id and o.recorded_at >= cases.told_at
          order by o.recorded_at desc, o.event_id desc limit 1) o on true
        join lateral (
          select k.recorded_at from event_keys k
          where k.tenant_id = $1 and k.case_id between cases.case_id and cases.case_id and k.decision_id is not null
          order by k.case_id limit 1) opening on true
        join lateral (
          select d.recorded_at, d.model_digest, d.probability, d.action, d.automatic, d.audited, d.propensity
          from decisions d
          where d.tenant_id = $1 and d.pod = $2 and d.recorded_at = opening.recorded_at and d.case_id = cases.case_id
          limit 1) d on true),
      kept as materialized (select distinct digest from (${keptModels}) models),
      judged as materialized (
        select c.model_digest, c.row_id, c.probability, c.decided_at, words.label, words.quality, words.labelled_at
        from words cross join kept
        join lateral (
          select c.model_digest, c.row_id, c.probability, c.decided_at, c.label from calibration_rows c
          where c.tenant_id = $1 and c.pod = $2 and c.model_digest = kept.digest and c.row_id = words.case_id
            and c.source = 'held_out' limit 1) c on c.label <> words.label
        where kept.digest is distinct from words.model_digest),
      reopened as (
        delete from calibration_rows c
        where c.tenant_id = $1 and c.pod = $2 and c.source <> 'csv'
          and c.model_digest = any (array(select digest from kept union select model_digest from words))
          and c.row_id = any (array(select case_id from words where label is null)) and not c.watched
        returning c.model_digest),
      set_aside as (
        update calibration_rows c set quality = 'bulk'
        where c.tenant_id = $1 and c.pod = $2 and c.source <> 'csv' and c.quality <> 'bulk'
          and c.model_digest = any (array(select digest from kept union select model_digest from words))
          and c.row_id = any (array(select case_id from words where label is null)) and c.watched
        returning c.model_digest),
      taken as (
        insert into calibration_rows as c (tenant_id, pod, model_digest, row_id, source, probability, label, decided_at,
          labelled_at, quality, action, automatic, audited, propensity)
        select $1, $2, model_digest, case_id, case quality when 'imported' then 'imported' else 'live' end, probability,
          label, decided_at, labelled_at, quality, action, automatic, audited, propensity
        from words where label is not null and model_digest is not null and probability is not null
        union all
        select $1, $2, model_digest, row_id, 'held_out', probability, label, decided_at, labelled_at, quality, null, false,
          false, 1 from judged
        on conflict (tenant_id, pod, model_digest, row_id) do update set source = excluded.source,
          label = excluded.label, quality = excluded.quality, labelled_at = excluded.labelled_at
        where (c.source, c.label, c.quality) is distinct from (excluded.source, excluded.label, excluded.quality)
        returning c.model_digest),
      newest as (select recorded_at, event_id from page order by recorded_at desc, event_id desc limit 1)
      select (select count(*) from page) as outcomes, (select recorded_at from newest), (select event_id from newest),
        (select json_agg(json_build_object('digest', model_digest, 'n', n)) from (
          select model_digest, count(*) as n from (
            select model_digest from reopened union all select model_digest from set_aside
            union all select model_digest from taken) every_row
          group by model_digest) counts) as changed`,
    values: [tenant, pod.name, scopeOf(tenant, pod), from.recordedAt, from.eventId],
  })
  const { outcomes, recorded_at: recordedAt, event_id: eventId, changed } = rows[0]!
  return {
    outcomes,
    last: recordedAt === null || eventId === null ? null : { recordedAt, eventId },
    changed: changed ?? [],
  }
}
