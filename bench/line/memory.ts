import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Megabytes of 10^6 bytes. Pss shares pages that several processes map; Rss counts them whole. */
export interface Memory {
  readonly pssMb: number
  readonly rssMb: number
}

/** Sum over processes; those that have ended meanwhile count nothing. null where the kernel does not tell (not Linux). */
export function memoryOf(pids: readonly number[]): Memory | null {
  let pss = 0
  let rss = 0
  for (const pid of pids) {
    const rollup = read(`/proc/${pid}/smaps_rollup`)
    pss += kilobytes(rollup, 'Pss')
    rss += kilobytes(rollup, 'Rss')
  }
  return pss === 0 ? null : { pssMb: megabytes(pss), rssMb: megabytes(rss) }
}

/** The processes of a PostgreSQL server are those that work in its data folder. */
export function postgresIn(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => workingFolder(pid)?.startsWith(folder) === true)
}

/** Processor seconds that a process has used, of all its threads. */
export function cpuSecondsOf(pids: readonly number[]): number {
  let ticks = 0
  for (const pid of pids) {
    // After the name in brackets: state is field 3, user and system time are 14 and 15, of ended children 16 and 17.
    const fields = read(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
  }
  return ticks / 100
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function workingFolder(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return null
  }
}

function kilobytes(rollup: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0)
}

function megabytes(kb: number): number {
  return Math.round((kb * 1024) / 1e5) / 10
}

/** Children, their children, and so on. */
export function descendantsOf(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .filter(word => word.trim() !== '')
    .map(Number)
  return children.flatMap(child => [child, ...descendantsOf(child)])
}
