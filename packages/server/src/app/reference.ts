import type { Entity, Pod, Reference } from '@surety/contract'
import type { Reader } from '../store/db.ts'
import type { EntityPiece } from '../store/entities.ts'
import { lastEntityChange } from '../store/entity-changes.ts'
import { readSnapshot } from '../store/reference.ts'

/** Reference data of one tenant and pod that the process holds in memory, over all time. */
export interface ReferenceSnapshot {
  /** The last change that it knows; 0: there was none. */
  readonly change: number
  /** As it was at a moment in milliseconds. */
  at(moment: number): Reference
}

/** By pod; what has not changed since it was read is not read again. Pods without reference data in memory are left out. */
export async function loadReference(
  db: Reader,
  tenant: string,
  pods: readonly Pod[],
  known: ReadonlyMap<string, ReferenceSnapshot> | null,
): Promise<ReadonlyMap<string, ReferenceSnapshot>> {
  const found = new Map<string, ReferenceSnapshot>()
  for (const { name, entities = [] } of pods) {
    const kinds = entities.filter(({ held }) => held === 'snapshot')
    if (kinds.length === 0) continue
    const before = known?.get(name)
    const { change } = await lastEntityChange(db, tenant, name)
    if (before?.change === change) found.set(name, before)
    else found.set(name, await read(db, tenant, name, kinds))
  }
  return found
}

async function read(db: Reader, tenant: string, pod: string, kinds: readonly Entity[]): Promise<ReferenceSnapshot> {
  const { change, pieces } = await readSnapshot(
    db,
    tenant,
    pod,
    'newest',
    kinds.map(({ name }) => name),
  )
  const byId = Map.groupBy(pieces, ({ kind, id }) => `${kind}\n${id}`)
  return { change, at: moment => referenceAt(byId, moment) }
}

const referenceAt = (byId: ReadonlyMap<string, readonly EntityPiece[]>, moment: number): Reference => ({
  get<Row>(entity: Entity<Row>, id: string): Row | null {
    const found = byId.get(`${entity.name}\n${id}`)?.find(piece => holds(piece, moment))
    return found === undefined ? null : (found.body as Row)
  },
  groupsOfCase: () => [],
})

const holds = ({ validFrom, validUntil }: EntityPiece, at: number): boolean =>
  validFrom.getTime() <= at && (validUntil === null || validUntil.getTime() > at)

/** Of a pod that holds none in memory. */
export const noReference: ReferenceSnapshot = { change: 0, at: moment => referenceAt(new Map(), moment) }
