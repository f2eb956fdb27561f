import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answered, Handlers } from './handler.ts'

/** What follows is checked by the compiler: a line that should not compile and does is an error of its own. */
const released: Answered<'releaseCase'> = { case_id: 'L1', released: true }
// @ts-expect-error a field is missing
const missing: Answered<'releaseCase'> = { case_id: 'L1' }
// @ts-expect-error a field that the schema does not name
const unknown: Answered<'releaseCase'> = { ...released, lease: 'none', released: true }
// @ts-expect-error a field of another type
const wrong: Answered<'extendLease'> = { case_id: 'L1', leased_until: new Date(0) }
// @ts-expect-error one JSON answer is its data, and is not tagged
const tagged: Answered<'releaseCase'> = { status: 200, data: released }
// @ts-expect-error the body of the other status
const mixed: Answered<'reloadModel'> = { status: 409, data: { ok: true, version: 1 } }
// @ts-expect-error a status that the route does not promise
const unpromised: Answered<'recordEvents'> = { status: 202, data: { items: [], next: null } }
// @ts-expect-error text is no data
const data: Answered<'exportOutcomes'> = { rows: 3 }

// @ts-expect-error a route of the list has no handler
const none: Handlers<'releaseCase' | 'extendLease'> = { releaseCase: async () => released }
// @ts-expect-error a handler that leaves out a field
const less: Handlers<'releaseCase'> = { releaseCase: async ({ params }) => ({ case_id: params.case }) }
// @ts-expect-error a handler that reads a parameter which the route does not have
const reads: Handlers<'releaseCase'> = { releaseCase: async ({ params }) => ({ ...released, case_id: params.id }) }

test('a handler gives back what its route promises: data, a status with its data, or text', () => {
  const lists: Answered<'listKeys'> = { items: Object.freeze([]), next: null }
  const text: Answered<'exportOutcomes'> = { body: 'lead_id\r\n' }
  const first: Answered<'recordEvents'> = { status: 201, data: { event_id: 'e1', status: 'recorded' } }
  const all = [lists, text, first, missing, unknown, wrong, tagged, mixed, unpromised, data, none, less, reads]
  assert.equal(all.length, 13)
})
