import type { Context } from '../../runtime/context.ts'
import { ensureFirstKey, keys } from './keys.ts'
import { keyRoutes } from './routes.ts'

/** The keys of an installation, which has one from its first start on. */
export async function openKeys(ctx: Pick<Context, 'db' | 'now' | 'audit' | 'clock' | 'config'>) {
  const service = keys(ctx, ctx.clock.monotonicMs)
  return {
    service,
    routes: keyRoutes(service),
    /** The admin key of an empty installation: shown once, null afterwards. */
    firstKey: await ensureFirstKey(ctx, ctx.config.tenant),
  }
}
