import type { JsonObject, Principal } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import { currentPieces } from '../../store/entities.ts'
import type { EntityChange } from '../../store/entity-changes.ts'
import type { EntityKind } from './kinds.ts'
import { effectiveTime, shownFrom } from './moments.ts'
import { shown } from './read.ts'
import { readRow } from './read-row.ts'
import { always, newestVersion, stretchAt, type Timeline, withEnd, withValue } from './timeline.ts'
import { writeEdits } from './write.ts'

/** What is said of one entity from a time on. */
export interface Said {
  readonly value: unknown
  /** ISO 8601 or `always`; undefined: now, and always for an id that was never there. */
  readonly effectiveFrom: string | undefined
  readonly reason: string | undefined
}

interface Doing extends Pick<EntityChange, 'what'> {
  readonly actor: Principal
  readonly kind: EntityKind
  readonly id: string
  readonly reason: string | undefined
  readonly requestId: string
  apply(timeline: Timeline, now: Date): Timeline
}

/** Changes of one entity, each with its entry in the audit log. */
export function changing(deps: Pick<Context, 'db' | 'now' | 'audit' | 'redact'>) {
  async function commit({ actor, kind, id, what, reason, requestId, apply }: Doing) {
    const { tenant } = actor
    const by = `key:${actor.keyId}`
    // What somebody wrote is kept for ever: without what is personal in it.
    const clean = reason === undefined ? null : await deps.redact(tenant, reason)
    return deps.db.transaction([tenant], async tx => {
      const place = { tenant, pod: kind.pod, kind: kind.entity.name }
      const { change, last, at, edited } = await writeEdits(tx, place, [{ id, apply }], {
        now: deps.now,
        actor: by,
        what,
        reason: clean,
      })
      const { before, after } = edited[0]!
      if (change !== null)
        await deps.audit(tx, {
          tenant,
          at,
          actor: by,
          action: `entity.${what}`,
          ...(reason === undefined ? {} : { reason }),
          before: bodiesOf(before),
          after: bodiesOf(after),
          requestId,
          // By the change the entity is found; its id may be personal.
          detail: { pod: kind.pod, kind: kind.entity.name, change, version: newestVersion(after) },
        })
      return { before, after, change: change ?? last, changed: change !== null, at }
    })
  }

  async function put(
    doing: Omit<Doing, 'apply' | 'id' | 'reason'>,
    said: Said,
    id: string | null,
    check: (timeline: Timeline, from: Date) => void,
  ) {
    // What is not there is not there, whatever else is wrong with it.
    if (id !== null) await mustBeKnown(doing.actor.tenant, doing.kind, id)
    const row = readValue(doing.kind, said.value)
    if (id !== null && row.id !== id) throw wrongId(doing.kind, id)
    const given = said.effectiveFrom === undefined ? null : effectiveTime('effective_from', said.effectiveFrom)
    const from = (timeline: Timeline, now: Date) => given ?? (timeline.length === 0 ? always : now)
    const { before, after, change, changed, at } = await commit({
      ...doing,
      id: row.id,
      reason: said.reason,
      apply(timeline, now) {
        check(timeline, from(timeline, now))
        return withValue(timeline, from(timeline, now), row.value)
      },
    })
    const stretch = stretchAt(after, from(before, at))!
    const entity = shown(row.id, stretch, stretch.value.body)
    const {
      pod,
      entity: { name },
    } = doing.kind
    return { pod, kind: name, ...entity, latest_version: newestVersion(after), change, changed, ignored: row.ignored }
  }

  async function mustBeKnown(tenant: string, { pod, entity }: EntityKind, id: string): Promise<void> {
    const place = { tenant, pod, kind: entity.name }
    const known = await deps.db.read([tenant], reader => currentPieces(reader, place, [id]))
    if (known.length === 0) throw new Problem('entity_not_found')
  }

  return {
    create: (actor: Principal, kind: EntityKind, said: Said, requestId: string) =>
      put({ actor, kind, what: 'created', requestId }, said, null, (timeline, from) => {
        const there = timeline.some(one => !one.ended && (one.validUntil === null || one.validUntil > from))
        if (there) throw new Problem('entity_exists')
      }),

    replace: (
      actor: Principal,
      kind: EntityKind,
      id: string,
      said: Said & { readonly version: number },
      requestId: string,
    ) => put({ actor, kind, what: 'replaced', requestId }, said, id, timeline => checkVersion(timeline, said.version)),

    async end(
      actor: Principal,
      kind: EntityKind,
      id: string,
      {
        version,
        effectiveFrom,
        reason,
      }: { version: number | undefined; effectiveFrom: string | undefined; reason: string },
      requestId: string,
    ) {
      const given = effectiveFrom === undefined ? null : effectiveTime('effective_from', effectiveFrom)
      const { after, changed } = await commit({
        actor,
        kind,
        id,
        what: 'ended',
        reason,
        requestId,
        apply(timeline, now) {
          checkVersion(timeline, version)
          return withEnd(timeline, given ?? now)
        },
      })
      const { validFrom } = after.at(-1)!
      const {
        pod,
        entity: { name },
      } = kind
      return { pod, kind: name, id, ended_from: shownFrom(validFrom), latest_version: newestVersion(after), changed }
    },
  }
}

/** @throws Problem `entity_not_found`, `entity_changed` */
function checkVersion(timeline: Timeline, version: number | undefined): void {
  const newest = newestVersion(timeline)
  if (newest === 0) throw new Problem('entity_not_found')
  if (version !== undefined && version !== newest)
    throw new Problem(
      'entity_changed',
      `Somebody changed it since you read it: it is at version ${newest}, you sent ${version}.`,
    )
}

function readValue(kind: EntityKind, value: unknown) {
  const row = readRow(kind, value)
  if (row.ok) return row
  const errors = row.errors.map(error => ({ ...error, path: error.path === '' ? 'value' : `value.${error.path}` }))
  throw new Problem('validation_failed', undefined, { errors })
}

function wrongId({ entity }: EntityKind, id: string): Problem {
  const path = `value.${entity.id[0]}`
  const message = `names another entity than the path: ${entity.id.join(', ')} make the id ${id}`
  return new Problem('validation_failed', undefined, { errors: [{ path, code: 'id', message }] })
}

const bodiesOf = (timeline: Timeline): readonly JsonObject[] =>
  timeline.map(({ validFrom, ended, version, value }) => ({
    from: validFrom.toISOString(),
    ended,
    version,
    body: value.body,
  }))
