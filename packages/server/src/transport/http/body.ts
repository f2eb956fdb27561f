import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../../errors.ts'

/** Far above any honest body, far below what would exhaust the stack of code that walks a value. */
const deepest = 64

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the body of the route is; absent: JSON. */
    readonly bodyType?: 'text/csv'
  }
}

/** Each route takes one type: JSON, or a file as one text. An empty body is `undefined`: whether one is needed is asked later. */
export function readBodies(app: FastifyInstance) {
  app.removeAllContentTypeParsers()
  const reader = (read: (raw: Buffer) => unknown, type?: 'text/csv') =>
    function reading(
      { routeOptions }: FastifyRequest,
      raw: Buffer,
      done: (error: Error | null, body?: unknown) => void,
    ): void {
      const wanted = routeOptions.config.bodyType
      if (wanted !== type) {
        done(new Problem('unsupported_type', wanted === undefined ? undefined : `Send ${wanted}.`))
        return
      }
      try {
        done(null, raw.length === 0 ? undefined : read(raw))
      } catch (error) {
        done(error instanceof Problem ? error : new Problem('malformed_json'))
      }
    }
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, reader(parse))
  app.addContentTypeParser('text/csv', { parseAs: 'buffer' }, reader(wholeText, 'text/csv'))
}

/** Without a byte order mark. */
function wholeText(raw: Buffer): string {
  if (isUtf8(raw)) return raw.toString('utf8').replace(/^\ufeff/, '')
  throw new Problem(
    'validation_failed',
    'The file is not UTF-8: convert it, for example with "iconv -f ISO-8859-1 -t UTF-8 FILE > NEW".',
  )
}

function parse(raw: Buffer): unknown {
  if (!isUtf8(raw)) throw new Problem('malformed_json', 'The body is not UTF-8.')
  const value: unknown = JSON.parse(raw.toString('utf8'))
  refuseTraps(value, deepest)
  return value
}

/**
 * `__proto__` would set a prototype where code copies field by field; deep nesting would exhaust the stack; a number such
 * as 1e999 is read as infinity, which can be neither stored nor hashed.
 */
function refuseTraps(value: unknown, levels: number) {
  if (value === Infinity || value === -Infinity)
    throw new Problem('malformed_json', 'A number is too large: the largest is about 1.8e308.')
  if (typeof value !== 'object' || value === null) return
  if (levels === 0) throw new Problem('malformed_json', `The body is nested deeper than ${deepest} levels.`)
  if (Array.isArray(value)) {
    for (const item of value) refuseTraps(item, levels - 1)
    return
  }
  // What JSON.parse makes has nothing but fields of its own.
  for (const key in value) {
    if (key === '__proto__') throw new Problem('malformed_json', 'A field may not be called __proto__.')
    refuseTraps((value as Record<string, unknown>)[key], levels - 1)
  }
}
