import { placeOf, type Question } from '@surety/contract'
import { readActing } from '../../../store/acting-versions.ts'
import type { Database } from '../../../store/db.ts'
import { loadAutonomy } from '../load-autonomy.ts'
import { refreshAutonomy } from '../refresh.ts'
import { autonomyDeps, day, goodRows } from './evidence.ts'
import { recordWorld } from './record-world.ts'

/** The moment of a look that says no other: all that was settled since day 0 is mature. */
export const now = day(60)

/** Tenants of one question that have evidence, looks at it, and what holds after them. */
export function openCertifying(db: Database, question: Question) {
  const deps = autonomyDeps(db)
  const world = recordWorld(db, question)

  /** One look at the evidence, and what it issued by action. */
  async function look(tenant: string, at = now, of: Question = question, parts = deps) {
    const { certified } = await refreshAutonomy(parts, tenant, of, at)
    return new Map(certified.map(one => [one.action, one]))
  }
  return {
    deps,
    world,
    look,
    async issued(tenant: string, at = now, of: Question = question) {
      const looked = await look(tenant, at, of)
      return [...looked.values()].flatMap(({ action, certificate }) => (certificate === null ? [] : [action]))
    },
    load: (tenant: string, moment = now, of: Question = question) =>
      db.transaction([tenant], handle => loadAutonomy(handle, tenant, of, moment)),
    actingIn: (tenant: string) => db.read([tenant], reader => readActing(reader, tenant, placeOf(question))),
    /** A version with cuts, records since day 0, and what it decided since. */
    async settled(tenant: string, rows = goodRows(800)) {
      await world.promote(tenant)
      await world.begin(tenant)
      await world.settle(tenant, rows)
    },
  }
}
