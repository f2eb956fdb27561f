import { type FreshDatabase, freshDatabase } from './fresh-database.ts'
import { memoryOf, postgresIn } from './memory.ts'
import { batches, full, light, runPhase, type Target, type Timing } from './phases.ts'
import { batchSize } from './plan.ts'
import { type DatabaseKind, isPhase, type MemoryPair, type OnDatabase, type Phase, type Refused } from './results.ts'
import { type Surety, startSurety } from './surety.ts'

export interface Pace {
  readonly quick: boolean
  readonly timing: Timing
}

/** More work on the same running service, before its memory is looked at: the comparison with a peer. */
export type Extra = (target: Target, key: string) => Promise<readonly (Phase | Refused)[]>

const afterLoadMs = 60_000
const tenants = 20

/** Starts Surety on one kind of database and puts it through every phase. */
export async function onDatabase(kind: DatabaseKind, serverUrl: string, pace: Pace, extra: Extra): Promise<OnDatabase> {
  await using database = kind === 'local' ? await freshDatabase(serverUrl) : null
  await using surety = await startSurety(database?.url ?? null)
  const version = database?.version ?? embeddedVersion(surety)
  console.error(`Surety on ${version} (${kind})`)
  const keys = await surety.keys(Array.from({ length: tenants }, (_, n) => `tenant-${n + 1}`))
  await pause(2_000)
  const fresh = memoryPair(surety)

  const target: Target = {
    port: surety.port,
    path: '/v1/lead',
    server: () => [surety.pid],
    ended: surety.ended,
    postgres: database === null ? surety.postgres : () => postgresIn(database.folder),
  }
  const one = keys.slice(0, 1)
  const { timing, quick } = pace
  const half = { ...timing, seconds: timing.seconds / 2 }
  const phases: (Phase | Refused)[] = []
  const run = async (name: string, plan: Parameters<typeof runPhase>[2]): Promise<void> => {
    phases.push(await runPhase(name, target, plan))
  }
  // The compiler of the runtime needs some thousand requests; a service is measured as it is after its first minute.
  await run('warm-up', full(one, 32, { seconds: 5, warmUpSeconds: 0 }))
  await run('100/s', light(one, timing))
  if (!quick) await run('1 connection', full(one, 1, timing))
  await run('32 connections', full(one, 32, timing))
  await run('128 connections', full(one, 128, timing))
  for (const round of [1, 2]) {
    await run(`one tenant, round ${round}`, full(one, 128, half))
    await run(`20 tenants, round ${round}`, full(keys, 128, half))
  }
  await run('batches of 200', batches(one, timing))
  const more = await extra(target, keys[0]!)
  const audit = database === null ? null : await auditOf(database, [...phases, ...more])
  await pause(afterLoadMs)
  return { kind, version, phases, fresh, minuteAfterLoad: memoryPair(surety), audit }
}

/** Every acknowledged lead has one decision in the database: a fast server that loses some is not fast. */
async function auditOf(database: FreshDatabase, runs: readonly (Phase | Refused)[]) {
  if (!runs.every(isPhase)) return null
  const acknowledged = runs
    .map(({ measured }) => (measured.recorded > 0 ? measured.recorded : (measured.statuses['200'] ?? 0)))
    .reduce((sum, n) => sum + n, 0)
  console.error(`  decisions acknowledged ${acknowledged}, batches of ${batchSize} included`)
  return { acknowledged, found: await database.count('surety.decisions') }
}

function memoryPair(surety: Surety): MemoryPair {
  return { surety: memoryOf([surety.pid]), postgres: memoryOf(surety.postgres()) }
}

function embeddedVersion(surety: Surety): string {
  const version = /embedded (PostgreSQL [\d.]+)/.exec(surety.printed())?.[1]
  return version ?? 'PostgreSQL of unknown version'
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
