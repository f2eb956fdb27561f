import { readdirSync, readFileSync } from 'node:fs'

/** What a piece of work took, in milliseconds: of the processors of this process and of the backends of its database, and by the clock. */
export interface Took {
  readonly nodeMs: number
  readonly postgresMs: number
  readonly wallMs: number
}

/**
 * On a machine that others use too the clock says little.
 * @param url of the database; its server has to run on this machine, else `postgresMs` is 0
 */
export async function timedOn(url: string, work: () => Promise<unknown>): Promise<Took> {
  const database = new URL(url).pathname.slice(1)
  const before = backendsMs(database)
  const [node, startedMs] = [process.cpuUsage(), performance.now()]
  await work()
  const wallMs = performance.now() - startedMs
  const { user, system } = process.cpuUsage(node)
  const postgresMs = [...backendsMs(database)].reduce((sum, [pid, ms]) => sum + ms - (before.get(pid) ?? 0), 0)
  return { nodeMs: (user + system) / 1000, postgresMs, wallMs }
}

/** By process the time on a processor so far: a backend has the name of its database in its title. */
function backendsMs(database: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(` ${database} `)) continue
      found.set(pid, Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6)
    } catch {
      // It has ended meanwhile.
    }
  }
  return found
}
