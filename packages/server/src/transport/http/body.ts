import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { Problem } from '../../errors.ts'

/** Far above any honest body, far below what would exhaust the stack of code that walks a value. */
const deepest = 64

/** JSON is the only body there is. An empty body is `undefined`: whether one is needed is asked later. */
export function readJsonBodies(app: FastifyInstance) {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, raw: Buffer, done) => {
    if (raw.length === 0) {
      done(null, undefined)
      return
    }
    try {
      done(null, parse(raw))
    } catch (error) {
      done(error instanceof Problem ? error : new Problem('malformed_json'))
    }
  })
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
