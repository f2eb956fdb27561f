import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ProblemCode } from '@surety/contract'
import { problems } from '@surety/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isOutage, Problem } from '../../errors.ts'
import { problemText, shownPath, writeProblem } from './answer.ts'
import { apiHeaders, problemType } from './headers.ts'
import type { HttpConfig } from './http-config.ts'

const byFastifyCode: { readonly [code: string]: ProblemCode } = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_request',
  FST_ERR_BAD_URL: 'malformed_request',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
}

/** Whatever was thrown, as the problem to answer; a bug becomes `internal` and shows nothing of itself. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof Error) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
    const known = byFastifyCode[code]
    if (known !== undefined) return new Problem(known)
    // The router marks what went wrong while reading the request: a caller that hung up is no outage of the store.
    if ('statusCode' in error && error.statusCode === 400) return new Problem('malformed_request')
    if (isOutage(error)) return new Problem('storage_unavailable')
  }
  return new Problem('internal')
}

/** Seconds to wait when whoever refused did not say. */
const patience = 2

export function sendProblem(config: HttpConfig, problem: Problem, request: FastifyRequest, reply: FastifyReply) {
  reply.code(problem.status).header('content-type', problemType)
  const wait = problem.retryAfterSeconds ?? (problem.status === 429 || problem.status === 503 ? patience : null)
  if (wait !== null) reply.header('retry-after', String(Math.max(1, Math.ceil(wait))))
  reply.send(problemText(problem, request.id, shownPath(request.url, config)))
}

/** A bug is logged whole with the request id, an outage now and then; the caller's mistakes are only counted, or logs would flood. */
export function logFailure(config: HttpConfig, error: unknown, problem: Problem, request: FastifyRequest) {
  if (problem.status < 500) return
  const name = problem.code === 'internal' ? 'request_failed' : 'request_unserved'
  config.log(name, { err: error, request_id: request.id, code: problem.code })
}

/** What could not even be read as HTTP: answered by hand, since there is no request yet. */
export function answerUnreadable(config: HttpConfig) {
  return (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const { rawPacket } = error as { readonly rawPacket?: Buffer }
    answerByHand(config, socket, unreadableCode(error.code), rawPacket?.subarray(0, 5).toString('latin1') !== 'HEAD ')
  }
}

/** This is no proxy: CONNECT has no answer of its own in the router, and would end without one. */
export const answerConnect = (config: HttpConfig) => (_request: IncomingMessage, socket: Duplex) =>
  answerByHand(config, socket, 'method_not_allowed')

function answerByHand(config: HttpConfig, socket: Duplex, code: ProblemCode, withBody = true): void {
  const requestId = config.requestIds()
  const body = writeProblem(code, problems[code].sentence, [], requestId, '/')
  const headers = {
    ...apiHeaders,
    'content-type': problemType,
    'x-request-id': requestId,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `HTTP/1.1 ${problems[code].status} ${problems[code].title}\r\n${lines.join('')}\r\n`
  socket.end(withBody ? head + body : head)
}

function unreadableCode(code: string | undefined): ProblemCode {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout'
  return code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'malformed_request'
}
