import type { Clock } from '../../runtime/clock.ts'
import type { Listen } from '../../runtime/listen.ts'
import { every, type Loop } from '../../runtime/loop.ts'

/** Under five seconds, so that a replica follows in time even where news get lost. */
const pollMs = 4_000

export interface FollowModels {
  readonly listen: Listen
  readonly clock: Clock
  /** Reads which models are to serve. */
  readonly refresh: () => Promise<void>
  /** The database may be away for a while: the model that serves goes on, and the next look sees. */
  readonly onError: (error: unknown) => void
}

/** Looks when a model was swapped anywhere, and every few seconds. */
export async function followModels({ listen, clock, refresh, onError }: FollowModels): Promise<Loop> {
  const loop = every({ name: 'models', clock, everyMs: pollMs, mostMs: pollMs, work: refresh, onError })
  await listen.add({ channels: ['surety_models'], heard: loop.wake, missed: loop.wake })
  return loop
}
