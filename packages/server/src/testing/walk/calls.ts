import type { Json, Route } from '@surety/contract'
import { Compile } from 'typebox/compile'
import { exampleModel } from '../../model/example-model.ts'
import type { Call } from '../start-world.ts'
import { bulkBody, type Victim } from './victim.ts'

/** One request of a stranger: what it names of the victim, if anything, it must never reach. */
export interface WalkCall extends Call {
  readonly path: string
  readonly method: string
  /** True: the request names something of the victim. */
  readonly foreign: boolean
}

/** What a path parameter holds, by the part of the path up to it: a route below `/v1/lead/{id}` is filled by itself. */
const params: readonly {
  readonly prefix: string
  readonly of: (victim: Victim) => string
  readonly unknown: string
}[] = [
  { prefix: '/v1/lead/{id}', of: victim => victim.lead, unknown: 'L0000000000000-000000' },
  { prefix: '/v1/cases/{pod}/{id}', of: victim => victim.lead, unknown: 'L0000000000000-000000' },
  { prefix: '/v1/inbox/{case}', of: victim => victim.leasedCase, unknown: 'L0000000000000-000000' },
  { prefix: '/v1/decisions/{id}', of: victim => victim.decision, unknown: '00000000-0000-4000-8000-000000000000' },
  {
    prefix: '/ops/certificates/{id}',
    of: victim => victim.certificate,
    unknown: '00000000-0000-4000-8000-000000000000',
  },
  { prefix: '/ops/keys/{id}', of: victim => victim.keyId, unknown: '000000000000' },
  { prefix: '/v1/alerts/{id}', of: victim => victim.alert, unknown: 'H0000000-00000' },
  { prefix: '/v1/entities/{kind}/{id}', of: victim => victim.thermostat, unknown: 'T0' },
]
/** Parameters that are the same word for everybody. */
const sharedParams: { readonly [prefix: string]: string } = {
  '/ops/settings/{name}': 'policy',
  '/v1/tasks/{name}': 'retention',
  '/v1/entities/{kind}': 'thermostat',
  '/v1/cases/{pod}': 'customer-ops',
  // The model of the leads is everybody's.
  '/v1/models/{pod}': 'customer-ops',
  '/v1/models/{pod}/{question}': 'main',
  '/v1/models/{pod}/{question}/{version}': String(exampleModel().version),
}

/** Query parameters that name nothing of anybody, and may be left out. */
const plainQuery =
  'limit order state pod question coverage since min_auc reason apply as_of known_at effective_from version reset dry_run partial digest code group about subject severity'.split(
    ' ',
  )
/** Query parameters without which there is no request, and that name nothing of anybody. */
const requiredQuery: { readonly [name: string]: string } = { reason: 'a-walk' }

/** Bodies that name things of the victim, or that the route has no example of. */
const bodies: { readonly [route: string]: (victim: Victim) => { readonly body: Json; readonly foreign: boolean } } = {
  releaseCase: victim => ({ body: { lease_token: victim.leaseToken }, foreign: true }),
  extendLease: victim => ({ body: { lease_token: victim.leaseToken }, foreign: true }),
  answerCase: victim => ({ body: { answer: 'approve', lease_token: victim.leaseToken }, foreign: true }),
  bulkAnswer: victim => ({ body: { ...bulkBody, preview_token: victim.previewToken }, foreign: true }),
  recordEvents: victim => ({ body: messageEvent(victim.lead), foreign: true }),
  replaceEntity: victim => ({
    body: { value: { code: victim.thermostat, room: 'attic', target: 9 }, version: 1 },
    foreign: true,
  }),
  acceptImport: victim => ({ body: { key: victim.keyId, reason: 'the old CRM' }, foreign: true }),
  putSettings: () => ({ body: {}, foreign: false }),
  changeSettings: () => ({ body: {}, foreign: false }),
  nextInInbox: victim => ({ body: { except: [victim.leasedCase] }, foreign: false }),
}

const messageEvent = (lead: string): Json => ({
  event_id: 'walk-message',
  type: 'message.received',
  occurred_at: new Date(Date.now() - 60_000).toISOString(),
  data: { lead_id: lead, role: 'user', text: 'from a stranger' },
})

/**
 * The requests of a stranger to one route: with ids of the victim, with every cursor of the victim, and bare.
 * @throws Error with a sentence where a part of the route is not known here: whoever adds a route says how it is filled
 */
export function callsOf(name: string, route: Route, victim: Victim): readonly WalkCall[] {
  const at = pathOf(name, route, victim, false)
  const sent = bodyOf(name, route, victim)
  const { required, cursor } = queryOf(name, route, victim)
  const base = { method: route.method, ...(sent === null ? {} : sentAs(route, sent.body)) }
  const foreign = at.foreign || sent?.foreign === true
  return [
    { ...base, path: withQuery(at.path, required), foreign },
    ...(cursor === null
      ? []
      : [{ ...base, path: withQuery(at.path, [...required, `cursor=${cursor}`]), foreign: true }]),
  ]
}

/** JSON, or a file as its route takes it. */
const sentAs = ({ body }: Route, sent: Json): Pick<WalkCall, 'body' | 'raw' | 'headers'> =>
  body?.type === undefined ? { body: sent } : { raw: sent as string, headers: { 'content-type': body.type } }

/** The same request about something that never existed; null where no path names anything. */
export function unknownCall(name: string, route: Route, victim: Victim): WalkCall | null {
  const at = pathOf(name, route, victim, true)
  if (!at.foreign) return null
  const { required } = queryOf(name, route, victim)
  return { ...callsOf(name, route, victim)[0]!, path: withQuery(at.path, required) }
}

function pathOf(name: string, route: Route, victim: Victim, unknown: boolean) {
  let foreign = false
  const path = route.path.replaceAll(/\{\w+\}/g, (param, offset: number) => {
    const prefix = route.path.slice(0, offset) + param
    const shared = sharedParams[prefix]
    if (shared !== undefined) return shared
    const known = params.find(one => one.prefix === prefix)
    if (known === undefined)
      throw new Error(
        `The walk does not know what stands at ${param} of ${route.method} ${route.path} (${name}): give the victim one and say in testing/walk/calls.ts how it is filled.`,
      )
    foreign = true
    return encodeURIComponent(unknown ? known.unknown : known.of(victim))
  })
  return { path, foreign }
}

function bodyOf(name: string, route: Route, victim: Victim) {
  const { body } = route
  if (body === undefined) return null
  const own =
    bodies[name]?.(victim) ?? (body.example === undefined ? null : { body: body.example as Json, foreign: false })
  if (own === null) {
    if (!body.required) return null
    throw new Error(
      `${name} needs a body and has no example: give it one, or say in testing/walk/calls.ts what is sent.`,
    )
  }
  if (!Compile(body.schema).Check(own.body))
    throw new Error(`The body that the walk sends to ${name} is not what its schema asks for.`)
  return own
}

function queryOf(name: string, route: Route, victim: Victim) {
  const schema = route.query as { properties?: object; required?: readonly string[] } | undefined
  const names = Object.keys(schema?.properties ?? {})
  let cursor: string | null = null
  const required: string[] = []
  for (const one of names) {
    if (one === 'cursor') cursor = victim.cursors[name] ?? null
    else if (one === 'q') required.push(`q=${victim.word}`)
    else if (schema?.required?.includes(one) && requiredQuery[one] !== undefined)
      required.push(`${one}=${requiredQuery[one]}`)
    else if (!plainQuery.includes(one) || schema?.required?.includes(one))
      throw new Error(`The walk does not know what stands in ?${one}= of ${name}: say so in testing/walk/calls.ts.`)
  }
  if (names.includes('cursor') && typeof cursor !== 'string')
    throw new Error(
      `The victim has no cursor of ${name}: give it two rows there, and the cursor, in testing/walk/victim.ts.`,
    )
  return { required, cursor }
}

const withQuery = (path: string, parts: readonly string[]): string =>
  parts.length === 0 ? path : `${path}?${parts.join('&')}`
