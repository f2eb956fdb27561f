import Type, { type TSchema } from 'typebox'
import type { Route } from './route.ts'
import { AnyObject } from './shapes.ts'

const bare = { status: 200, envelope: false } as const
const json = <S extends TSchema>(schema: S, description: string) =>
  ({ ...bare, type: 'application/json', schema, description }) as const
const text = <T extends 'text/plain' | 'text/html'>(type: T, description: string) =>
  ({ ...bare, type, schema: Type.String(), description }) as const

const open = { method: 'GET', area: 'Service', roles: [], group: null, idempotent: false } as const

/** For load balancers, scrapers and readers; no key. */
export const serviceRoutes = {
  health: {
    ...open,
    path: '/healthz',
    summary: 'The process is alive',
    answers: [json(Type.Object({ ok: Type.Literal(true) }), 'Alive')],
    problems: [],
  },
  ready: {
    ...open,
    path: '/ready',
    summary: 'The service can take work',
    answers: [json(Type.Object({ ready: Type.Literal(true) }), 'Ready')],
    problems: ['not_ready'],
  },
  metrics: {
    ...open,
    path: '/metrics',
    summary: 'Prometheus metrics, without personal data',
    description:
      'Needs Authorization: Bearer METRICS_TOKEN. Where that is not set it is 401, except in development on a loopback address: there it is open.',
    answers: [text('text/plain', 'Prometheus text format')],
    problems: ['authentication_required'],
  },
  docs: {
    ...open,
    path: '/docs',
    summary: 'This reference as a page that works offline',
    answers: [text('text/html', 'The page')],
    problems: [],
  },
  openApiDocument: {
    ...open,
    path: '/docs/openapi.json',
    summary: 'This reference as OpenAPI 3.1',
    answers: [json(AnyObject, 'The document')],
    problems: [],
  },
} as const satisfies { readonly [name: string]: Route }
