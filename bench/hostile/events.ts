// Events that a door takes and the line refuses, or that are made to be dear to it.
import { randomUUID } from 'node:crypto'
import { lead } from '../line/requests.ts'

interface Sent {
  readonly event_id?: unknown
  readonly type?: unknown
  readonly occurred_at?: unknown
  readonly source?: unknown
  readonly data?: unknown
}

let made = 0

export const validEvent = (): Sent => {
  const n = made++
  return {
    event_id: randomUUID(),
    type: 'lead.created',
    occurred_at: new Date().toISOString(),
    source: 'bench',
    data: lead(n),
  }
}

const withData = (more: object): Sent => ({ ...validEvent(), data: { ...lead(made), ...more } })
const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}1${']'.repeat(depth)}`) as unknown

/** Ways to be hostile, in turn; each makes another event every time. */
const ways: { readonly [name: string]: () => Sent } = {
  'a time before 1714': () => ({ ...validEvent(), occurred_at: '1000-01-01T00:00:00Z' }),
  'a time in the year 9999': () => ({ ...validEvent(), occurred_at: '9999-12-31T23:59:59Z' }),
  'an hour in the future': () => ({ ...validEvent(), occurred_at: new Date(Date.now() + 3_600_000).toISOString() }),
  'no time at all': () => ({ ...validEvent(), occurred_at: 'soon' }),
  'an unknown type': () => ({ ...validEvent(), type: `lead.${'x'.repeat(200)}` }),
  'a type of a prototype': () => ({ ...validEvent(), type: 'constructor' }),
  'half a pair in its id': () => ({ ...validEvent(), event_id: `\ud800${made}` }),
  'a NUL in its id': () => ({ ...validEvent(), event_id: `\u0000${made}` }),
  'an id of 10,000 characters': () => ({ ...validEvent(), event_id: 'i'.repeat(10_000) }),
  'an id that was taken by other data': () => ({ ...validEvent(), event_id: 'taken' }),
  'a message of no lead': () => ({
    ...validEvent(),
    type: 'message.received',
    data: { lead_id: `lead_${made}`, role: 'user', text: 'Hello' },
  }),
  'an outcome of no lead': () => ({
    ...validEvent(),
    type: 'lead.outcome',
    data: { lead_id: `lead_${made}`, outcome: 'booked' },
  }),
  'data that is no object': () => ({ ...validEvent(), data: [lead(made)] }),
  'a name of a NUL': () => withData({ name: 'A\u0000B' }),
  'half a pair in a text': () => withData({ details: `Please \udc00 call` }),
  'nested 60 deep': () => withData({ attributes: { deep: nested(60) } }),
  'attributes of prototypes': () => withData({ attributes: { constructor: 1, toString: 'x', hasOwnProperty: true } }),
  'a thousand attributes': () =>
    withData({ attributes: Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`a${n}`, n])) }),
  'a text of 8,000 digits and dashes': () => withData({ details: '4111-1111 '.repeat(800) }),
  'a text of 8,000 marks of addresses': () => withData({ details: 'a@a.'.repeat(2_000) }),
  'an e-mail of 10,000 characters': () => withData({ email: `${'a'.repeat(10_000)}@example.invalid` }),
}

export const wayNames = Object.keys(ways)
let turn = 0

export function hostileEvent(): Sent {
  const name = wayNames[turn++ % wayNames.length]!
  return ways[name]!()
}
