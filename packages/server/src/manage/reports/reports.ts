import type { Analytics } from '@surety/contract'
import type { Audit } from '../../store/audit.ts'
import type { Database } from '../../store/db.ts'
import { outcomeAnalytics } from './analytics.ts'
import { countLabelled, type ExportScope, featureSchemas, fetchLabelled, openLabelled } from './outcome-rows.ts'
import { type OutcomesFile, outcomesFile } from './outcomes-csv.ts'

export interface ReportsDeps {
  readonly db: Database
  readonly pod: string
  readonly now: () => Date
  /** One entry inside the given transaction. */
  readonly audit: Audit
}

export interface ExportOptions {
  readonly since?: Date
  readonly limit?: number
  /** For the audit log: who exports, and under which request id. */
  readonly actor?: string
  readonly requestId?: string
}

const linesPerFetch = 1000
// A reader that stops in the middle must not hold its snapshot for ever.
const idleMs = 60_000

type Client = Awaited<ReturnType<Database['connect']>>

export function reports(deps: ReportsDeps) {
  const { db, pod } = deps
  return {
    async analytics(tenant: string, limit: number): Promise<Analytics> {
      const asOf = deps.now()
      return db.transaction([tenant], handle => outcomeAnalytics(handle, { tenant, pod, limit, asOf }))
    },

    /**
     * Counted and streamed from one snapshot, so that the number promised is the number sent however long the reader
     * takes. The connection is its own and is closed at the end, or when the reader leaves.
     */
    async outcomesCsv(tenant: string, options: ExportOptions): Promise<{ rows: number; lines: AsyncIterable<string> }> {
      const scope: ExportScope = { tenant, pod, since: options.since ?? null, limit: options.limit ?? null }
      const client = await db.connect()
      try {
        await client.query('begin isolation level repeatable read read only')
        await client.query(`select set_config('surety.tenants', $1, true)`, [tenant])
        await client.query(`set local idle_in_transaction_session_timeout = ${idleMs}`)
        const rows = await countLabelled(client, scope)
        const file = outcomesFile(await featureSchemas(client, tenant, pod))
        await db.transaction([tenant], handle =>
          deps.audit(handle, {
            tenant,
            at: deps.now(),
            actor: options.actor ?? 'unknown',
            action: 'export',
            requestId: options.requestId,
            detail: { file: 'outcomes.csv', rows, since: scope.since?.toISOString() ?? null, limit: scope.limit },
          }),
        )
        await openLabelled(client, scope)
        return { rows, lines: stream(client, file) }
      } catch (error) {
        await client.end()
        throw error
      }
    },
  }
}

/** Header and rows in pieces of up to 1,000 lines. */
async function* pieces(client: Client, file: OutcomesFile): AsyncGenerator<string> {
  yield file.header
  for (;;) {
    const rows = await fetchLabelled(client, linesPerFetch)
    if (rows.length > 0) yield rows.map(row => file.line(row)).join('')
    if (rows.length < linesPerFetch) return
  }
}

/** Closes the connection at the end, on failure, and when the reader leaves: even before the first line, when a generator's `finally` would not run. */
function stream(client: Client, file: OutcomesFile): AsyncIterable<string> {
  const inner = pieces(client, file)
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    closed ??= client.end()
    return closed
  }
  const iterator: AsyncIterator<string, undefined> = {
    async next() {
      try {
        const piece = await inner.next()
        if (!piece.done) return piece
      } catch (error) {
        await close()
        throw error
      }
      await close()
      return { done: true, value: undefined }
    },
    async return() {
      await close()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}
