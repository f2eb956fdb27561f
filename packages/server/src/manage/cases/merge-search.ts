import type { Database } from '../../store/db.ts'
import { mergeSearchWords } from '../../store/merge-search-words.ts'

export interface MergeSearchDeps {
  readonly db: Database
  readonly onError: (error: unknown, task?: string) => void
  /** Search reads what came in meanwhile word by word, so it is as fast as this is short. */
  readonly everyMs?: number
}

/**
 * Merges new search words on a connection of its own, for as long as it is not disposed of. Whatever ends it in between,
 * nothing is lost: search also reads what is not merged, and the next process goes on.
 */
export function mergeSearch({ db, onError, everyMs = 2_000 }: MergeSearchDeps): AsyncDisposable {
  let client: Awaited<ReturnType<Database['connect']>> | null = null
  let running: Promise<void> | null = null
  const merge = async (): Promise<void> => {
    try {
      client ??= await db.connect({ settings: ['enable_seqscan=off', 'jit=off'] })
      await mergeSearchWords(client)
    } catch (error) {
      onError(error, 'merge search words')
      // A connection that failed is not used again.
      const lost = client
      client = null
      void lost?.end().catch(() => undefined)
    }
  }
  const timer = setInterval(() => {
    running ??= merge().finally(() => {
      running = null
    })
  }, everyMs)
  timer.unref()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await running
      await client?.end()
    },
  }
}
