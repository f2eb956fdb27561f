import type { Pod } from '@surety/contract'
import { delayLaw, maturityAge } from '@surety/stats'
import type { Db } from '../../store/db.ts'
import { isRowOf } from './calibration-rows.ts'

/** From which age on a case may be judged, and how that is known. */
export interface MaturityRule {
  readonly ms: number
  /** `delay_law`: learned from how long outcomes took; `pod_default`: too few have come to know that. */
  readonly method: 'delay_law' | 'pod_default'
  /** Decisions looked at, and those of them with an outcome. */
  readonly n: number
  readonly labelled: number
}

const delaySample = 1200
const hourMs = 3_600_000
const fewestLabelled = 30
/** Share of outcomes that must have come by then. */
const maturityLevel = 0.95
const dayMs = 86_400_000

type MaturingPod = Pick<Pod, 'name' | 'maturityDays'>

/**
 * Learns the delay of outcomes from a sample of decisions, open ones censored: leaving those out would call the slow
 * outcomes fast. Imported outcomes are left out, since they say when a file was read and not when a case was settled.
 */
export async function maturityRule(db: Db, tenant: string, pod: MaturingPod, now: Date): Promise<MaturityRule> {
  const kept = await keptRule(db, tenant, pod.name, now)
  if (kept !== null) return kept
  const rule = await learnRule(db, tenant, pod, now)
  await keepRule(db, tenant, pod.name, rule, now)
  return rule
}

/**
 * What was learned within the hour before this moment, from more than a handful of outcomes: also that they came too seldom
 * for a law, or every question would look at a thousand decisions again.
 */
async function keptRule(db: Db, tenant: string, pod: string, now: Date): Promise<MaturityRule | null> {
  const { rows } = await db.query<{ ms: number; method: MaturityRule['method']; n: number; labelled: number }>({
    name: 'maturity_kept',
    text: `select ms, method, n, labelled from maturities
      where tenant_id = $1 and pod = $2 and at <= $3 and at > $4 and labelled >= ${fewestLabelled}`,
    values: [tenant, pod, now, new Date(now.getTime() - hourMs)],
  })
  return rows[0] ?? null
}

async function keepRule(db: Db, tenant: string, pod: string, rule: MaturityRule, now: Date): Promise<void> {
  await db.query({
    name: 'maturity_keep',
    text: `insert into maturities (tenant_id, pod, at, ms, method, n, labelled) values ($1, $2, $3, $4, $5, $6, $7)
      on conflict (tenant_id, pod) do update set at = excluded.at, ms = excluded.ms, method = excluded.method,
        n = excluded.n, labelled = excluded.labelled`,
    values: [tenant, pod, now, rule.ms, rule.method, rule.n, rule.labelled],
  })
}

async function learnRule(db: Db, tenant: string, pod: MaturingPod, now: Date): Promise<MaturityRule> {
  const found = await sampledDelays(db, tenant, pod.name, now)
  const ages = Float64Array.from(found, row => Math.max(0, Number(row.labelled_at ?? now) - Number(row.decided_at)))
  const settled = Uint8Array.from(found, row => (row.labelled_at === null ? 0 : 1))
  const labelled = settled.reduce((sum, one) => sum + one, 0)
  const known = { n: found.length, labelled }
  const byDefault = { ms: pod.maturityDays * dayMs, method: 'pod_default', ...known } as const
  if (labelled < fewestLabelled) return byDefault
  const law = delayLaw(ages, settled)
  const found95 = law.ok ? maturityAge(law, maturityLevel) : law
  return found95.ok ? { ms: found95.age, method: 'delay_law', ...known } : byDefault
}

/** The age alone, in milliseconds. */
export async function maturityMs(db: Db, tenant: string, pod: MaturingPod, now: Date): Promise<number> {
  return (await maturityRule(db, tenant, pod, now)).ms
}

interface Delay {
  readonly decided_at: Date
  readonly labelled_at: Date | null
}

/** Read evenly over this time: the newest decisions alone would all be too young to have an outcome where many come in a day. */
const sampledDays = 90
const slots = 12

/** Decisions of every part of the sampled time, each with the outcome it has by now. */
async function sampledDelays(db: Db, tenant: string, pod: string, now: Date): Promise<readonly Delay[]> {
  const { rows } = await db.query<{ decided_at: Date; labelled_at: Date | null }>({
    name: 'maturity_delays',
    text: `with span as materialized (
        select d.recorded_at as start, ($3::timestamptz - d.recorded_at) / ${slots} as step from decisions d
        where d.tenant_id = $1 and d.pod = $2 and d.recorded_at > $4 and d.recorded_at <= $3
        order by d.recorded_at limit 1)
      select d.recorded_at as decided_at, case when o.label is null then null else o.recorded_at end as labelled_at
      from span, generate_series(0, ${slots - 1}) slot
      join lateral (
        select d.recorded_at, d.case_id from decisions d where d.tenant_id = $1 and d.pod = $2 and d.recorded_at <= $3
          and d.recorded_at >= span.start + span.step * slot
          and (d.recorded_at < span.start + span.step * (slot + 1) or slot = ${slots - 1})
        order by d.recorded_at limit ${delaySample / slots}) d on true
      left join lateral latest_outcome($1, $2, d.case_id, d.recorded_at) o on true
      where o.quality is distinct from 'imported'`,
    values: [tenant, pod, now, new Date(now.getTime() - sampledDays * dayMs)],
  })
  return rows
}

/** How many of the mature decisions of a model have a label that counts. */
export interface LabelledShare {
  readonly decisions: number
  readonly labelled: number
  /** 0..1; 1 where there is no decision. */
  readonly share: number
}

const mostDecisions = 100_000

/**
 * Counted over the newest `mostDecisions` decisions of the model after `since` that are mature; each is one look-up by key.
 * A label that was given in bulk does not count, as its row counts for no certificate.
 * @param of.from `of.below` only decisions at least, and less, probable than this; left out, all
 */
export async function labelledShare(
  db: Db,
  of: {
    readonly tenant: string
    readonly pod: string
    readonly digest: string
    readonly since: Date
    readonly now: Date
    readonly maturityMs: number
    readonly from?: number
    readonly below?: number
  },
): Promise<LabelledShare> {
  const { rows } = await db.query<{ decisions: number; labelled: number }>({
    name: 'labelled_share',
    text: `select count(*) as decisions, count(c.row_id) as labelled
      from (select case_id from decisions where tenant_id = $1 and pod = $2 and recorded_at > $4 and recorded_at <= $5
          and model_digest = $3 and probability >= $6 and probability < $7
        order by recorded_at desc limit ${mostDecisions}) d
      left join lateral (
        select c.row_id from calibration_rows c where ${isRowOf('$3', 'd.case_id')} and c.quality <> 'bulk'
        order by c.row_id limit 1) c on true`,
    values: [
      of.tenant,
      of.pod,
      of.digest,
      of.since,
      new Date(of.now.getTime() - of.maturityMs),
      of.from ?? 0,
      of.below ?? Infinity,
    ],
  })
  return toShare(rows[0]!)
}

const toShare = ({ decisions, labelled }: { decisions: number; labelled: number }): LabelledShare => {
  return { decisions, labelled, share: decisions === 0 ? 1 : labelled / decisions }
}

const sampledDecisions = 5000

/**
 * How many of the decisions of some period have a label that counts, whichever model made them: over the newest 5,000. A
 * model is judged on labelled cases alone, so that how many there were beside them is told by this.
 */
export async function labelledWithin(
  db: Db,
  of: { readonly tenant: string; readonly pod: string; readonly from: Date; readonly until: Date },
): Promise<LabelledShare> {
  const { rows } = await db.query<{ decisions: number; labelled: number }>({
    name: 'labelled_within',
    text: `select count(*) as decisions, count(o.label) filter (where o.quality <> 'bulk') as labelled
      from (select recorded_at, case_id from decisions
        where tenant_id = $1 and pod = $2 and recorded_at >= $3 and recorded_at <= $4
        order by recorded_at desc limit ${sampledDecisions}) d
      left join lateral latest_outcome($1, $2, d.case_id, d.recorded_at) o on true`,
    values: [of.tenant, of.pod, of.from, of.until],
  })
  return toShare(rows[0]!)
}
