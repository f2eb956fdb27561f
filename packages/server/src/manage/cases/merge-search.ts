import type { Context } from '../../runtime/context.ts'
import type { Database } from '../../store/db.ts'
import { mergeSearchWords } from '../../store/merge-search-words.ts'

/**
 * Merges new search words on a connection of its own, for as long as it is not disposed of. Whatever ends it in between,
 * nothing is lost: search also reads what is not merged, and the next process goes on.
 * @param everyMs search reads what came in meanwhile word by word, so it is as fast as this is short
 */
export function mergeSearch({ db, every }: Pick<Context, 'db' | 'every'>, everyMs = 2_000): AsyncDisposable {
  let client: Awaited<ReturnType<Database['connect']>> | null = null
  const loop = every({
    name: 'search-merge',
    everyMs,
    mostMs: 4_000,
    async work() {
      try {
        client ??= await db.connect({ settings: ['enable_seqscan=off', 'jit=off'] })
        await mergeSearchWords(client)
      } catch (error) {
        // A connection that failed is not used again.
        const lost = client
        client = null
        void lost?.end().catch(() => undefined)
        throw error
      }
    },
  })
  return {
    async [Symbol.asyncDispose]() {
      await loop[Symbol.asyncDispose]()
      await client?.end()
    },
  }
}
