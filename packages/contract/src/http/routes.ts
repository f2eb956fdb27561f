import { leadRoutes } from './lead-routes.ts'

/** Every endpoint by its operation name. */
export const routes = { ...leadRoutes }
export type Routes = typeof routes
export type RouteName = keyof Routes
