import type { Context } from '../../runtime/context.ts'
import { changing } from './change.ts'
import { importFile } from './import.ts'
import { entityKinds } from './kinds.ts'
import { reading } from './read.ts'
import { type EntityService, entityRoutes } from './routes.ts'

/** Reference data that operators maintain, of the kinds that the served pods declare. */
export function openEntities(ctx: Pick<Context, 'db' | 'now' | 'audit' | 'redact' | 'pods'>) {
  const service: EntityService = {
    kinds: entityKinds(ctx.pods),
    read: reading(ctx),
    change: changing(ctx),
    importFile: (...given) => importFile(ctx, ...given),
  }
  return { service, routes: entityRoutes(service) }
}
