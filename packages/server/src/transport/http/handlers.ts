import type { Handlers } from './call.ts'
import type { HttpConfig } from './http-config.ts'
import { leadHandlers } from './lead-handlers.ts'

export function handlersOf(_config: HttpConfig): Handlers {
  return { ...leadHandlers }
}
