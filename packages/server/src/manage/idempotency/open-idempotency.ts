import type { Context } from '../../runtime/context.ts'
import { type IdempotencyDeps, idempotency } from './idempotency.ts'

/** What `retention` needs to take old keys away lies in the store; nothing recurs here. */
export const openIdempotency = (
  ctx: Pick<Context, 'db' | 'now'>,
  { hash, redact, dataKeys }: Pick<IdempotencyDeps, 'hash' | 'redact' | 'dataKeys'>,
) => ({ service: idempotency({ db: ctx.db, now: ctx.now, hash, redact, dataKeys }) })
