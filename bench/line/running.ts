import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A server under load, ours or a peer. */
export interface Running extends AsyncDisposable {
  readonly pid: number
  readonly port: number
  /** What it has printed so far. */
  printed(): string
  /** How many bytes it has printed since it was started. */
  printedBytes(): number
  /** How it ended and its last words; null while it runs. */
  ended(): string | null
}

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly port: number
  /** Path that answers 200 when requests are welcome. */
  readonly readyPath: string
}

const patienceMs = 30_000

/** Starts a server and waits until it is ready; throws with its last words when it ends before. */
export async function startServer({ file, args, cwd, env, port, readyPath }: Command): Promise<Running> {
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let words = ''
  let bytes = 0
  const listen = (chunk: Buffer): void => {
    bytes += chunk.length
    words = `${words}${chunk.toString()}`.slice(-20_000)
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  // A file that is not there says so by this event; the loop below sees that there is no process.
  child.on('error', error => listen(Buffer.from(error.message)))
  const url = `http://127.0.0.1:${port}${readyPath}`
  const deadline = performance.now() + patienceMs
  while (!(await answers(url))) {
    if (isOver(child) || performance.now() > deadline) {
      await stop(child)
      throw new Error(`${file} did not become ready: ${lastWords(words)}`)
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return {
    pid: child.pid ?? 0,
    port,
    printed: () => words,
    printedBytes: () => bytes,
    ended: () => (isOver(child) ? `ended with ${child.signalCode ?? child.exitCode}: ${lastWords(words)}` : null),
    [Symbol.asyncDispose]: () => stop(child),
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { headers: { connection: 'close' } })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (isOver(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await ended
  clearTimeout(late)
}

function isOver(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

function lastWords(words: string): string {
  return words.trim().split('\n').slice(-3).join(' / ')
}
