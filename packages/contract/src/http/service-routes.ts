import Type from 'typebox'
import type { Route, RouteAnswer } from './route.ts'
import { AnyObject } from './shapes.ts'

const plain = (type: string, description: string): RouteAnswer => ({
  status: 200,
  type,
  envelope: false,
  schema: type === 'application/json' ? AnyObject : Type.String(),
  description,
})

const open = { method: 'GET', area: 'Service', roles: [], group: null, idempotent: false } as const

/** For load balancers, scrapers and readers; no key. */
export const serviceRoutes = {
  health: {
    ...open,
    path: '/healthz',
    summary: 'The process is alive',
    answers: [{ ...plain('application/json', 'Alive'), schema: Type.Object({ ok: Type.Literal(true) }) }],
    problems: [],
  },
  ready: {
    ...open,
    path: '/ready',
    summary: 'The service can take work',
    answers: [{ ...plain('application/json', 'Ready'), schema: Type.Object({ ready: Type.Literal(true) }) }],
    problems: ['not_ready'],
  },
  metrics: {
    ...open,
    path: '/metrics',
    summary: 'Prometheus metrics, without personal data',
    description: 'Needs Authorization: Bearer METRICS_TOKEN when that is set.',
    answers: [plain('text/plain', 'Prometheus text format')],
    problems: ['authentication_required'],
  },
  docs: {
    ...open,
    path: '/docs',
    summary: 'This reference as a page that works offline',
    answers: [plain('text/html', 'The page')],
    problems: [],
  },
  openApiDocument: {
    ...open,
    path: '/docs/openapi.json',
    summary: 'This reference as OpenAPI 3.1',
    answers: [plain('application/json', 'The document')],
    problems: [],
  },
} as const satisfies { readonly [name: string]: Route }
