import { readFileSync } from 'node:fs'
import { cpuSecondsOf } from './memory.ts'
import type { Cores } from './results.ts'

/** Runs `work` and tells who used the processors meanwhile; `generatorSeconds` is known only after the work. */
export async function watchCores<T>(
  pids: { readonly server: () => readonly number[]; readonly postgres: () => readonly number[] },
  work: () => Promise<T>,
  generatorSeconds: (result: T) => number,
): Promise<{ result: T; cores: Cores }> {
  const before = snapshot()
  const result = await work()
  const after = snapshot()
  const seconds = (after.at - before.at) / 1000
  const server = (after.server - before.server) / seconds
  const postgres = (after.postgres - before.postgres) / seconds
  const busy = (after.busy - before.busy) / seconds
  const own = (after.own - before.own + generatorSeconds(result)) / seconds
  return {
    result,
    cores: {
      server: round(server),
      postgres: round(postgres),
      others: round(Math.max(0, busy - server - postgres - own)),
    },
  }

  function snapshot() {
    const own = process.cpuUsage()
    return {
      at: performance.now(),
      server: cpuSecondsOf(pids.server()),
      postgres: cpuSecondsOf(pids.postgres()),
      own: (own.user + own.system) / 1e6,
      busy: busySeconds(),
    }
  }
}

/** All processors together: user, nice, system, irq and softirq; idle, waiting and stolen time left out. */
function busySeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = /^cpu +(.*)$/m
    .exec(readFileSync('/proc/stat', 'utf8'))![1]!
    .split(' ')
    .map(Number)
  return (user + nice + system + irq + softirq) / 100
}

const round = (value: number): number => Math.round(value * 100) / 100
