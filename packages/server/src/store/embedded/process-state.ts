import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { promisify } from 'node:util'

/**
 * When the process started, as an opaque word that differs for a later process with the same pid; undefined when no
 * such process lives. A zombie (state Z, in containers without an init nobody reaps it) is dead.
 */
export async function startMark(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return startMarkByPs(pid)
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field is the program's name in brackets and may itself hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[0] ?? ''
  return text === '' || 'ZXx'.includes(state) ? undefined : fields[19]
}

async function startMarkByPs(pid: number): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }))
  const [state = '', ...started] = stdout.trim().split(/\s+/)
  return state === '' || state.startsWith('Z') ? undefined : started.join('-')
}

export const isAlive = async (pid: number): Promise<boolean> => (await startMark(pid)) !== undefined

/** Processes that work in the folder: a PostgreSQL server and all its children have their data folder as cwd. */
export async function processesIn(folder: string): Promise<readonly number[]> {
  const names = await readdir('/proc').catch(() => [])
  const pids = names.filter(name => /^\d+$/.test(name)).map(Number)
  const folders = await Promise.all(pids.map(pid => readlink(`/proc/${pid}/cwd`).catch(() => '')))
  return pids.filter((_, index) => folders[index] === folder)
}

/** Which boot and which process table a pid belongs to: a pid from another one says nothing here. */
export async function pidSpace(): Promise<string> {
  const boot = await bootId()
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '')
  return `${boot} ${namespace}`
}

export const bootId = (): Promise<string> =>
  readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    text => text.trim(),
    () => '',
  )

/** Signals a process that may have gone meanwhile. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Polls until the condition holds; false when it did not within the time. */
export async function until(condition: () => Promise<boolean>, waitMs: number): Promise<boolean> {
  const end = performance.now() + waitMs
  while (!(await condition())) {
    if (performance.now() > end) return false
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  return true
}
