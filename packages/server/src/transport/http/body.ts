import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { notUtf8, wholeText } from '../../csv/whole-text.ts'
import { Problem } from '../../errors.ts'
import { trapIn } from '../../request/traps.ts'

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
  app.addContentTypeParser('text/csv', { parseAs: 'buffer' }, reader(readFile, 'text/csv'))
}

function readFile(raw: Buffer): string {
  const text = wholeText(raw)
  if (text === null) throw new Problem('validation_failed', notUtf8())
  return text
}

function parse(raw: Buffer): unknown {
  if (!isUtf8(raw)) throw new Problem('malformed_json', 'The body is not UTF-8.')
  const value: unknown = JSON.parse(raw.toString('utf8'))
  const trap = trapIn(value)
  if (trap !== null) throw new Problem('malformed_json', trap)
  return value
}
