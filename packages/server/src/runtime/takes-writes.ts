import { gauge } from '../metrics/register.ts'
import { type Database, takesNoWrites } from '../store/db.ts'
import type { Context } from './context.ts'

const everyMs = 5_000

interface Options extends Pick<Context, 'metrics' | 'every'> {
  readonly db: Pick<Database, 'ping'>
}

/**
 * Does the database answer and take writes? Asked by whoever calls this, and every few seconds by itself, so that the metrics say
 * it from memory where nobody asks and nobody writes. While it does not answer at all the gauge stays as it was.
 */
export function takesWrites({ db, metrics, every }: Options): () => Promise<boolean> {
  const writable = gauge(metrics, 'database_writable')
  // Until the first answer: whoever starts on a database that only reads is told within seconds.
  writable.set(1)
  const ask = async (): Promise<boolean> => {
    try {
      await db.ping()
      writable.set(1)
      return true
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === takesNoWrites) writable.set(0)
      return false
    }
  }
  every({ name: 'writes', everyMs, work: ask }).wake()
  return ask
}
