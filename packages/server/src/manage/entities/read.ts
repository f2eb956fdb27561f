import { isWithinTime, type JsonObject } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { foreignCursor, readCursor, writeCursor } from '../../request/cursor.ts'
import { instantOf } from '../../request/instants.ts'
import type { Context } from '../../runtime/context.ts'
import type { Reader } from '../../store/db.ts'
import { currentPieces, type EntityPiece, entitiesAt, entityAt, entityVersions } from '../../store/entities.ts'
import { entityChangeAt, lastEntityChange } from '../../store/entity-changes.ts'
import { exportFile } from './export.ts'
import type { EntityKind } from './kinds.ts'
import { shownFrom } from './moments.ts'
import { newestVersion, type Stretch } from './timeline.ts'
import { stretchOf } from './write.ts'

/** Which moment of the world, and of what was known of it. */
export interface Moments {
  readonly asOf: string | undefined
  readonly knownAt: string | undefined
}

export interface Paging {
  readonly limit: number
  readonly cursor: string | undefined
}

/** Above every version. */
const afterAll = 2_147_483_647

/** An entity as it is shown. */
export const shown = (
  id: string,
  { version, validFrom, validUntil }: Omit<Stretch, 'value' | 'madeIn' | 'ended'>,
  value: JsonObject,
) => ({
  id,
  version,
  effective_from: shownFrom(validFrom),
  effective_until: validUntil?.toISOString() ?? null,
  value,
})

const shownPiece = (piece: EntityPiece) => shown(piece.id, piece, piece.body)

/** What people read of reference data: now, as of a time, and as it was known at a time. */
export function reading({ db, now }: Pick<Context, 'db' | 'now'>) {
  const placeOf = (tenant: string, { pod, entity }: EntityKind) => ({ tenant, pod, kind: entity.name })
  const momentsOf = ({ asOf, knownAt }: Moments) => {
    const known = knownAt === undefined ? null : instantOf('known_at', knownAt)
    const at = asOf === undefined ? (known ?? now()) : instantOf('as_of', asOf)
    return { at, known }
  }
  const changeAt = async (reader: Reader, tenant: string, pod: string, known: Date | null): Promise<number> =>
    known === null ? (await lastEntityChange(reader, tenant, pod)).change : entityChangeAt(reader, tenant, pod, known)

  return {
    async list(tenant: string, kind: EntityKind, moments: Moments, { limit, cursor }: Paging) {
      const place = placeOf(tenant, kind)
      const list = `entities ${kind.pod} ${place.kind}`
      const begun = cursor === undefined ? null : readCursor(tenant, list, cursor, ['number', 'number', 'string'])
      const { at: asked, known } = momentsOf(moments)
      const [ms, since, after] = (begun ?? [asked.getTime(), -1, '']) as [number, number, string]
      const at = new Date(ms)
      if (!isWithinTime(at)) throw foreignCursor()
      const { change, rows } = await db.read([tenant], async reader => {
        const change = since < 0 ? await changeAt(reader, tenant, kind.pod, known) : since
        return { change, rows: await entitiesAt(reader, place, change, at, after, limit + 1) }
      })
      const page = rows.slice(0, limit)
      const next = rows.length > limit ? writeCursor(tenant, list, [ms, change, page.at(-1)!.id]) : null
      const { pod, kind: name } = place
      return { pod, kind: name, items: page.map(shownPiece), next, as_of: at.toISOString(), change }
    },

    async get(tenant: string, kind: EntityKind, id: string, moments: Moments) {
      const place = placeOf(tenant, kind)
      const { at, known } = momentsOf(moments)
      return db.read([tenant], async reader => {
        const change = await changeAt(reader, tenant, kind.pod, known)
        const piece = await entityAt(reader, place, id, change, at)
        if (piece === null) throw new Problem('entity_not_found')
        const latest_version = newestVersion((await currentPieces(reader, place, [id])).map(stretchOf))
        return { pod: place.pod, kind: place.kind, ...shownPiece(piece), latest_version, change }
      })
    },

    async history(tenant: string, kind: EntityKind, id: string, { limit, cursor }: Paging) {
      const place = placeOf(tenant, kind)
      const list = `entity ${kind.pod} ${place.kind} ${id}`
      const rows = await db.read([tenant], async reader => {
        if ((await currentPieces(reader, place, [id])).length === 0) throw new Problem('entity_not_found')
        const [before] = cursor === undefined ? [afterAll] : readCursor(tenant, list, cursor, ['number'])
        return entityVersions(reader, place, id, Number(before), limit + 1)
      })
      const page = rows.slice(0, limit)
      const items = page.map(({ ended, body, madeIn, recordedAt, actor, reason, ...row }) => {
        const { version, effective_from, effective_until, value } = shown(id, row, body)
        const recorded_at = recordedAt.toISOString()
        return { version, effective_from, effective_until, ended, value, change: madeIn, recorded_at, actor, reason }
      })
      const next = rows.length > limit ? writeCursor(tenant, list, [page.at(-1)!.version]) : null
      return { pod: place.pod, kind: place.kind, id, items, next }
    },

    async file(tenant: string, kind: EntityKind, moments: Moments): Promise<AsyncIterable<string>> {
      const { at, known } = momentsOf(moments)
      const change = await db.read([tenant], reader => changeAt(reader, tenant, kind.pod, known))
      return exportFile({ db }, tenant, kind, change, at)
    },
  }
}
