import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { Problem } from '../errors.ts'
import { failureLog } from './failure-log.ts'

function open() {
  const lines: { err?: { name: string; message: string; code?: string; stack?: string }; more?: number }[] = []
  let at = 0
  const log = failureLog(pino({ level: 'warn' }, { write: line => void lines.push(JSON.parse(line)) }), () => at)
  const pass = (ms: number): void => {
    at += ms
  }
  return { log, lines, pass }
}

const coded = (code: string, message = 'the server said so'): Error => Object.assign(new Error(message), { code })

test('an outage is written once a minute without its stack, however many requests meet it, and how many is said later', () => {
  const { log, lines, pass } = open()
  for (let n = 0; n < 8_000; n++)
    log.warn({ err: coded('57P03', `at ${n}`), request_id: String(n), code: 'storage_unavailable' }, 'request failed')
  assert.equal(lines.length, 1)
  assert.deepEqual([lines[0]?.err?.code, lines[0]?.err?.stack || null, lines[0]?.more], ['57P03', null, undefined])
  log.warn({ err: new Problem('not_ready'), code: 'not_ready' }, 'request failed')
  log.error({ err: coded('57P03'), task: 'retention' }, 'failed')
  assert.equal(lines.length, 3, 'what is another failure is written too')
  pass(60_000)
  log.warn({ err: coded('57P03'), code: 'storage_unavailable' }, 'request failed')
  assert.deepEqual([lines.length, lines[3]?.more], [4, 7_999])
})

test('a bug is written whole, and when it floods so too, but for so many a minute', () => {
  const { log, lines, pass } = open()
  const bug = new TypeError('x is not a function')
  for (let n = 0; n < 500; n++) log.error({ err: bug, request_id: String(n), code: 'internal' }, 'request failed')
  assert.equal(lines.length, 20)
  assert.match(lines[0]?.err?.stack ?? '', /failure-log\.test/)
  pass(60_000)
  log.error({ err: bug, code: 'internal' }, 'request failed')
  assert.equal(lines[20]?.more, 480)
})

test('of what was thrown nothing is written that may be personal, and never [object Object]', () => {
  const { log, lines } = open()
  log.error({
    err: Object.assign(new Error('no'), { detail: 'Key (email)=(jane@example.invalid)', parameters: ['jane'] }),
  })
  log.error({ err: { state: 'failed', email: 'jane@example.invalid' } })
  log.error({ err: new AggregateError([coded('ECONNREFUSED', 'connect ECONNREFUSED ::1:5432')], '') })
  assert.doesNotMatch(JSON.stringify(lines), /jane|object Object/)
  assert.deepEqual(
    lines.map(line => line.err?.message),
    ['no', '{ state, email }', 'connect ECONNREFUSED ::1:5432'],
  )
})
