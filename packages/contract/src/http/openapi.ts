import { problems } from '../errors.ts'
import { defaultBodyLimit, type Route, type RouteAnswer } from './route.ts'
import { problemsOf } from './route-problems.ts'
import { routes } from './routes.ts'

/** What is written or exported, by group; what is read counts over all routes. */
const limits = {
  leads: 'leads and messages: 600 requests per minute',
  v1: 'other writes under /v1: 60 requests per minute together',
  ops: 'writes under /ops: 30 requests per minute together',
  events: '600 requests per minute',
  exports: 'exports: 5 requests per minute',
} as const
const readLimit = 'reads over all routes: 600 requests per minute together, at most 100 at once'

/**
 * The whole HTTP contract as an OpenAPI 3.1 document, made from the route table and the error registry, so that it
 * cannot say anything else than the server does. Pure; the same bytes every time.
 */
export function openApi(): { readonly [key: string]: unknown } {
  const paths: { [path: string]: { [method: string]: object } } = {}
  for (const [name, route] of Object.entries<Route>(routes)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(name, route) }
  }
  return plain({
    openapi: '3.1.0',
    info: {
      title: 'Surety',
      version: '1',
      description:
        'Decides about leads and events: acts when it can prove it is sure, asks a person when it is not. Every answer carries x-request-id. Errors are application/problem+json (RFC 9457).',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(Object.values<Route>(routes).map(route => route.area))].map(name => ({ name })),
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-api-key' } },
      schemas: { Problem: problemSchema },
    },
  })
}

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'request_id'],
  properties: {
    type: { type: 'string', description: 'urn:surety:problem:<code>' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'path of the request' },
    code: { type: 'string', enum: Object.keys(problems) },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'code', 'message'],
        properties: { path: { type: 'string' }, code: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
}

const isRead = ({ method, group }: Route): boolean => method === 'GET' && group !== 'exports'

function operation(name: string, route: Route): object {
  const size = route.body === undefined ? [] : [`Body: at most ${(route.body.limit ?? defaultBodyLimit) / 1024} KiB.`]
  const who =
    route.roles.length === 0
      ? 'No key.'
      : `Roles: ${route.roles.join(', ')}${route.grant === undefined ? '' : `, with the grant ${route.grant}`}.`
  const limit = route.group === null ? null : isRead(route) ? readLimit : limits[route.group]
  const rate = limit === null ? [] : [`Limit: ${limit}, unless the key says otherwise.`]
  const never =
    route.neverLimited === undefined ? [] : [`Never limited: ${route.neverLimited.field} ${route.neverLimited.value}.`]
  return {
    operationId: name,
    tags: [route.area],
    summary: route.summary,
    description: [
      ...(route.description === undefined ? [] : [route.description]),
      who,
      ...rate,
      ...never,
      ...size,
    ].join(' '),
    ...(route.roles.length === 0 ? { security: [] } : {}),
    parameters: parametersOf(route),
    ...(route.body === undefined ? {} : { requestBody: bodyOf(route.body) }),
    responses: { ...answersOf(route), ...refusalsOf(route) },
  }
}

interface ObjectSchema {
  readonly properties?: { readonly [name: string]: { readonly description?: string } }
  readonly required?: readonly string[]
}

function parametersOf(route: Route): object[] {
  const named = (schema: ObjectSchema | undefined, place: 'path' | 'query') =>
    Object.entries(schema?.properties ?? {}).map(([name, property]) => ({
      name,
      in: place,
      required: schema?.required?.includes(name) ?? false,
      schema: property,
    }))
  const header = (name: string, description: string, pattern: string) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string', pattern },
  })
  return [
    ...named(route.params, 'path'),
    ...named(route.query, 'query'),
    ...(route.idempotent
      ? [
          header(
            'Idempotency-Key',
            'The same key and body of one API key within 24 h answer the first answer again.',
            '^[!-~]{1,128}$',
          ),
        ]
      : []),
    header('x-request-id', 'Kept and echoed; made when absent.', '^[A-Za-z0-9._-]{1,128}$'),
  ]
}

function bodyOf(body: NonNullable<Route['body']>): object {
  const example = body.example === undefined ? {} : { example: body.example }
  return {
    required: body.required,
    content: { [body.type ?? 'application/json']: { schema: body.schema, ...example } },
  }
}

function answersOf(route: Route): { [status: string]: object } {
  return Object.fromEntries(
    route.answers.map(answer => [
      String(answer.status),
      {
        description: answer.description,
        ...(answer.headers === undefined ? {} : { headers: headersOf(answer.headers) }),
        content: { [answer.type]: contentOf(answer) },
      },
    ]),
  )
}

function headersOf(headers: { readonly [name: string]: string }): object {
  const described = ([name, description]: [string, string]) => [name, { description, schema: { type: 'string' } }]
  return Object.fromEntries(Object.entries(headers).map(described))
}

function contentOf(answer: RouteAnswer): object {
  if (!answer.envelope) return withExample(answer.schema, answer.example)
  const schema = {
    type: 'object',
    required: ['ok', 'request_id', 'data'],
    properties: { ok: { const: true }, request_id: { type: 'string' }, data: answer.schema },
  }
  const example = answer.example
  return withExample(schema, example === undefined ? undefined : { ok: true, request_id: 'abc-1', data: example })
}

function withExample(schema: object, example: unknown): object {
  return example === undefined ? { schema } : { schema, example }
}

/** Problems with one status share one answer; each code is an example of it. A status with a body of its own keeps it. */
function refusalsOf(route: Route): { [status: string]: object } {
  const byStatus = new Map<number, (keyof typeof problems)[]>()
  for (const code of problemsOf(route)) {
    const { status } = problems[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  for (const answer of route.answers) byStatus.delete(answer.status)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map(code => `${code}: ${problems[code].sentence}`).join(' '),
        content: {
          'application/problem+json': {
            schema: { $ref: '#/components/schemas/Problem' },
            examples: Object.fromEntries(codes.map(code => [code, { value: exampleOf(code, route) }])),
          },
        },
      },
    ]),
  )
}

function exampleOf(code: keyof typeof problems, route: Route): object {
  const { status, title, sentence } = problems[code]
  return {
    type: `urn:surety:problem:${code}`,
    title,
    status,
    detail: sentence,
    instance: route.path,
    code,
    request_id: 'abc-1',
  }
}

/** Only what JSON can hold: the schemas carry marks of their builder that are no part of the document. */
function plain(value: object): { readonly [key: string]: unknown } {
  return JSON.parse(JSON.stringify(value))
}
