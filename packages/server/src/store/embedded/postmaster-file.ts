import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a running server says of itself in postmaster.pid. */
export interface PostmasterFile {
  readonly pid: number
  readonly port: number
  readonly sockets: string
  readonly ready: boolean
}

export async function readPostmasterFile(pgdata: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(join(pgdata, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  return { pid, port: Number(lines[3] ?? 0), sockets: lines[4] ?? '', ready: (lines[7] ?? '').trim() === 'ready' }
}

/** The command line the server was started with: program and arguments, quoted as PostgreSQL writes it. */
export const readPostmasterOptions = (pgdata: string): Promise<string> =>
  readFile(join(pgdata, 'postmaster.opts'), 'utf8').then(
    text => text.trim(),
    () => '',
  )

export const asPostmasterOptions = (program: string, args: readonly string[]): string =>
  [program, ...args.map(argument => `"${argument}"`)].join(' ')

/** Whether the folder's server is still that process; without waiting, for the moment Surety exits. */
export function runsStill(pgdata: string, pid: number): boolean {
  try {
    return Number(readFileSync(join(pgdata, 'postmaster.pid'), 'utf8').split('\n')[0]) === pid
  } catch {
    return false
  }
}
