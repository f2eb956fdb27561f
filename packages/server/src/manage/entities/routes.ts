import type { Handlers, Principal } from '@surety/contract'
import type { changing } from './change.ts'
import type { ImportOptions, ImportReport } from './import.ts'
import type { EntityKind, EntityKinds } from './kinds.ts'
import { effectiveTime } from './moments.ts'
import type { reading } from './read.ts'

type Area =
  | 'listEntityKinds'
  | 'listEntities'
  | 'createEntity'
  | 'exportEntities'
  | 'importEntities'
  | 'getEntity'
  | 'replaceEntity'
  | 'endEntity'
  | 'entityHistory'

export interface EntityService {
  readonly kinds: EntityKinds
  readonly read: ReturnType<typeof reading>
  readonly change: ReturnType<typeof changing>
  importFile(
    actor: Principal,
    kind: EntityKind,
    text: string,
    options: ImportOptions,
    requestId: string,
  ): Promise<ImportReport>
}

const moments = ({ as_of, known_at }: { as_of?: string; known_at?: string }) => ({ asOf: as_of, knownAt: known_at })

/** Reference data of every pod: the kind of the path says which. */
export const entityRoutes = ({ kinds, read, change, importFile }: EntityService): Handlers<Area> => ({
  async listEntityKinds() {
    return { items: kinds.all.map(shownKind) }
  },

  async listEntities({ principal, params, query }) {
    const { pod, limit = 100, cursor } = query
    return await read.list(principal.tenant, kinds.find(params.kind, pod), moments(query), { limit, cursor })
  },

  async createEntity({ principal, params, query, body, requestId }) {
    const said = { value: body.value, effectiveFrom: body.effective_from, reason: body.reason }
    return await change.create(principal, kinds.find(params.kind, query.pod), said, requestId)
  },

  async exportEntities({ principal, params, query }) {
    const kind = kinds.find(params.kind, query.pod)
    const body = await read.file(principal.tenant, kind, moments(query))
    return { body, headers: { 'content-disposition': `attachment; filename="${kind.entity.name}.csv"` } }
  },

  async importEntities({ principal, params, query, body, requestId }) {
    const { pod, dry_run = false, partial = false, effective_from } = query
    const kind = kinds.find(params.kind, pod)
    const effectiveFrom = effective_from === undefined ? null : effectiveTime('effective_from', effective_from)
    const report = await importFile(principal, kind, body, { dryRun: dry_run, partial, effectiveFrom }, requestId)
    const { moreErrors, ...counts } = report
    return { pod: kind.pod, kind: kind.entity.name, dry_run, ...counts, more_errors: moreErrors }
  },

  async getEntity({ principal, params, query }) {
    return await read.get(principal.tenant, kinds.find(params.kind, query.pod), params.id, moments(query))
  },

  async replaceEntity({ principal, params, query, body, requestId }) {
    const { value, version, effective_from, reason } = body
    const said = { value, version, effectiveFrom: effective_from, reason }
    return await change.replace(principal, kinds.find(params.kind, query.pod), params.id, said, requestId)
  },

  async endEntity({ principal, params, query, requestId }) {
    const { pod, reason, version, effective_from } = query
    const said = { reason, version, effectiveFrom: effective_from }
    return await change.end(principal, kinds.find(params.kind, pod), params.id, said, requestId)
  },

  async entityHistory({ principal, params, query }) {
    const { pod, limit = 100, cursor } = query
    return await read.history(principal.tenant, kinds.find(params.kind, pod), params.id, { limit, cursor })
  },
})

const shownKind = ({ pod, entity, columns }: EntityKind) => ({
  pod,
  kind: entity.name,
  id: entity.id,
  columns: columns.map(({ name, wanted, empty }) => ({ name, wanted, required: empty === 'refused' })),
  looked_up_by: entity.keys.map(({ group }) => group),
})
