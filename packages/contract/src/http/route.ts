import type { Static, TSchema } from 'typebox'
import type { ProblemCode } from '../errors.ts'
import type { Grant, Role } from '../views.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Writes per minute are counted by group; what viewers and higher read is counted over all routes. */
export type RateGroup = 'leads' | 'v1' | 'ops' | 'events' | 'exports'

/** What one answer looks like. `envelope`: the body is `{ok, request_id, data}` and the schema describes `data`. */
export interface RouteAnswer<S extends TSchema = TSchema> {
  readonly status: number
  readonly type: string
  readonly envelope: boolean
  readonly schema: S
  readonly description: string
  /** The handler gives the text of its data, not the data. */
  readonly written?: true
  readonly example?: unknown
  /** Response headers beside the ones every answer has: name -> meaning. */
  readonly headers?: { readonly [name: string]: string }
}

/**
 * One endpoint as data: the server registers it, the docs are generated from it, tests walk it.
 * Nothing about a route is written down twice.
 */
export interface Route {
  readonly method: Method
  /** Parameters in braces: `/v1/lead/{id}`. */
  readonly path: string
  /** Heading in the API reference. */
  readonly area: string
  readonly summary: string
  readonly description?: string
  /** Roles that may call it; empty: no key is asked for. */
  readonly roles: readonly Role[]
  /** What a principal of these roles must hold beside its role. */
  readonly grant?: Grant
  /** True: a platform key (tenant `*`) may call it. All other routes act on the tenant of the key and refuse it. */
  readonly platform?: boolean
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: {
    readonly schema: TSchema
    readonly required: boolean
    /** `door`: checked against the schema here. `inside`: the schema documents what the pod or the service checks. */
    readonly checked: 'door' | 'inside'
    /** Absent: JSON. `text/csv`: the body is one text. */
    readonly type?: 'text/csv'
    /**
     * What of it is kept and shown as it was sent, and is refused with something personal in it: these members, `all` of them, or
     * `all` but some. Absent: nothing; what people write is redacted before it is kept.
     */
    readonly plain?: readonly string[] | 'all' | { readonly but: readonly string[] }
    /** Bytes; absent: `defaultBodyLimit`. */
    readonly limit?: number
    readonly example?: unknown
  }
  readonly answers: readonly RouteAnswer[]
  /** Codes that this route may answer beside those that every route of its sort may answer. */
  readonly problems: readonly ProblemCode[]
  /** null: not counted (routes without key). */
  readonly group: RateGroup | null
  /** A body with this word in this field is never counted: stopping must not wait for a limit. */
  readonly neverLimited?: { readonly field: string; readonly value: string }
  /** Accepts Idempotency-Key. Reads do not need it; a write without it says why in its description. */
  readonly idempotent: boolean
}

/** 64 KiB, the largest body of a route that does not say otherwise. */
export const defaultBodyLimit = 65_536

/** 5 MiB: model candidates and batches of events. */
export const largeBodyLimit = 5 * 1024 * 1024

type Schemed<R, K extends string> = R extends { readonly [P in K]: infer S extends TSchema } ? Static<S> : undefined

/** Checked path parameters of a route. */
export type ParamsOf<R> = Schemed<R, 'params'>
/** Checked query of a route, numbers as numbers. */
export type QueryOf<R> = Schemed<R, 'query'>
/** The body of a route: typed when the door checks it, `unknown` when it is checked inside. */
export type BodyOf<R> = R extends {
  readonly body: { readonly schema: infer S extends TSchema; readonly checked: infer C }
}
  ? C extends 'door'
    ? R extends { readonly body: { readonly required: true } }
      ? Static<S>
      : Static<S> | undefined
    : unknown
  : undefined

/** What a schema describes, to be read and not written: a handler may give lists and objects that it does not own. */
export type Shown<T> = T extends readonly (infer I)[]
  ? readonly Shown<I>[]
  : T extends object
    ? { readonly [K in keyof T]: Shown<T[K]> }
    : T

type Headers = { readonly [name: string]: string }

/** Text, whole or in pieces as they are made. `type`: where it says more than that of the route. */
export interface TextAnswer {
  readonly body: string | AsyncIterable<string>
  readonly type?: string
  readonly headers?: Headers
}

declare const written: unique symbol
/** A value as JSON, written where it is known that some of it need not be written twice. */
export type JsonText<T> = string & { readonly [written]: T }

type JsonAnswer<A> = A extends { readonly status: infer C; readonly schema: infer S extends TSchema }
  ? A extends { readonly written: true }
    ? { readonly status: C; readonly text: JsonText<Shown<Static<S>>>; readonly headers?: Headers }
    : { readonly status: C; readonly data: Shown<Static<S>>; readonly headers?: Headers }
  : never

/**
 * What a handler of the route may give back. One JSON answer: its data, which the door writes in the envelope or bare. Several: which
 * one it is, and its data, or the text of it where the answer says `written`. Anything else than JSON: the text.
 */
export type AnswersOf<R extends Pick<Route, 'answers'>> = R['answers'][number] extends {
  readonly type: 'application/json'
}
  ? R['answers'] extends readonly [{ readonly schema: infer S extends TSchema }]
    ? Shown<Static<S>>
    : JsonAnswer<R['answers'][number]>
  : TextAnswer

/** Roles that may read: viewer and higher. */
export const readers = ['viewer', 'operator', 'admin'] as const satisfies readonly Role[]
/** Roles that may write leads and messages. */
export const writers = ['ingest', 'operator', 'admin'] as const satisfies readonly Role[]
/** operator and higher. */
export const operators = ['operator', 'admin'] as const satisfies readonly Role[]
/** admin alone. */
export const admins = ['admin'] as const satisfies readonly Role[]

/** A 200 JSON answer in the envelope; the schema describes `data`. */
export function enveloped<S extends TSchema>(schema: S, description: string, example?: unknown) {
  const answer = { status: 200, type: 'application/json', envelope: true, schema, description } as const
  return example === undefined ? answer : { ...answer, example }
}
