import { actRoutes } from './act-routes.ts'
import { adminRoutes } from './admin-routes.ts'
import { alertRoutes } from './alert-routes.ts'
import { autonomyRoutes } from './autonomy-routes.ts'
import { calibrationRoutes } from './calibration-routes.ts'
import { entityRoutes } from './entity-routes.ts'
import { erasureRoutes, leadErasureRoutes } from './erasure-routes.ts'
import { eventRoutes } from './event-routes.ts'
import { explainRoutes } from './explain-routes.ts'
import { findingRoutes } from './finding-routes.ts'
import { inboxRoutes } from './inbox-routes.ts'
import { leadRoutes } from './lead-routes.ts'
import { modelRoutes } from './model-routes.ts'
import { questionModelRoutes } from './question-model-routes.ts'
import { reportRoutes } from './report-routes.ts'
import { serviceRoutes } from './service-routes.ts'
import { taskRoutes } from './task-routes.ts'

/** What speaks of leads: it is there where the pod of the leads is served. */
const ofLeads = { ...leadRoutes, ...leadErasureRoutes, ...reportRoutes, ...actRoutes, ...modelRoutes } as const
export const speaksOfLeads = (name: RouteName): boolean => Object.hasOwn(ofLeads, name)

/** Every endpoint by its operation name, in the order of the reference. */
export const routes = {
  ...leadRoutes,
  ...inboxRoutes,
  ...reportRoutes,
  ...eventRoutes,
  ...findingRoutes,
  ...alertRoutes,
  ...actRoutes,
  ...explainRoutes,
  ...autonomyRoutes,
  ...calibrationRoutes,
  ...modelRoutes,
  ...questionModelRoutes,
  ...entityRoutes,
  ...leadErasureRoutes,
  ...erasureRoutes,
  ...taskRoutes,
  ...adminRoutes,
  ...serviceRoutes,
} as const
export type Routes = typeof routes
export type RouteName = keyof Routes
