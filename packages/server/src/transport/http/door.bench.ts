import { randomUUID } from 'node:crypto'
import { buildHttp } from './http.ts'
import { keyOf, testConfig, testDecision, testNow, testServices } from './testing-services.ts'

/** The door alone: the line answers at once, so what is measured is HTTP, checks and writing the answer. */
const { services } = testServices()
const caseId = 'L1730483820123-a1b2c3'
services.line.submit = async event => ({
  status: 'recorded',
  kind: event.kind,
  eventId: caseId,
  caseId,
  recordedAt: testNow,
  decision: testDecision(event, caseId),
  outcome: null,
  ignored: [],
})
const config = testConfig({ requestIds: randomUUID })
const app = buildHttp(services, { ...config, limits: { ...config.limits, leads: 1e9 } })
const address = await app.listen({ port: 0, host: '127.0.0.1' })
const body = JSON.stringify({
  name: 'Jane Doe',
  phone: '+1 612 555 1212',
  details: 'URGENT: need an estimate for metal roof today',
  attributes: { age: 41, job: 'admin.', balance: 1200 },
})
console.log(
  `autocannon -c 32 -d 5 -m POST -H 'x-api-key: ${keyOf('ingest')}' -H 'content-type: application/json' -b '${body}' ${address}/v1/lead`,
)
