import { type FieldError, type ProblemCode, problems } from '@surety/contract'

/** The caller's mistake, or an outage that the caller must know of: thrown anywhere, answered by the door as RFC 9457. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly errors: readonly FieldError[]
  readonly retryAfterSeconds: number | null

  constructor(
    code: ProblemCode,
    detail?: string,
    more: { errors?: readonly FieldError[]; retryAfterSeconds?: number } = {},
  ) {
    super(detail ?? problems[code].sentence)
    this.name = 'Problem'
    this.code = code
    this.status = problems[code].status
    this.errors = more.errors ?? []
    this.retryAfterSeconds = more.retryAfterSeconds ?? null
  }
}

/**
 * SQLSTATEs of a database that cannot do now what it could a moment ago, whoever asks: connections (08), read-only (25006), time
 * limits (25P03, 25P04, 57014), logins and databases that are away (28, 3D000), what is held or was ended for another (40001,
 * 40P01, 55P03), no room (53), stops (57), and files that cannot be read or written (58: where the disk is full, too).
 */
const outageStates = /^(?:08\w{3}|25006|25P0[34]|28\w{3}|3D000|40001|40P01|53\w{3}|55P03|57\w{3}|58\w{3})$/
const outageCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
])
/** What `pg` says of its connections has no code. */
const outageMessage =
  /^(?:Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Cannot use a pool after calling end)|not queryable|connection error/i

/** The database is away, does not answer, or takes nothing at present: the same may be asked again later. Everything else is a bug. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  if (outageStates.test(code) || outageCodes.has(code)) return true
  // The server ended the session, or let nobody begin one: whatever its code, no statement of ours is at fault.
  if ('severity' in error && (error.severity === 'FATAL' || error.severity === 'PANIC')) return true
  // The socket's file is not there, the name of the server is not known: the same codes of a file of ours would be a bug.
  if ('syscall' in error && (error.syscall === 'connect' || error.syscall === 'getaddrinfo')) return true
  return outageMessage.test(error.message)
}

/**
 * One of several things that were tried together may have brought it about, so that the others are worth trying without it. An
 * outage and a refusal that a caller is told are about all of them.
 */
export const mayBeOfOne = (error: unknown): boolean => !isOutage(error) && !(error instanceof Problem)

/**
 * Each in turn: one that fails keeps none of the others from its turn, and is told at the end.
 * @param signal aborted: what then fails is the stop, and ends all
 * @throws what failed; of several an AggregateError, whose message is empty
 */
export async function eachApart<Item>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  const failures: unknown[] = []
  for (const item of items)
    try {
      await work(item)
    } catch (error) {
      signal?.throwIfAborted()
      failures.push(error)
    }
  if (failures.length > 1) throw new AggregateError(failures)
  if (failures.length === 1) throw failures[0]
}

/**
 * What is written down of an event that failed alone: where, what kind of failure, and the lines of code. Nothing of the event, because
 * what a parser, a pod or the database says of a value may quote it.
 */
export class EventFailed extends Error {
  constructor(stage: string, { tenant, kind }: { readonly tenant: string; readonly kind: string }, cause: unknown) {
    super(`an event of kind ${kind} of the tenant ${tenant} failed by itself at the stage ${stage}: ${kindOf(cause)}`)
    this.name = 'EventFailed'
    this.stack = [`${this.name}: ${this.message}`, ...framesOf(cause)].join('\n')
  }
}

/** A sentence for whoever wrote a pod, made of names alone. */
export class PodMistake extends Error {
  readonly holdsNoData = true
}

/** A message may have lines that look like frames: it stands before them, and is left out. */
function framesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error) || error.stack === undefined) return []
  const from = error.stack.indexOf(error.message)
  const below = from === -1 ? '' : error.stack.slice(from + error.message.length)
  return below.split('\n').filter(line => /^\s+at /.test(line))
}

/** Of an error of the database also where it is: these are names of ours, as is what says of itself that it holds no data. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  if ('holdsNoData' in error) return error.message
  const { code, table, column, constraint } = error as Error & { readonly [name: string]: unknown }
  return [error.name, ...[code, table, column, constraint].filter(part => typeof part === 'string')].join(' ')
}
