import type { Context } from '../../runtime/context.ts'
import { taskRoutes } from './routes.ts'
import { taskService } from './tasks.ts'

/** What recurs, as people see and change it; what runs it is `runtime`. */
export const openTaskPages = (ctx: Pick<Context, 'db' | 'now' | 'audit'>) => ({ routes: taskRoutes(taskService(ctx)) })
