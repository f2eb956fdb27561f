import { watchCores } from './cores.ts'
import { generate } from './generate.ts'
import { batchSize, type Plan } from './plan.ts'
import type { Phase, Refused } from './results.ts'

/** A server under load and the processes that work for it. */
export interface Target {
  readonly port: number
  readonly path: string
  readonly server: () => readonly number[]
  readonly postgres: () => readonly number[]
  /** What is known of a server that is no longer there. */
  readonly ended: () => string | null
}

export interface Timing {
  readonly seconds: number
  readonly warmUpSeconds: number
}

/** One phase of load; a run that may not be counted says why, and the others go on. */
export async function runPhase(
  name: string,
  target: Target,
  plan: Omit<Plan, 'port' | 'path'> & { path?: string },
): Promise<Phase | Refused> {
  try {
    if (target.ended() !== null) throw new Error('there is no server')
    const { result, cores } = await watchCores(
      target,
      () => generate({ path: target.path, ...plan, port: target.port }),
      // The warm-up is as busy as the rest.
      measured => measured.generatorCores * (plan.seconds + plan.warmUpSeconds),
    )
    const each = plan.body === 'events' ? batchSize : 1
    const phase = { name, measured: result, perSecond: Math.round((result.answered * each) / result.seconds), cores }
    const { p50, p99 } = result.ms
    console.error(
      `  ${name}: ${phase.perSecond}/s, p50 ${p50} ms, p99 ${p99} ms; cores: server ${cores.server}, PostgreSQL ${cores.postgres}, generator ${result.generatorCores}, others ${cores.others}`,
    )
    return phase
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const ended = target.ended()
    const refused = ended === null ? reason : `${reason}; the server ${ended}`
    console.error(`  ${name}: ${refused}`)
    return { name, refused }
  }
}

export const light = (keys: readonly string[], timing: Timing) =>
  ({ body: 'lead', keys, load: { kind: 'open', perSecond: 100 }, connections: 16, ...timing }) as const

export const full = (keys: readonly string[], connections: number, timing: Timing) =>
  ({ body: 'lead', keys, load: { kind: 'closed' }, connections, ...timing }) as const

/** Eight callers with a batch each keep the line busy while staying below its bounded queue. */
export const batches = (keys: readonly string[], timing: Timing) =>
  ({ body: 'events', path: '/v1/events', keys, load: { kind: 'closed' }, connections: 8, ...timing }) as const
