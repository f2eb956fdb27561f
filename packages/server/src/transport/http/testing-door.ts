import type { Role } from '@surety/contract'
import { actRoutes } from '../../manage/acts/routes.ts'
import { calibrationRoutes } from '../../manage/autonomy/calibration-routes.ts'
import { autonomyRoutes } from '../../manage/autonomy/routes.ts'
import { caseRoutes } from '../../manage/cases/routes.ts'
import { eventRoutes } from '../../manage/events/event-routes.ts'
import { leadRoutes } from '../../manage/events/lead-routes.ts'
import { explainRoutes } from '../../manage/explain/routes.ts'
import { inboxRoutes } from '../../manage/inbox/routes.ts'
import { keyRoutes } from '../../manage/keys/routes.ts'
import { modelRoutes } from '../../manage/models/routes.ts'
import { reportRoutes } from '../../manage/reports/routes.ts'
import { settingRoutes } from '../../manage/settings/routes.ts'
import { taskRoutes } from '../../manage/tasks/routes.ts'
import { buildHttp } from './http.ts'
import type { HttpConfig } from './http-config.ts'
import { keyOf, testConfig, testServices } from './testing-services.ts'

interface Asked {
  readonly role?: Role
  readonly tenant?: string
  readonly headers?: { readonly [name: string]: string }
}

/** The door over services in memory, with short words for asking it. */
export function openTestDoor(change: Partial<HttpConfig> = {}) {
  const inside = testServices()
  const config = testConfig(change)
  const { services } = inside
  const routes = {
    ...leadRoutes(services.line),
    ...eventRoutes(services.line),
    ...caseRoutes(services.cases),
    ...inboxRoutes(services.inbox),
    ...reportRoutes(services.reports),
    ...actRoutes(services.acts),
    ...explainRoutes(services.explanations),
    ...autonomyRoutes(services.autonomy),
    ...calibrationRoutes(services.calibration),
    ...modelRoutes(services.models),
    ...taskRoutes(services.tasks),
    ...settingRoutes(services.settings),
    ...keyRoutes(services.keys),
  }
  const app = buildHttp(
    {
      routes,
      authenticate: services.keys.authenticate,
      idempotency: services.idempotency,
      ready: () => services.ready(),
    },
    config,
  )
  const send = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, body?: unknown, asked: Asked = {}) =>
    app.inject({
      method,
      url,
      headers: {
        'x-api-key': keyOf(asked.role ?? 'admin', asked.tenant),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...asked.headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  return {
    ...inside,
    config,
    app,
    send,
    get: (url: string, asked?: Asked) => send('GET', url, undefined, asked),
    post: (url: string, body?: unknown, asked?: Asked) => send('POST', url, body, asked),
  }
}
