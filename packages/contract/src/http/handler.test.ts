import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answered, Handlers } from './handler.ts'
import type { JsonText } from './route.ts'

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
const unpromised: Answered<'reloadModel'> = { status: 202, data: { ok: true, version: 1 } }
// @ts-expect-error data, where the route promises that it is written already
const unwritten: Answered<'recordEvents'> = { status: 200, data: { items: [], next: null } }
// @ts-expect-error the text of something else
const another: Answered<'recordEvents'> = { status: 201, text: '{"rows":3}' as JsonText<{ rows: number }> }
// @ts-expect-error text is no data
const data: Answered<'exportOutcomes'> = { rows: 3 }

// @ts-expect-error a route of the list has no handler
const none: Handlers<'releaseCase' | 'extendLease'> = { releaseCase: async () => released }
// @ts-expect-error a handler that leaves out a field
const less: Handlers<'releaseCase'> = { releaseCase: async ({ params }) => ({ case_id: params.case }) }
// @ts-expect-error a handler that reads a parameter which the route does not have
const reads: Handlers<'releaseCase'> = { releaseCase: async ({ params }) => ({ ...released, case_id: params.id }) }

test('a handler gives back what its route promises: data, a status with its data or the text of it, or text', () => {
  const lists: Answered<'listKeys'> = { items: Object.freeze([]), next: null }
  const text: Answered<'exportOutcomes'> = { body: 'lead_id\r\n' }
  const loaded = { ok: true, version: 1, auc: 0.8, n_train: 500, load_time: 3, validated: true } as const
  const first: Answered<'reloadModel'> = { status: 200, data: loaded }
  const kept = '{"event_id":"e1","status":"recorded"}' as JsonText<{ event_id: string; status: 'recorded' }>
  const written: Answered<'recordEvents'> = { status: 201, text: kept }
  const right = [lists, text, first, written]
  const wrongs = [missing, unknown, wrong, tagged, mixed, unpromised, unwritten, another, data, none, less, reads]
  assert.equal(right.length + wrongs.length, 16)
})
