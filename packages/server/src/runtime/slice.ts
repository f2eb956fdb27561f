import type { Listens } from './events.ts'
import type { Listener } from './listen.ts'
import type { Task } from './task.ts'

/** What is added up of everything that was opened: what recurs, and what it follows within this process and between processes. */
export interface Slice extends Partial<Listener> {
  readonly tasks?: readonly Task[]
  readonly listens?: Listens
}
