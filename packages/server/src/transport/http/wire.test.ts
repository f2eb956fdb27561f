import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { Problem } from '../../errors.ts'
import type { SliceRoutes } from './inside.ts'
import { keyOf, openTestDoor } from './testing-door.ts'

const noLeads: Pick<SliceRoutes, 'listLeads'> = { listLeads: async () => ({ items: [], next: null }) }
/** A handler that fails as those behind the door may. */
const failing = (error: () => Error) => async () => {
  throw error()
}

test('every answer carries the security headers and the request id: 200, 401, 404, 405, 413, 422, 429, 500, 503', async () => {
  const handlers = {
    ...noLeads,
    outcomeAnalytics: failing(() => new Problem('storage_unavailable')),
    retrain: async () => ({ accepted: false }),
  }
  const { app, get, post } = openTestDoor(handlers, {
    limits: { leads: 600, reads: 600, v1: 60, ops: 1, events: 600, exports: 5, failedKeys: 30 },
  })
  const broken = openTestDoor({ listLeads: failing(() => new Error('secret detail of /etc/x: select * from t')) })
  const headers = { 'x-request-id': 'abc-1' }
  await post('/ops/retrain', { reason: 'first' })
  const answers = [
    await get('/v1/lead', { headers }),
    await app.inject({ url: '/v1/lead', headers }),
    await app.inject({ url: '/nowhere', headers }),
    await app.inject({ url: '/%zz', headers }),
    await app.inject({ method: 'DELETE', url: '/v1/search', headers }),
    await post('/v1/lead', { name: 'x'.repeat(70_000) }, { headers }),
    await get('/v1/lead?limit=0', { headers }),
    await post('/ops/retrain', { reason: 'second' }, { headers }),
    await broken.get('/v1/lead', { headers }),
    await get('/v1/analytics/outcomes', { headers }),
    await app.inject({ url: '/docs', headers }),
  ]
  assert.deepEqual(
    answers.map(answer => answer.statusCode),
    [200, 401, 404, 400, 405, 413, 422, 429, 500, 503, 200],
  )
  for (const answer of answers) {
    assert.equal(answer.headers['x-request-id'], 'abc-1')
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.equal(answer.headers['x-frame-options'], 'DENY')
    assert.equal(answer.headers['referrer-policy'], 'no-referrer')
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/)
    assert.equal(answer.headers['access-control-allow-origin'], undefined)
    if (answer.statusCode < 400) continue
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
    const { type, title, status, detail, instance, code, request_id } = answer.json()
    assert.equal(type, `urn:surety:problem:${code}`)
    assert.deepEqual([status, request_id], [answer.statusCode, 'abc-1'])
    for (const text of [title, detail, instance]) assert.equal(typeof text, 'string')
    assert.doesNotMatch(answer.body, /secret|select|at .*\.ts/)
  }
  assert.ok(Number(answers[9]?.headers['retry-after']) >= 1)
  assert.equal(answers[4]?.headers.allow, 'GET, HEAD')
})

test('a request id that is not harmless is replaced, never echoed', async () => {
  const { get } = openTestDoor(noLeads)
  for (const id of ['a b', 'x'.repeat(129), 'a"b', '']) {
    const answer = await get('/v1/lead', { headers: { 'x-request-id': id } })
    assert.match(String(answer.headers['x-request-id']), /^made-\d+$/)
    assert.equal(answer.json().request_id, answer.headers['x-request-id'])
  }
})

test('size comes before type, type before JSON, JSON before fields', async () => {
  const { post } = openTestDoor({ createLead: failing(() => new Problem('validation_failed')) })
  const codeOf = async (body: string | undefined, type?: string) => {
    const answer = await post('/v1/lead', body, type === undefined ? {} : { headers: { 'content-type': type } })
    return `${answer.statusCode} ${answer.json().code}`
  }
  assert.equal(await codeOf('x'.repeat(65_537), 'text/plain'), '413 too_large')
  assert.equal(await codeOf('{broken', 'text/plain'), '415 unsupported_type')
  assert.equal(await codeOf('a=b', 'application/x-www-form-urlencoded'), '415 unsupported_type')
  assert.equal(await codeOf(undefined), '415 unsupported_type')
  assert.equal(await codeOf('{broken'), '400 malformed_json')
  assert.equal(await codeOf(''), '400 malformed_json')
  assert.equal(await codeOf('{"name":NaN}'), '400 malformed_json')
  assert.equal(await codeOf('{"__proto__":{"role":"admin"}}'), '400 malformed_json')
  assert.equal(await codeOf('{"unread":[-1e999]}'), '400 malformed_json')
  assert.equal(await codeOf(`${'['.repeat(30_000)}${']'.repeat(30_000)}`), '400 malformed_json')
  assert.equal(await codeOf('{"name":"A"}'), '422 validation_failed')
  assert.equal(await codeOf('{"name":"A"}', 'application/json; charset=utf-8'), '422 validation_failed')
})

test('a body that is not UTF-8 is malformed, and one that grows past the limit unannounced is too large', async () => {
  const { app } = openTestDoor()
  const headers = { 'x-api-key': keyOf('admin'), 'content-type': 'application/json' }
  const latin = await app.inject({ method: 'POST', url: '/v1/lead', headers, payload: Buffer.from([0x22, 0xe9, 0x22]) })
  assert.equal(latin.json().code, 'malformed_json')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const sent = request({
    port,
    method: 'POST',
    path: '/v1/lead',
    headers: { ...headers, 'transfer-encoding': 'chunked' },
  })
  sent.on('error', () => sent.destroy())
  sent.write(Buffer.alloc(40_000, 0x20))
  sent.end(Buffer.alloc(40_000, 0x20))
  const [answer] = await once(sent, 'response')
  assert.equal(answer.statusCode, 413)
  answer.resume()
  await app.close()
})

test('what is no HTTP, or has too large headers, is answered as a problem too', async () => {
  const { app } = openTestDoor()
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const ask = async (text: string) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(text)
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    return answer
  }
  const garbage = await ask('NONSENSE\r\n\r\n')
  assert.match(garbage, /^HTTP\/1\.1 400 /)
  assert.match(garbage, /x-request-id: made-\d+\r\n/)
  assert.match(garbage, /x-content-type-options: nosniff/)
  assert.match(garbage, /"code":"malformed_request"/)
  const large = await ask(`GET /healthz HTTP/1.1\r\nhost: x\r\nx-filler: ${'x'.repeat(20_000)}\r\n\r\n`)
  assert.match(large, /^HTTP\/1\.1 431 [\s\S]*"code":"headers_too_large"/)
  const headed = await ask(`HEAD /healthz HTTP/1.1\r\nhost: x\r\nx-filler: ${'x'.repeat(20_000)}\r\n\r\n`)
  assert.match(headed, /^HTTP\/1\.1 431 [\s\S]*\r\n\r\n$/, 'a HEAD has no body')
  const tunnel = await ask('CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n')
  assert.match(tunnel, /^HTTP\/1\.1 405 [\s\S]*x-request-id: made-\d+\r\n[\s\S]*"code":"method_not_allowed"/)
  const homeless = await ask('GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n')
  assert.match(homeless, /^HTTP\/1\.1 400 [\s\S]*x-request-id: made-\d+\r\n[\s\S]*"code":"malformed_request"/)
  const older = await ask('GET /healthz HTTP/1.0\r\n\r\n')
  assert.match(older, /^HTTP\/1\.1 200 /)
  const expecting = await ask('GET /healthz HTTP/1.1\r\nhost: x\r\nexpect: x\r\nconnection: close\r\n\r\n')
  assert.match(expecting, /^HTTP\/1\.1 200 [\s\S]*x-request-id: made-\d+\r\n/)
  await app.close()
})

test('closing finishes what is in flight and refuses what comes after', async () => {
  const begun = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const { app } = openTestDoor({
    async listLeads() {
      begun.resolve()
      await release.promise
      return { items: [], next: null }
    },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const answer = fetch(`http://127.0.0.1:${port}/v1/lead`, { headers: { 'x-api-key': keyOf('admin') } })
  await begun.promise
  const closed = app.close()
  await assert.rejects(fetch(`http://127.0.0.1:${port}/healthz`, { headers: { connection: 'close' } }))
  release.resolve()
  assert.equal((await answer).status, 200)
  await closed
})

test('CORS answers listed origins only', async () => {
  const { app, get } = openTestDoor(noLeads, { corsOrigins: ['https://console.example'] })
  const preflight = (origin: string, url = '/v1/lead') =>
    app.inject({ method: 'OPTIONS', url, headers: { origin, 'access-control-request-method': 'POST' } })
  const listed = await preflight('https://console.example')
  assert.equal(listed.statusCode, 204)
  assert.equal(listed.headers['access-control-allow-origin'], 'https://console.example')
  assert.equal(listed.headers['access-control-allow-methods'], 'POST, GET, HEAD')
  assert.match(String(listed.headers['access-control-allow-headers']), /x-api-key/)
  const other = await preflight('https://evil.example')
  assert.equal(other.statusCode, 405)
  assert.equal(other.headers['access-control-allow-origin'], undefined)
  assert.equal((await preflight('https://console.example', '/nowhere')).statusCode, 404)
  const answer = await get('/v1/lead', { headers: { origin: 'https://console.example' } })
  assert.equal(answer.headers['access-control-allow-origin'], 'https://console.example')
  assert.equal(answer.headers.vary, 'origin')
})

test('a refused connection of the store is 503 with Retry-After and shows nothing of it', async () => {
  const refused = () => Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:5432'), { code: 'ECONNREFUSED' })
  const { post } = openTestDoor({ createLead: failing(refused) })
  const answer = await post('/v1/lead', {})
  assert.deepEqual([answer.statusCode, answer.json().code], [503, 'storage_unavailable'])
  assert.ok(Number(answer.headers['retry-after']) >= 1)
  assert.doesNotMatch(answer.body, /10\.1\.2\.3/)
})

test('whatever PostgreSQL says of being away, full, read-only or too slow is 503, and a mistake of ours is 500', async () => {
  let error = new Error()
  const { post } = openTestDoor({ createLead: failing(() => error) })
  const statusOf = async (thrown: Error) => {
    error = thrown
    return (await post('/v1/lead', {})).statusCode
  }
  const coded = (code: string, more: object = {}) => Object.assign(new Error('said so'), { code, ...more })
  const away = [
    '08006',
    '08P01',
    '25006',
    '25P03',
    '28P01',
    '3D000',
    '40001',
    '40P01',
    '53100',
    '53200',
    '53300',
    '55P03',
  ]
  const gone = [
    '57014',
    '57P01',
    '57P02',
    '57P03',
    '57P05',
    '58000',
    '58030',
    '58P01',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
  ]
  for (const code of [...away, ...gone]) assert.equal(await statusOf(coded(code)), 503, code)
  for (const syscall of ['connect', 'getaddrinfo']) assert.equal(await statusOf(coded('ENOENT', { syscall })), 503)
  for (const text of [
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout expired',
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
    'Cannot use a pool after calling end on the pool',
  ])
    assert.equal(await statusOf(new Error(text)), 503, text)
  const ours = ['22P02', '23505', '23514', '25P02', '42501', '42P01', 'XX000', 'ERR_INVALID_ARG_TYPE']
  for (const code of ours) assert.equal(await statusOf(coded(code)), 500, code)
  assert.equal(await statusOf(coded('ENOENT', { syscall: 'open' })), 500, 'a file of ours')
})

test('who is told to come back is told when', async () => {
  const overloaded = () => new Problem('overloaded', undefined, { retryAfterSeconds: 7 })
  const { post } = openTestDoor({ createLead: failing(overloaded) })
  const answer = await post('/v1/lead', {})
  assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '7'])
})

test('a caller that hangs up within its body is not counted as an outage of the store', async () => {
  const { app } = openTestDoor()
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  const head = `POST /v1/lead HTTP/1.1\r\nhost: x\r\nx-api-key: ${keyOf('admin')}\r\ncontent-type: application/json\r\n`
  socket.write(`${head}content-length: 100\r\n\r\n{"name":`)
  await once(app.server, 'request')
  // The body is read by now or will be: either way the next answer comes after the failure was handled.
  socket.destroy()
  await once(socket, 'close')
  let text = ''
  for (let i = 0; i < 50 && !/code="malformed_request",route="\/v1\/lead"\} 1/.test(text); i++) {
    text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  }
  assert.match(text, /code="malformed_request",route="\/v1\/lead"\} 1/)
  assert.match(text, /code="storage_unavailable",route="\/v1\/lead"\} 0/)
  await app.close()
})

test('a stop waits neither for a connection without a byte nor for one with half a body', async () => {
  const { app } = openTestDoor({}, { stopMs: 100 })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const silent = connect(port, '127.0.0.1')
  const half = connect(port, '127.0.0.1')
  for (const socket of [silent, half]) socket.on('error', () => {})
  const head = `POST /v1/lead HTTP/1.1\r\nhost: x\r\nx-api-key: ${keyOf('admin')}\r\ncontent-type: application/json\r\n`
  half.write(`${head}content-length: 100\r\n\r\n{"name":`)
  await once(app.server, 'request')
  const order: string[] = []
  // What would be waited for without a bound is ended here, so that this test ends either way.
  const hangUp = setTimeout(() => {
    order.push('the callers hung up')
    for (const socket of [silent, half]) socket.destroy()
  }, 20_000)
  await app.close()
  order.push('closed')
  clearTimeout(hangUp)
  assert.deepEqual(order, ['closed'])
})
