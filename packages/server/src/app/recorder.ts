import type { FeatureSpec } from '@surety/contract'
import { type BatchDeps, keyOf } from '../pipeline/record/batch.ts'
import { CapReached, CaseIdClash, Overtaken, type Recorder, type SchemaUsed } from '../pipeline/record/recorder.ts'
import type { Manner } from '../runtime/manner.ts'
import type { Batch } from '../store/batch-rows.ts'
import { groupsOfCases } from '../store/cases.ts'
import type { Database } from '../store/db.ts'
import { findDecisionsOf } from '../store/decisions.ts'
import { findingsOf } from '../store/evaluations.ts'
import { findKeys, findOpenings } from '../store/event-keys.ts'
import { saveSchema } from '../store/feature-schemas.ts'
import { makeMonths, partitionKeeper } from '../store/partitions.ts'
import { findRecentKeys, type RecentKeyRow, recentDayKeeper, writeRecentDay } from '../store/recent-event-keys.ts'
import { type DataKeys, sealContact } from '../store/seal.ts'
import { MovedOn, NoRoom, WriteClash } from '../store/write-errors.ts'
import type { Writer } from '../store/writer.ts'
import type { Active } from './active.ts'

export interface RecorderOptions {
  readonly db: Database
  readonly writer: Writer
  readonly dataKeys: DataKeys
  readonly monotonicMs: () => number
  readonly manner: () => Manner
  readonly caps: Pick<Active, 'writing' | 'recount'>
  readonly outcomeLimits: BatchDeps['outcomeLimits']
  /** The names behind a schema hash that is about to be written for the first time by this process. */
  specsOf(hash: string): readonly FeatureSpec[] | undefined
}

/** Binds the stage `record` to the store: partitions and feature schemas exist before the batch that needs them. */
export function createRecorder(deps: RecorderOptions): Recorder {
  const keeper = partitionKeeper((from, to) => makeMonths(deps.db, from, to))
  const days = recentDayKeeper(at => writeRecentDay(deps.db, at))
  const savedSchemas = new Set<string>()

  /** Partitions for these keys are there. */
  const makeRoom = async (keys: Batch['keys']): Promise<void> => {
    const times = keys.map(key => key.recordedAt.getTime())
    const making = keeper.cover(new Date(Math.min(...times)), new Date(Math.max(...times)))
    if (making !== null) await making
    const writing = keys.some(key => key.ends) ? days.cover(new Date(Math.max(...times))) : null
    if (writing !== null) await writing
  }
  const saveSchemas = async (used: readonly SchemaUsed[]): Promise<void> => {
    let saved: SchemaUsed | null = null
    for (const one of used) {
      const { tenant, pod, schemaHash: hash, recordedAt: at } = one
      // Nearly always that of the row before.
      if (saved?.schemaHash === hash && saved.tenant === tenant && saved.pod === pod) continue
      saved = one
      const key = `${tenant}\n${pod}\n${hash}`
      if (savedSchemas.has(key)) continue
      const specs = deps.specsOf(hash)
      if (specs === undefined) throw new Error('a decision names a feature schema that nobody knows')
      await deps.db.transaction([tenant], db => saveSchema(db, { tenant, pod, hash, specs, at }))
      savedSchemas.add(key)
    }
  }
  const meaningOf = async (error: unknown, places: Batch['places']): Promise<unknown> => {
    if (error instanceof NoRoom) {
      await deps.caps.recount(places)
      return new CapReached(error.message)
    }
    if (error instanceof WriteClash) return new CaseIdClash()
    return error instanceof MovedOn ? new Overtaken(error.message) : error
  }

  return {
    async write(batch) {
      await makeRoom(batch.keys)
      await saveSchemas(batch.decisions)
      const written = deps.caps.writing(batch.places)
      try {
        const refused = await deps.writer.write(batch)
        written(refused)
        return refused
      } catch (error) {
        throw await meaningOf(error, batch.places)
      }
    },
    async writeHeld(plan, schemas, compute) {
      await makeRoom(plan.keys)
      await saveSchemas(schemas)
      let places: Batch['places'] = []
      const taken: ReturnType<typeof deps.caps.writing>[] = []
      try {
        const done = await deps.writer.writeHeld(plan, recalled => {
          const writes = compute(recalled)
          if (writes !== 'again') {
            places = writes.batch.places
            taken.push(deps.caps.writing(places))
          }
          return writes
        })
        if (done !== 'again') taken.at(-1)?.(new Set())
        return done
      } catch (error) {
        throw await meaningOf(error, places)
      }
    },
    async openings(cases) {
      if (cases.length === 0) return new Map()
      const tenants = cases.map(one => one.tenant)
      const caseIds = cases.map(one => one.caseId)
      const found = await deps.db.transaction([...new Set(tenants)], db => findOpenings(db, tenants, caseIds))
      return new Map(found.map(one => [keyOf(one.tenant, one.caseId), one.eventId]))
    },
    async first(keys) {
      if (keys.length === 0) return new Map()
      const [ending, others] = [keys.filter(key => key.ends), keys.filter(key => !key.ends)]
      const known = await deps.db.transaction(tenantsOf(keys), async db => [
        ...(others.length === 0 ? [] : await findKeys(db, ...columnsOf(others))),
        ...(ending.length === 0 ? [] : await findRecentKeys(db, ...columnsOf(ending))).map(asFirst),
      ])
      return new Map(known.map(first => [keyOf(first.tenant, first.eventId), first]))
    },
    groupsOfCases: (tenant, pod, caseIds) => deps.db.read([tenant], db => groupsOfCases(db, tenant, pod, caseIds)),
    findings: events => deps.db.read(tenantsOf(events), db => findingsOf(db, events)),
    decisions: events => deps.db.read(tenantsOf(events), db => findDecisionsOf(db, events)),
    seal: item =>
      item.event.contact === undefined || item.caseId === null
        ? null
        : sealContact(deps.dataKeys, item.raw.tenant, item.caseId, item.event.contact),
    outcomeLimits: deps.outcomeLimits,
    monotonicMs: deps.monotonicMs,
    manner: deps.manner,
  }
}

const tenantsOf = (all: readonly { readonly tenant: string }[]) => [...new Set(all.map(({ tenant }) => tenant))]

const columnsOf = (keys: readonly { tenant: string; eventId: string }[]) =>
  [keys.map(key => key.tenant), keys.map(key => key.eventId)] as const

const asFirst = (row: RecentKeyRow) => ({ ...row, kind: null, caseId: null, decisionId: null })
