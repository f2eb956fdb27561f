import type { Analytics } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import { openSnapshot, type Snapshot } from '../../store/db.ts'
import { schemasOf } from '../../store/feature-schemas.ts'
import { countLabelled, type ExportScope, fetchLabelled, openLabelled } from '../../store/labelled-cases.ts'
import { outcomeAnalytics } from './analytics.ts'
import { type OutcomesFile, outcomesFile } from './outcomes-csv.ts'

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
/** Each holds a connection of its own, of which the database has few. */
const exportsAtOnce = 2

export function reports(deps: Pick<Context, 'db' | 'now' | 'audit'> & { readonly pod: string }) {
  const { db, pod } = deps
  let underWay = 0
  const begin = async (tenant: string): Promise<Snapshot> => {
    if (underWay >= exportsAtOnce)
      throw new Problem('rate_limited', `${exportsAtOnce} exports are under way: ask again when one of them ended`, {
        retryAfterSeconds: 10,
      })
    underWay++
    let counted = true
    const ended = (): void => {
      if (counted) underWay--
      counted = false
    }
    return openSnapshot(db, [tenant], idleMs, ended).catch(error => {
      ended()
      throw error
    })
  }
  return {
    async analytics(tenant: string, limit: number): Promise<Analytics> {
      const asOf = deps.now()
      return db.read([tenant], reader => outcomeAnalytics(reader, { tenant, pod, limit, asOf }))
    },

    /**
     * Counted and streamed from one snapshot, so that the number promised is the number sent however long the reader
     * takes. The connection is its own and is closed at the end, or when the reader leaves.
     */
    async outcomesCsv(tenant: string, options: ExportOptions): Promise<{ rows: number; lines: AsyncIterable<string> }> {
      const scope: ExportScope = { tenant, pod, since: options.since ?? null, limit: options.limit ?? null }
      const snapshot = await begin(tenant)
      try {
        const rows = await countLabelled(snapshot, scope)
        const file = outcomesFile(namesOf(await schemasOf(snapshot, tenant, pod)))
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
        await openLabelled(snapshot, scope)
        return { rows, lines: stream(snapshot, file) }
      } catch (error) {
        await snapshot.end()
        throw error
      }
    },
  }
}

/** Feature names of every vector this tenant ever had, by schema hash, oldest schema first. */
const namesOf = (schemas: Awaited<ReturnType<typeof schemasOf>>): ReadonlyMap<string, readonly string[]> =>
  new Map([...schemas].map(([hash, specs]) => [hash, specs.map(spec => spec.name)]))

/** Header and rows in pieces of up to 1,000 lines. */
async function* pieces(snapshot: Snapshot, file: OutcomesFile): AsyncGenerator<string> {
  yield file.header
  for (;;) {
    const rows = await fetchLabelled(snapshot, linesPerFetch)
    if (rows.length > 0) yield rows.map(row => file.line(row)).join('')
    if (rows.length < linesPerFetch) return
  }
}

/** Closes the connection at the end, on failure, and when the reader leaves: even before the first line, when a generator's `finally` would not run. */
function stream(snapshot: Snapshot, file: OutcomesFile): AsyncIterable<string> {
  const inner = pieces(snapshot, file)
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    closed ??= snapshot.end()
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
