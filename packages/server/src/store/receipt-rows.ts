import type { Reader, Tx } from './db.ts'
import { erasureSeal } from './erasure.ts'
import { predictionsDigest, predictionsOfTime, shownPrediction } from './predictions.ts'
import { decisionColumns, decisionDigest, outcomeDigest, type RecordRow, selectedOutcome } from './receipt-record.ts'
import { bytes, insertRow, int8, type RowOf, table, text, time, uuid } from './table.ts'

export const receiptChains = table('receipt_chains', {
  tenant: text('tenant_id'),
  chainId: uuid('chain_id'),
  length: int8('length'),
  hash: bytes('hash'),
  startedAt: time('started_at'),
})
export type ChainRow = RowOf<typeof receiptChains>

export const receiptLinks = table('receipt_links', {
  chainId: uuid('chain_id'),
  seq: int8('seq'),
  recordedAt: time('recorded_at'),
  previous: bytes('previous'),
  /** 32 bytes for each record. */
  digests: bytes('digests'),
  hash: bytes('hash'),
})
export type LinkRow = RowOf<typeof receiptLinks>

/** A signed state of a chain: how long it was, and the hash of its last link then. */
export const receiptHeads = table('receipt_heads', {
  tenant: text('tenant_id'),
  chainId: uuid('chain_id'),
  length: int8('length'),
  hash: bytes('hash'),
  signedAt: time('signed_at'),
  keyId: text('key_id'),
  /** The 32 raw bytes. */
  publicKey: bytes('public_key'),
  signature: bytes('signature'),
})
export type HeadRow = RowOf<typeof receiptHeads>

const chainColumns = receiptChains.columns('c')
const linkColumns = receiptLinks.columns('l')
const headColumns = receiptHeads.columns('h')

/** Chains that have grown since their newest signed head; `chainIds` limits them. */
export async function unsignedChains(
  db: Reader,
  tenant: string,
  chainIds: readonly string[] | null,
): Promise<readonly ChainRow[]> {
  const { rows } = await db.query<ChainRow>(
    `select ${chainColumns} from receipt_chains c where c.tenant_id = $1 and ($2::uuid[] is null or c.chain_id = any ($2))
       and not exists (select from receipt_heads h where h.tenant_id = $1 and h.chain_id = c.chain_id and h.length = c.length)
     order by c.chain_id`,
    [tenant, chainIds],
  )
  return rows
}

/** Two processes may sign the same state of a chain of a third: the first one stays. */
export const saveHead = async (db: Tx, head: HeadRow): Promise<void> =>
  void (await insertRow(db, receiptHeads, head, 'on conflict do nothing'))

export async function chainsOf(db: Reader, tenant: string): Promise<readonly ChainRow[]> {
  const { rows } = await db.query<ChainRow>(
    `select ${chainColumns} from receipt_chains c where c.tenant_id = $1 order by c.started_at, c.chain_id`,
    [tenant],
  )
  return rows
}

/** Those that began last, the newest first. */
export async function newestChains(db: Reader, tenant: string, limit: number): Promise<readonly ChainRow[]> {
  const { rows } = await db.query<ChainRow>(
    `select ${chainColumns} from receipt_chains c where c.tenant_id = $1 order by c.started_at desc, c.chain_id limit $2`,
    [tenant, limit],
  )
  return rows
}

export async function linksAfter(
  db: Reader,
  tenant: string,
  chainId: string,
  seq: number,
  limit: number,
): Promise<readonly LinkRow[]> {
  const { rows } = await db.query<LinkRow>(
    `select ${linkColumns} from receipt_links l where l.tenant_id = $1 and l.chain_id = $2 and l.seq > $3
     order by l.seq limit $4`,
    [tenant, chainId, seq, limit],
  )
  return rows
}

/** Signed heads of a chain with `from <= length <= to`, shortest first. */
export async function headsBetween(
  db: Reader,
  tenant: string,
  chainId: string,
  from: number,
  to: number,
  limit: number | null = null,
): Promise<readonly HeadRow[]> {
  const { rows } = await db.query<HeadRow>(
    `select ${headColumns} from receipt_heads h where h.tenant_id = $1 and h.chain_id = $2 and h.length between $3 and $4
     order by h.length limit $5`,
    [tenant, chainId, from, to, limit],
  )
  return rows
}

export async function newestHeads(db: Reader, tenant: string): Promise<readonly HeadRow[]> {
  const { rows } = await db.query<HeadRow>(
    `select distinct on (h.chain_id) ${headColumns} from receipt_heads h where h.tenant_id = $1
     order by h.chain_id, h.length desc`,
    [tenant],
  )
  return rows
}

/** Links and heads that belong to no chain, which only somebody's hand brings about. */
export async function orphans(db: Reader, tenant: string): Promise<readonly string[]> {
  const { rows } = await db.query<{ chainId: string }>(
    `select distinct l.chain_id as "chainId" from (
       select chain_id from receipt_links where tenant_id = $1 union select chain_id from receipt_heads where tenant_id = $1) l
     where not exists (select from receipt_chains c where c.tenant_id = $1 and c.chain_id = l.chain_id) order by 1 limit 100`,
    [tenant],
  )
  return rows.map(row => row.chainId)
}

/** The first link from that time on that holds the digest. */
export async function linkWith(db: Reader, tenant: string, from: Date, digest: Buffer): Promise<LinkRow | null> {
  const { rows } = await db.query<LinkRow>(
    `select ${linkColumns} from receipt_links l where l.tenant_id = $1 and l.recorded_at >= $2 and position($3 in l.digests) > 0
     order by l.recorded_at limit 1`,
    [tenant, from, digest],
  )
  return rows[0] ?? null
}

export async function linksOfTime(db: Reader, tenant: string, from: Date, to: Date): Promise<readonly LinkRow[]> {
  const { rows } = await db.query<LinkRow>(
    `select ${linkColumns} from receipt_links l where l.tenant_id = $1 and l.recorded_at >= $2 and l.recorded_at < $3
     order by l.recorded_at, l.chain_id, l.seq`,
    [tenant, from, to],
  )
  return rows
}

type ErasableRow = RecordRow & { readonly erased_digest: Buffer | null }

/** One recorded row with the digest that its columns give now, or gave when it was written. */
export interface DigestedRow {
  readonly kind: 'decision' | 'outcome'
  readonly id: string
  readonly recordedAt: Date
  readonly digest: Buffer
  /** What others than the model that served said of it is not what was written. */
  readonly predictionsChanged: boolean
  /** What the audit log must hold of it, as it was erased; null: it was not. */
  readonly seal: string | null
}

/** Every decision and outcome of a stretch of time. */
export async function recordsOfTime(
  db: Reader,
  tenant: string,
  pods: readonly string[],
  from: Date,
  to: Date,
): Promise<readonly DigestedRow[]> {
  const where = 'where tenant_id = $1 and pod = any ($2) and recorded_at >= $3 and recorded_at < $4'
  const values = [tenant, pods, from, to]
  const decisions = await db.query<ErasableRow>(
    `select ${decisionColumns}, erased_digest from decisions ${where}`,
    values,
  )
  const outcomes = await db.query<RecordRow>(`select ${selectedOutcome} from outcomes ${where}`, values)
  const said = await predictionsOfTime(db, tenant, pods, from, to)
  const changed = (row: RecordRow): boolean => {
    const [rows, named] = [said.get(String(row['decision_id'])), row['predictions_digest'] ?? null]
    return named === null ? rows !== undefined : predictionsDigest((rows ?? []).map(shownPrediction)) !== named
  }
  return [
    ...decisions.rows.map(row => ({
      kind: 'decision' as const,
      predictionsChanged: changed(row),
      id: String(row['decision_id']),
      recordedAt: row['recorded_at'] as Date,
      ...digestAsWritten(row),
    })),
    ...outcomes.rows.map(row => ({
      kind: 'outcome' as const,
      predictionsChanged: false,
      seal: null,
      id: String(row['event_id']),
      recordedAt: row['recorded_at'] as Date,
      digest: outcomeDigest(row),
    })),
  ]
}

/** Of one that was erased the digest that it had before, and what binds that to what is left of it. */
function digestAsWritten({ erased_digest: before, ...row }: ErasableRow): Pick<DigestedRow, 'digest' | 'seal'> {
  const digest = decisionDigest(row)
  return before === null
    ? { digest, seal: null }
    : { digest: before, seal: erasureSeal(String(row['decision_id']), before, digest) }
}

export interface Extent {
  readonly pods: readonly string[]
  readonly from: Date | null
  readonly to: Date | null
  /** Decisions and outcomes recorded before `since`. */
  readonly before: number
}

/** Which pods have records, and from when to when there are records or links, from `since` on. */
export async function extentOf(db: Reader, tenant: string, since: Date): Promise<Extent> {
  const { rows } = await db.query<{ pods: string[] | null; from: Date | null; to: Date | null; before: number }>(
    `with found as (
       select pod, count(*) filter (where recorded_at < $2) as before, min(recorded_at) filter (where recorded_at >= $2) as first,
         max(recorded_at) as last from decisions where tenant_id = $1 group by pod
       union all
       select pod, count(*) filter (where recorded_at < $2), min(recorded_at) filter (where recorded_at >= $2), max(recorded_at)
         from outcomes where tenant_id = $1 group by pod
       union all
       select null, 0, min(recorded_at), max(recorded_at) from receipt_links where tenant_id = $1)
     select array_agg(distinct pod) filter (where pod is not null) as pods, min(first) as "from", max(last) as "to",
       coalesce(sum(before), 0)::int8 as before from found`,
    [tenant, since],
  )
  const row = rows[0]
  return { pods: row?.pods ?? [], from: row?.from ?? null, to: row?.to ?? null, before: row?.before ?? 0 }
}

/** The months, as `YYYY-MM`, for which a partitioned table has a partition. */
export async function monthsOf(db: Reader, table: string): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ month: string }>(
    `select replace(right(c.relname, 7), '_', '-') as month from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass`,
    [table],
  )
  return new Set(rows.map(row => row.month))
}

/** A decision as it is stored, found by its id and the millisecond that the id begins with; more than one is a fault. `erased` says whether only a part of it is left. */
export async function decisionRows(db: Reader, tenant: string, id: string, at: Date): Promise<readonly RecordRow[]> {
  const { rows } = await db.query<RecordRow>(
    `select ${decisionColumns}, erased_digest is not null as erased from decisions
     where tenant_id = $1 and recorded_at >= $2 and recorded_at < $3 and decision_id = $4`,
    [tenant, at, new Date(at.getTime() + 1), id],
  )
  return rows
}

/** What else is known of a decision, by its own tables' names. */
export async function aboutDecision(db: Reader, tenant: string, id: string, certificateId: string | null) {
  const certificate = await db.query<{ document: string }>(
    `select document from certificates where tenant_id = $1 and certificate_id = $2`,
    [tenant, certificateId],
  )
  const transitions = await db.query<{ at: Date; from_state: string; to_state: string; reason: string; actor: string }>(
    `select recorded_at as at, from_state, to_state, reason, actor from transitions
     where tenant_id = $1 and decision_id = $2 order by recorded_at`,
    [tenant, id],
  )
  const acts = await db.query<{ at: Date; action: string; state: string; automatic: boolean; reason: string | null }>(
    `select recorded_at as at, action, state, automatic, reason from acts where tenant_id = $1 and decision_id = $2
     order by recorded_at`,
    [tenant, id],
  )
  return {
    certificate: certificate.rows[0]?.document ?? null,
    transitions: transitions.rows,
    acts: acts.rows,
  }
}
