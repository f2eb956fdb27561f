import type { Reader, Tx } from '../../store/db.ts'
import { currentPieces, type EntityRecord, writePieces } from '../../store/entities.ts'
import {
  addEntityChange,
  type EntityChange,
  type EntityPlace,
  lastEntityChange,
  lockEntities,
  stillKnown,
} from '../../store/entity-changes.ts'
import { difference, type Stretch, type Timeline } from './timeline.ts'

/** What is to become of one entity; what it says of an unknown one begins with an empty timeline. */
export interface Edit {
  readonly id: string
  /** @param now never before a change that was made before, whatever the clocks of processes say */
  readonly apply: (timeline: Timeline, now: Date) => Timeline
}

export interface Edited {
  readonly id: string
  readonly before: Timeline
  readonly after: Timeline
}

export interface Written {
  /** null: nothing was changed, so there was no change. */
  readonly change: number | null
  /** The last change before. */
  readonly last: number
  /** What was now for the edits. */
  readonly at: Date
  readonly edited: readonly Edited[]
}

/** Read, compared and written at a time. */
const lot = 500

/**
 * Several edits as one change, each id at most once, inside the transaction; whoever else changes this tenant and pod waits.
 * @param tell what the change says of itself
 */
export async function writeEdits(
  db: Tx,
  place: EntityPlace,
  edits: readonly Edit[],
  tell: Pick<EntityChange, 'actor' | 'what' | 'reason'> & { readonly now: () => Date },
): Promise<Written> {
  await lockEntities(db, place.tenant, place.pod)
  const last = await lastEntityChange(db, place.tenant, place.pod)
  const change = last.change + 1
  const { now, ...said } = tell
  const at = notBefore(last.recordedAt, now())
  const edited: Edited[] = []
  let changed = 0
  for (let from = 0; from < edits.length; from += lot) {
    const some = await applyEdits(db, place, edits.slice(from, from + lot), at)
    const differences = some
      .filter(one => one.after !== one.before)
      .map(one => ({ ...one, ...difference(one.before, one.after) }))
    changed += differences.length
    edited.push(...some)
    await writePieces(
      db,
      place,
      change,
      differences.flatMap(({ id, closed }) => closed.map(({ validFrom }) => ({ id, validFrom }))),
      differences.flatMap(({ id, added }) => added.map(one => recordOf(place, id, one, change))),
    )
  }
  if (changed === 0) return { change: null, last: last.change, at, edited }
  // As late as can be: whoever decided before did not know it.
  await addEntityChange(db, { ...place, ...said, change, recordedAt: notBefore(at, now()), entities: changed })
  return { change, last: last.change, at, edited }
}

const notBefore = (last: Date | null, now: Date): Date => (last !== null && last > now ? last : now)

/** What the edits would do, as things are known now. */
export async function previewEdits(
  db: Reader,
  place: EntityPlace,
  edits: readonly Edit[],
  now: Date,
): Promise<readonly Edited[]> {
  const { recordedAt } = await lastEntityChange(db, place.tenant, place.pod)
  const edited: Edited[] = []
  for (let from = 0; from < edits.length; from += lot)
    edited.push(...(await applyEdits(db, place, edits.slice(from, from + lot), notBefore(recordedAt, now))))
  return edited
}

async function applyEdits(
  db: Reader,
  place: EntityPlace,
  edits: readonly Edit[],
  now: Date,
): Promise<readonly Edited[]> {
  const records = await currentPieces(
    db,
    place,
    edits.map(({ id }) => id),
  )
  const known = Map.groupBy(records, ({ id }) => id)
  return edits.map(({ id, apply }) => {
    const before = (known.get(id) ?? []).map(stretchOf)
    return { id, before, after: apply(before, now) }
  })
}

export const stretchOf = ({ validFrom, validUntil, version, madeIn, ended, ...record }: EntityRecord): Stretch => {
  const { body, key1, key2, key3, spanFrom, spanTo } = record
  return { validFrom, validUntil, version, madeIn, ended, value: { body, key1, key2, key3, spanFrom, spanTo } }
}

function recordOf(
  place: EntityPlace,
  id: string,
  { value, madeIn, ...stretch }: Stretch,
  change: number,
): EntityRecord {
  const { tenant, pod, kind } = place
  const known = { knownFrom: change, knownUntil: stillKnown, madeIn: madeIn ?? change }
  return { tenant, pod, kind, id, ...stretch, ...known, ...value }
}
