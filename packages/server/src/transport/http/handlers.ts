import type { RouteName } from '@surety/contract'
import { actHandlers } from './act-handlers.ts'
import { adminHandlers } from './admin-handlers.ts'
import { autonomyHandlers } from './autonomy-handlers.ts'
import { calibrationHandlers } from './calibration-handlers.ts'
import type { Handlers } from './call.ts'
import { eventHandlers } from './event-handlers.ts'
import { explainHandlers } from './explain-handlers.ts'
import type { HttpConfig } from './http-config.ts'
import { inboxHandlers } from './inbox-handlers.ts'
import { leadHandlers } from './lead-handlers.ts'
import { modelHandlers } from './model-handlers.ts'
import { reportHandlers } from './report-handlers.ts'
import { serviceHandlers } from './service-handlers.ts'
import { taskHandlers } from './task-handlers.ts'

/** Routes that speak of leads: they are there where the pod of the leads is served. */
const ofLeads = { ...leadHandlers, ...reportHandlers, ...actHandlers, ...modelHandlers }
export const speaksOfLeads = (name: RouteName): boolean => Object.hasOwn(ofLeads, name)

export function handlersOf(config: HttpConfig): Handlers {
  return {
    ...ofLeads,
    ...inboxHandlers,
    ...eventHandlers,
    ...explainHandlers,
    ...autonomyHandlers,
    ...calibrationHandlers,
    ...taskHandlers,
    ...adminHandlers,
    ...serviceHandlers(config),
  }
}
