import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { type Machine, thisMachine } from './machine.ts'
import type { Embedded, EmbeddedOptions } from './start.ts'

export const run = promisify(execFile)

/** A folder every user can pass, gone afterwards, and this machine with its state area inside that folder. */
export async function openGround() {
  const folder = await mkdtemp(join(tmpdir(), 'se-'))
  await chmod(folder, 0o711)
  const machine: Machine = { ...thisMachine(), stateRoots: [join(folder, 'state')], tempDir: '/tmp' }
  const close = () => rm(folder, { recursive: true, force: true })
  return { folder, machine, [Symbol.asyncDispose]: close }
}

/** A copy of the installed package as `npm ci --ignore-scripts` leaves it: without library links. */
export async function copyPackage(to: string): Promise<string> {
  const from = thisMachine().packageRoot
  if (from === undefined) throw new Error('the package of this machine is not installed')
  await run('cp', ['-a', from, to])
  await run('find', [to, '-type', 'l', '-delete'])
  return to
}

export async function query(server: Pick<Embedded, 'connection'>, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ ...server.connection })
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

export interface OtherSurety extends AsyncDisposable {
  readonly process: ChildProcess
  /** What it said once up: the connection, or the error's code and sentence. */
  readonly said: Pick<Embedded, 'connection' | 'adopted' | 'notes' | 'dataDir'> & {
    readonly code?: string
    readonly message?: string
  }
  kill(): Promise<void>
}

/** Another process that starts the embedded server and then waits to be killed. */
export async function startOther(
  machine: Machine,
  options: EmbeddedOptions,
  user?: { uid: number; gid: number },
): Promise<OtherSurety> {
  const program = fileURLToPath(new URL('./test-other.ts', import.meta.url))
  const child = spawn(process.execPath, [program, JSON.stringify({ machine, options })], {
    ...user,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  const kill = () => {
    child.kill('SIGKILL')
    return ended
  }
  return { process: child, said: JSON.parse(value ?? '{}'), kill, [Symbol.asyncDispose]: kill }
}
