import type { Logger } from 'pino'
import { isOutage, Problem } from '../errors.ts'

export type FailureLog = Pick<Logger, 'error' | 'warn' | 'info'>

const minuteMs = 60_000
/** Lines a minute of one failure: an outage is told once, as the metrics count every one; of a bug each may be about another request. */
const mostLines = { outage: 1, bug: 20 }
/** Failures that are told apart; beyond that the oldest are told anew. */
const mostKnown = 1_000

interface Known {
  readonly since: number
  lines: number
  /** Not written since the last line. */
  unsaid: number
}

/**
 * What fails again and again is written a few times a minute and counted between: an outage of forty seconds wrote 8,000 lines.
 * `more` of a line says how many like it were not written since the one before.
 */
export function failureLog(logger: FailureLog, monotonicMs: () => number): FailureLog {
  const known = new Map<string, Known>()
  const write =
    (level: 'error' | 'warn') =>
    (fields: { readonly err?: unknown; readonly [name: string]: unknown }, message?: string): void => {
      const { err, ...rest } = fields
      const outage = isOutage(err) || (err instanceof Problem && err.status === 503)
      const key = [message, rest['task'], rest['tenant'], rest['code'], kindOf(err, outage)].join('\n')
      const at = monotonicMs()
      let one = known.get(key)
      if (one === undefined || at - one.since >= minuteMs) {
        known.delete(key)
        if (known.size >= mostKnown) known.delete(known.keys().next().value!)
        one = { since: at, lines: 0, unsaid: one?.unsaid ?? 0 }
        known.set(key, one)
      }
      if (one.lines >= (outage ? mostLines.outage : mostLines.bug)) {
        one.unsaid++
        return
      }
      one.lines++
      const more = one.unsaid === 0 ? {} : { more: one.unsaid }
      one.unsaid = 0
      logger[level]({ ...rest, ...('err' in fields ? { err: describe(err, !outage) } : {}), ...more }, message)
    }
  // What went well is told each time: it is rare.
  const info = (fields: object, message?: string): void => logger.info(fields, message)
  return { error: write('error'), warn: write('warn'), info } as FailureLog
}

/** What failures have in common that differ only in whom they hit. Of an outage its code: how it is worded differs by the moment. */
function kindOf(error: unknown, outage: boolean): string {
  if (!(error instanceof Error)) return typeof error
  const code = 'code' in error ? String(error.code) : ''
  return outage ? code : `${error.name}\n${code}\n${error.stack?.split('\n').find(line => /^\s+at /.test(line)) ?? ''}`
}

/** What a log line may say of an error: never its parameters or details, which may be personal. */
function describe(
  error: unknown,
  withStack: boolean,
): { name: string; message: string; code?: string; stack?: string } {
  if (!(error instanceof Error)) return { name: 'unknown', message: plain(error) }
  const code = 'code' in error && error.code !== undefined ? String(error.code) : undefined
  return {
    name: error.name,
    // Where a name of the server stands for several addresses, what each said is in `errors` and the message is empty.
    message: error.message || (error instanceof AggregateError ? error.errors.map(plain).join('; ') : ''),
    ...(code === undefined ? {} : { code }),
    ...(withStack && error.stack !== undefined ? { stack: error.stack } : {}),
  }
}

/** Of an object that is no error its names: what they hold may be anything. */
function plain(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message
  return typeof thrown === 'object' && thrown !== null ? `{ ${Object.keys(thrown).join(', ')} }` : String(thrown)
}
