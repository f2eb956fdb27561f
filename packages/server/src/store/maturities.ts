import type { QuestionKey } from '@surety/contract'
import { clockSlack, type Reader, type Tx } from './db.ts'
import { isFirst, ofQuestion } from './decisions.ts'
import { speaksOf } from './outcomes.ts'
import { float8, insertRow, int4, type RowOf, table, text, time } from './table.ts'

const maturities = table('maturities', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  at: time('at'),
  ms: float8('ms'),
  /** `delay_law`: learned from how long outcomes took; `pod_default`: too few have come to know that. */
  method: text<'delay_law' | 'pod_default'>('method'),
  /** Decisions looked at, and those of them with an outcome. */
  n: int4('n'),
  labelled: int4('labelled'),
})
const rule = maturities.pick('ms', 'method', 'n', 'labelled')
/** From which age on a case may be judged, and how that is known. */
export type MaturityRule = RowOf<typeof rule>

const hourMs = 3_600_000
/** Outcomes below which no law of their delay is learned. */
export const fewestLabelled = 30

/**
 * What was learned within the hour before this moment, from more than a handful of outcomes: also that they came too seldom
 * for a law, or every question would look at a thousand decisions again.
 */
export async function keptRule(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
  now: Date,
): Promise<MaturityRule | null> {
  const { rows } = await db.query<MaturityRule>({
    name: 'maturity_kept',
    text: `select ${rule.columns()} from maturities
      where tenant_id = $1 and pod = $2 and question = $3 and at <= $4 and at > $5 and labelled >= ${fewestLabelled}`,
    values: [tenant, pod, question, now, new Date(now.getTime() - hourMs)],
  })
  return rows[0] ?? null
}

export const keepRule = async (
  db: Tx,
  tenant: string,
  { pod, question }: QuestionKey,
  learned: MaturityRule,
  at: Date,
): Promise<void> =>
  void (await insertRow(
    db,
    maturities,
    { tenant, pod, question, at, ...learned },
    `on conflict (tenant_id, pod, question) do update set at = excluded.at, ms = excluded.ms, method = excluded.method,
      n = excluded.n, labelled = excluded.labelled`,
  ))

const delaySample = 1200
const dayMs = 86_400_000

export interface Delay {
  readonly decidedAt: Date
  readonly labelledAt: Date | null
}

/** Read evenly over this time: the newest decisions alone would all be too young to have an outcome where many come in a day. */
const sampledDays = 90
const slots = 12

/** An outcome that is there so soon after its case was known as the case was told of. */
const withItsCase = '1 minute'

/**
 * Decisions of every part of the sampled time, each with the outcome it has by now. Bounds of the parts are columns and not sums: row-level
 * security keeps a sum out of the search of an index, and each part would read all decisions of the time. The one outcome of a case is
 * the one that counts, by any rule: asking the rule for each of the sample took three quarters of the time.
 */
export async function sampledDelays(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
  now: Date,
): Promise<readonly Delay[]> {
  const { suffix, condition } = ofQuestion(question, 'd.question', '$3')
  const { rows } = await db.query<Delay>({
    name: `maturity_delays${suffix}`,
    text: `with span as materialized (
        select d.recorded_at as start, ($4::timestamptz - d.recorded_at) / ${slots} as step from decisions d
        where d.tenant_id = $1 and d.pod = $2 and ${condition} and d.recorded_at > $5 and d.recorded_at <= $4
        order by d.recorded_at limit 1),
      parts as materialized (
        select span.start + span.step * slot as start,
          case when slot = ${slots - 1} then 'infinity' else span.start + span.step * (slot + 1) end as until
        from span, generate_series(0, ${slots - 1}) slot)
      select d.recorded_at as "decidedAt", case when o.label is null then null else o.recorded_at end as "labelledAt"
      from parts
      join lateral (
        select d.recorded_at, d.case_id from decisions d where d.tenant_id = $1 and d.pod = $2 and ${condition} and d.recorded_at <= $4
          and ${isFirst('d')} and d.recorded_at >= parts.start and d.recorded_at < parts.until
        order by d.recorded_at limit ${delaySample / slots}) d on true
      left join lateral (
        select count(*) as told, max(k.label) as label, max(k.recorded_at) as recorded_at,
          max(case when k.bulk is null then k.quality else 'bulk' end) as quality,
          bool_and((k.pod = $2) is true and ${speaksOf('k.question', '$3')} and k.recorded_at >= d.recorded_at - ${clockSlack}) as counts
        from outcomes k where k.tenant_id = $1 and k.case_id = d.case_id) alone on true
      left join lateral (
        select alone.label, alone.recorded_at, alone.quality where alone.told = 1 and alone.counts
        union all
        select rule.label, rule.recorded_at, rule.quality
        from latest_outcome($1, $2, d.case_id, d.recorded_at, $3) rule where alone.told > 1) o on true
      where o.quality is distinct from 'imported' and o.quality is distinct from 'bulk'
        and (o.label is null or o.recorded_at >= d.recorded_at + interval '${withItsCase}')`,
    values: [tenant, pod, question, now, new Date(now.getTime() - sampledDays * dayMs)],
  })
  return rows
}
