import { createHash } from 'node:crypto'

/**
 * A chain of receipts: one link per committed batch of one tenant on one writing connection. Only that connection adds
 * to it, so nobody waits for anybody. `docs/receipts.md` states the layout for whoever verifies without this code.
 */
export interface Link {
  readonly seq: number
  readonly recordedAt: Date
  /** SHA-256 of the digests of its records, one after the other. */
  readonly records: Buffer
}

const sha256 = (...parts: readonly (Buffer | string)[]): Buffer => {
  const state = createHash('sha256')
  for (const part of parts) state.update(part)
  return state.digest()
}

/** What the first link follows: it binds the chain to its tenant and id. */
export const chainStart = (tenant: string, chainId: string): Buffer => sha256(`surety.chain/1\n${tenant}\n${chainId}`)

export const recordsHash = (digests: Buffer): Buffer => sha256(digests)

/** Hash of a link: SHA-256 of previous (32 bytes), seq and time in ms (8 bytes each, big-endian), records (32 bytes). */
export function linkHash(previous: Buffer, { seq, recordedAt, records }: Link): Buffer {
  const numbers = Buffer.alloc(16)
  numbers.writeBigInt64BE(BigInt(seq), 0)
  numbers.writeBigInt64BE(BigInt(recordedAt.getTime()), 8)
  return sha256(previous, numbers, records)
}

/**
 * The same in SQL, as parts of the statement that writes the batch, over what was fresh of it: the digests of each key, one
 * after the other, in the order of the keys. `chain` is the parameter with the id of the chain, `admitted` what
 * else holds of a key `k` whose records were written. The state before is read by its own connection alone, so the snapshot is never too old.
 */
export const linkParts = (chain: string, admitted: string): string => `tallied as (
  select k.tenant_id, min(k.recorded_at) as started_at, max(k.recorded_at) as recorded_at,
    string_agg(k.digests, ''::bytea order by k.place) as digests
  from given_keys k join fresh using (tenant_id, event_id) where k.digests is not null and ${admitted} group by k.tenant_id
), placed as (
  select t.*, coalesce(c.length, 0) + 1 as seq,
    coalesce(c.hash, sha256(convert_to('surety.chain/1' || chr(10) || t.tenant_id || chr(10) || ${chain}::text, 'UTF8'))) as previous
  from tallied t left join lateral (
    select c.length, c.hash from receipt_chains c where c.tenant_id = t.tenant_id and c.chain_id = ${chain}::uuid
  ) c on true
), linked as materialized (
  select p.*, sha256(p.previous || int8send(p.seq) || int8send((extract(epoch from p.recorded_at) * 1000)::bigint)
    || sha256(p.digests)) as hash from placed p
), in_links as (
  insert into receipt_links (tenant_id, chain_id, seq, recorded_at, previous, digests, hash)
  select tenant_id, ${chain}::uuid, seq, recorded_at, previous, digests, hash from linked
), in_chains as (
  insert into receipt_chains (tenant_id, chain_id, length, hash, started_at)
  select tenant_id, ${chain}::uuid, seq, hash, started_at from linked
  on conflict (tenant_id, chain_id) do update set length = excluded.length, hash = excluded.hash
)`
