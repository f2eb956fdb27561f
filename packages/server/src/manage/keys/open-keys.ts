import type { Context } from '../../runtime/context.ts'
import { dailyQuotas } from './daily-quotas.ts'
import { ensureFirstKey, keyChannel, keys } from './keys.ts'
import { keyRoutes } from './routes.ts'

/** The keys of an installation, which has one from its first start on, and what they may send in a day. */
export async function openKeys(ctx: Pick<Context, 'db' | 'now' | 'audit' | 'clock' | 'every' | 'config'>) {
  const firstKey = await ensureFirstKey(ctx, ctx.config.tenant)
  const quotas = dailyQuotas(ctx)
  const service = keys(ctx, ctx.clock.monotonicMs, quotas.unspent)
  return {
    service,
    /** Counts one request of a key. */
    spend: quotas.spend,
    routes: keyRoutes(service),
    channels: { [keyChannel]: service.forget },
    missed: service.forgetAll,
    /** The admin key of an empty installation: shown once, null afterwards. */
    firstKey,
    [Symbol.asyncDispose]: () => quotas[Symbol.asyncDispose](),
  }
}
