import { randomUUID } from 'node:crypto'
import { batchSize, type Plan } from './plan.ts'

const firstNames = ['Ada', 'Bruno', 'Clara', 'Dario', 'Elsa', 'Fabio', 'Greta', 'Hugo']
const beginnings = ['Ar', 'Bel', 'Cor', 'Dan', 'El', 'Fer', 'Gro', 'Hal']
const middles = ['a', 'en', 'i', 'or', 'u', 'and', 'est', 'il']
const ends = ['den', 'berg', 'ski', 'ton', 'field', 'mann', 'ley', 'wood']
const texts = [
  'Please send me a quote for a new kitchen, we would like to start next month.',
  'Our roof is leaking since last night, can somebody come today? It is urgent.',
  'I have a question about the warranty of the heating you installed in spring.',
  'Great work on the garden wall! What would a second one cost, roughly 12 m long?',
  'No rush, just browsing: do you have a brochure of your solar panels?',
  'The invoice 2041-77 is wrong again and nobody answers, I am very disappointed.',
  'Could we book an appointment for an estimate of two bathrooms, mornings are best?',
  'We need a price for painting an office of 240 square metres, material included.',
]

/** The n-th lead: what a web form sends; always the same for the same n. */
export function lead(n: number) {
  const first = firstNames[(n * 3) % 8]!
  // 512 last names: with a handful of them a cache of ours would look better than it is.
  const last = `${beginnings[n % 8]!}${middles[(n >> 3) % 8]!}${ends[(n >> 6) % 8]!}`
  return {
    name: `${first} ${last}`,
    phone: `+1 415 555 ${String(2000 + (n % 7919)).padStart(4, '0')}`,
    email: `${first}.${last}.${n}@example.invalid`.toLowerCase(),
    details: texts[(n * 5) % texts.length]!,
    company: `${last} & Co`,
    source: 'web-form',
  }
}

/** Makes the next request of one connection; the bytes are valid until that connection asks again. */
export type NextRequest = () => Buffer

const differentLeads = 1_024

/**
 * Requests are built before the load starts, because the generator shares two cores with the server. Leads repeat after
 * 1,024 (each is a new lead to the server); events need new ids, which are written over the old ones in place.
 */
export function requestsOf(plan: Plan): () => NextRequest {
  if (plan.body === 'events') return () => eventRequests(plan)
  let at = 0
  const built = Array.from({ length: differentLeads * Math.min(plan.keys.length, 20) }, (_, n) =>
    request(plan, plan.keys[n % plan.keys.length]!, JSON.stringify(lead(n))),
  )
  return () => () => built[at++ % built.length]!
}

const idLength = 36

function eventRequests(plan: Plan): NextRequest {
  const occurred_at = new Date().toISOString()
  const events = Array.from({ length: batchSize }, (_, n) => ({
    event_id: randomUUID(),
    type: 'lead.created',
    occurred_at,
    source: 'bench',
    data: lead(n),
  }))
  const bytes = request(plan, plan.keys[0]!, JSON.stringify(events))
  const places = events.map(event => bytes.indexOf(event.event_id))
  // The end of each id is its number within this connection; the rest, random, keeps connections and runs apart.
  const digits = 12
  let sent = 0
  return () => {
    for (const place of places) bytes.write(String(sent++).padStart(digits, '0'), place + idLength - digits, 'latin1')
    return bytes
  }
}

function request(plan: Plan, key: string, body: string): Buffer {
  const head = [
    `POST ${plan.path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    ...(key === '' ? [] : [`x-api-key: ${key}`]),
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}
