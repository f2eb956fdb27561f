import type { Json } from '@surety/contract'
import type { Batch } from './batch-rows.ts'
import type { Reader, Tx } from './db.ts'
import { forgetKeys, type KeyRow } from './event-keys.ts'
import { type HeldGroup, lockGroups, makeGroups, type WantedGroups } from './groups.ts'
import { admit, type LineConnection, noteUnfit } from './line-connection.ts'
import { keysStatement, type LeftState, recordStatement } from './record-batch.ts'
import { type FoundState, readState, type StateAsk } from './state-rows.ts'
import { isAftermath, isDeadlock, LocksHeld, meaningOfHeld } from './write-errors.ts'

/** What one batch holds and reads: known before anything is locked, from its events alone. */
export interface StatePlan<Asked> extends WantedGroups {
  /** One for each event, no id twice. */
  readonly keys: readonly KeyRow[]
  readonly state: readonly StateAsk[]
  /** What else is read once the groups are held; questions that leave at once travel with the others. */
  ask(db: Reader, held: WantedGroups): Promise<Asked>
}

/** By kind and bucket the rows of one group. */
export type GroupState = ReadonlyMap<string, ReadonlyMap<string, Json>>

/** All that was read under the locks. Nobody else changes it before the commit. */
export interface Recalled<Asked> {
  /** Ids of the events that are new; the others were recorded before and leave the batch. */
  readonly fresh: ReadonlySet<string>
  /** By id, all that are held: those that events name and those that they point to. */
  readonly groups: ReadonlyMap<string, HeldGroup>
  /** By id of the group; what is not here has no row. */
  readonly state: ReadonlyMap<string, GroupState>
  /** The state of the autonomy of the tenant and pod: it stays until the commit. */
  readonly epoch: number
  readonly asked: Asked
}

export interface HeldWrites<Done> extends LeftState {
  /** Only of events that are fresh; its `epochs` are empty, because the epoch is held. */
  readonly batch: Batch
  /** Ids of fresh events that are refused: as if they had never come. */
  readonly refused: readonly string[]
  readonly done: Done
}

/** What becomes of the batch. It waits for nothing, because others wait for its locks. `again`: nothing is to be done. */
export type Compute<Asked, Done> = (recalled: Recalled<Asked>) => HeldWrites<Done> | 'again'

/** Whoever waits longer for a lock lets everybody by, and asks for less. */
export const lockSettings = ['lock_timeout=1000']
export const mostNamedGroups = 256
const mostTries = 4
/** Ids of groups that a process remembers as being there. */
const mostKnown = 200_000

/** How many of the waiting events, from the first, may be one batch: by the ids of the groups that each of them names. */
export function fitting(waiting: readonly (readonly string[])[]): number {
  const named = new Set<string>()
  const place = waiting.findIndex((groups, index) => {
    for (const group of groups) named.add(group)
    return index > 0 && named.size > mostNamedGroups
  })
  return place === -1 ? waiting.length : place
}

interface Held {
  readonly connection: LineConnection
  /** Groups that are there, as this process knows: `tenant\npod\nid`. */
  readonly known: Set<string>
  wrote(batch: Batch): void
}

/** A group was not there when it was to be locked, though this process had known it. */
class Missing extends Error {}

/**
 * One transaction in two round trips. Groups that are missing are made before it. (1) The keys of the events are written, in
 * order; the groups are locked, rank by rank; the epoch is locked and read; then, in statements of their own, the state and
 * what else is asked for are read. `compute` says what follows. (2) One statement writes it, and the commit.
 *
 * A fold is lost where rows that do not exist yet are locked, or where one statement locks and reads: it does not see what was
 * committed while it waited.
 * @returns what `compute` gave; `again`: it said so, and nothing was written
 * @throws LocksHeld, NotTaken, WriteClash, NoRoom, or the driver's error; nothing was written, but for a commit whose answer was lost
 */
export async function writeHeld<Asked, Done>(
  held: Held,
  plan: StatePlan<Asked>,
  compute: Compute<Asked, Done>,
): Promise<Done | 'again'> {
  if (plan.named.length > mostNamedGroups) throw new RangeError(`a batch names at most ${mostNamedGroups} groups`)
  for (let tries = 1; ; tries++) {
    try {
      return await tryOnce(held, plan, compute)
    } catch (error) {
      held.connection.tenants = ''
      noteUnfit(held.connection, error)
      await held.connection.client.query('rollback').catch(() => {
        held.connection.broken = true
      })
      if (error instanceof Missing) held.known.clear()
      else if (!isDeadlock(error)) throw meaningOfHeld(error)
      if (tries === mostTries) throw new LocksHeld('others hold what this batch has to hold', { cause: error })
    }
  }
}

async function tryOnce<Asked, Done>(
  { connection, known, wrote }: Held,
  plan: StatePlan<Asked>,
  compute: Compute<Asked, Done>,
): Promise<Done | 'again'> {
  const db = connection.client as unknown as Tx
  const recalled = await recall(connection, known, plan)
  const writes = compute(recalled)
  if (writes === 'again') {
    await db.query('rollback')
    return 'again'
  }
  checkHeld(writes, recalled)
  const { batch, refused, done } = writes
  if (batch.keys.length + refused.length === 0) {
    await db.query('rollback')
    return done
  }
  const back = new Set(refused)
  const statement = batch.keys.length === 0 ? null : recordStatement(batch, connection.chain, writes)
  wrote(batch)
  await allOf([
    forgetKeys(
      db,
      plan.tenant,
      plan.keys.filter(key => back.has(key.eventId)),
    ),
    statement === null ? null : db.query(statement),
    // Where one of them failed it takes nothing over.
    db.query('commit'),
  ])
  return done
}

/** The first round trip: nothing waits for an answer before all has been asked. */
async function recall<Asked>(
  connection: LineConnection,
  known: Set<string>,
  plan: StatePlan<Asked>,
): Promise<Recalled<Asked>> {
  const { tenant, pod, named } = plan
  const db = connection.client as unknown as Tx
  const idOf = (group: string): string => `${tenant}\n${pod}\n${group}`
  const missing = named.filter(group => !known.has(idOf(group)))
  const keys = keysStatement(plan.keys)
  const [, , , fresh, locked, epoch, found, asked] = await allOf([
    admit(connection, tenant),
    missing.length === 0 ? null : makeGroups(db, tenant, pod, missing),
    db.query('begin isolation level read committed'),
    db.query<{ event_id: string }>(keys),
    allOf(lockGroups(db, plan)),
    heldEpoch(db, tenant, pod),
    readState(db, plan, plan.state),
    (async () => plan.ask(db, plan))(),
  ])
  const groups = new Map(locked.flat().map(group => [group.id, group]))
  if (named.some(group => !groups.has(group))) throw new Missing('a group is not there any more')
  if (known.size > mostKnown) known.clear()
  for (const group of missing) known.add(idOf(group))
  return { fresh: new Set(fresh.rows.map(row => row.event_id)), groups, state: byGroup(found), epoch, asked }
}

/**
 * All answers, once nothing is under way any more. Where one failed, what failed after it in its transaction says nothing, though
 * it may be heard first.
 */
async function allOf<const T extends readonly unknown[]>(
  asked: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(asked)
  const failed = settled.filter(one => one.status === 'rejected').map(one => one.reason as unknown)
  if (failed.length > 0) throw failed.find(error => !isAftermath(error)) ?? failed[0]
  return settled.map(one => (one as PromiseFulfilledResult<unknown>).value) as {
    -readonly [K in keyof T]: Awaited<T[K]>
  }
}

async function heldEpoch(db: Reader, tenant: string, pod: string): Promise<number> {
  const { rows } = await db.query<{ epoch: number }>({
    name: 'held_epoch',
    text: 'select held_epoch($1, $2) as epoch',
    values: [tenant, pod],
  })
  return rows[0]!.epoch
}

function byGroup(found: readonly FoundState[]): ReadonlyMap<string, GroupState> {
  const groups = new Map<string, Map<string, Map<string, Json>>>()
  for (const { group, kind, bucket, value } of found) {
    const kinds = groups.get(group) ?? new Map<string, Map<string, Json>>()
    groups.set(group, kinds)
    const buckets = kinds.get(kind) ?? new Map<string, Json>()
    kinds.set(kind, buckets)
    buckets.set(bucket, value)
  }
  return groups
}

/** What is not held may be changed by others meanwhile; what changed without its version would look unchanged to whoever replays. */
function checkHeld({ groups, rows, batch, refused }: HeldWrites<unknown>, recalled: Recalled<unknown>): void {
  const changed = new Set<string>()
  for (const { id, version } of groups) {
    const before = recalled.groups.get(id)
    if (before === undefined || version <= before.version)
      throw new Error(`${id} is not held, or its version stands still`)
    changed.add(id)
  }
  const unchanged = rows.find(({ group }) => !changed.has(group))
  if (unchanged !== undefined) throw new Error(`${unchanged.group} has a new row and the old version`)
  const stale = [...batch.keys.map(key => key.eventId), ...refused].find(id => !recalled.fresh.has(id))
  if (stale !== undefined) throw new Error(`the event ${stale} was there before`)
}
