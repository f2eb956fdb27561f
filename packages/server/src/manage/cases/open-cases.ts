import type { Pod } from '@surety/contract'
import { ConfigError } from '../../config/config.ts'
import { counter } from '../../metrics/register.ts'
import type { Context } from '../../runtime/context.ts'
import type { DataKeys } from '../../store/seal.ts'
import { cases } from './cases.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { mergeSearch } from './merge-search.ts'
import { opensContacts } from './opens-contacts.ts'
import { reveal } from './reveal.ts'
import { caseRoutes } from './routes.ts'
import type { QueryPrivacy } from './search-terms.ts'

interface CasesNeeds {
  /** All there are: contact fields stay where a pod is not served any more. */
  readonly pods: readonly Pod[]
  readonly dataKeys: DataKeys
  /** How a query of this tenant is read. */
  privacy(tenant: string): Promise<QueryPrivacy>
}

/**
 * Leads as people look at them, and the merging of what they are found by.
 * @throws ConfigError when the keys do not open what is stored
 */
export async function openCases(
  ctx: Pick<Context, 'db' | 'now' | 'audit' | 'every' | 'config' | 'leads' | 'metrics' | 'onError'>,
  { pods, dataKeys, privacy }: CasesNeeds,
) {
  const { db, now, audit, config } = ctx
  if (!(await opensContacts(db, dataKeys, pods)))
    throw new ConfigError(
      'DATA_KEY does not open the contact fields that are stored: start with the key they were written with (keys.json in DATA_DIR, or your backup of it).',
    )
  const pod = ctx.leads.name
  const merging = mergeSearch(ctx)
  const unread = counter(ctx.metrics, 'contacts_unreadable_total')
  const unreadable = (error: unknown): void => {
    unread.inc()
    ctx.onError(error, 'contacts')
  }
  const service = {
    ...cases({ db, pod, dataKeys, unreadable, memory: config.memory, privacy }),
    reveal: reveal({ db, pod, dataKeys, unreadable, now, audit }),
  }
  return {
    service,
    routes: caseRoutes(service),
    /** Opaque places in a list, tied to the tenant. */
    cursor: { read: readCursor, write: writeCursor },
    [Symbol.asyncDispose]: () => merging[Symbol.asyncDispose](),
  }
}
