import type { Context } from '../../runtime/context.ts'
import { idempotency } from './idempotency.ts'

/** What `retention` needs to take old keys away lies in the store; nothing recurs here. */
export const openIdempotency = (ctx: Pick<Context, 'db' | 'now'>) => ({ service: idempotency(ctx) })
