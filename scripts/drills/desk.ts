import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const freshKey = (): string => randomBytes(32).toString('base64')

/** What somebody who is woken has before them: a shell, a service, and its log. Everything that is done is written down. */
export interface Desk extends AsyncDisposable {
  /** Variables of the shell and of the service. */
  readonly env: NodeJS.ProcessEnv
  /** A paragraph of the page. */
  say(text: string): void
  /**
   * A command as one types it, shown with what it printed.
   * @param must what its output has to hold
   * @throws where it ends with another code, or its output does not hold that
   */
  type(command: string, must?: RegExp, code?: number): Promise<string>
  /** The same, not shown: what prepares a drill. */
  quietly(command: string): Promise<string>
  /** Tries a command until its output holds that, and shows the last try. */
  until(command: string, must: RegExp): Promise<void>
  /** Starts the service and waits until it is ready, or has ended. */
  start(): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
  pid(): number
  /** What the service printed last. */
  log(): string
  markdown(): string
}

const patienceMs = 60_000
const shellFunctions = 'npx() { shift; node "$ROOT/bin/surety.js" "$@"; }; set -o pipefail;'

export async function openDesk(more: NodeJS.ProcessEnv = {}): Promise<Desk> {
  const folder = mkdtempSync(join(tmpdir(), 'surety-drill-'))
  // As root the embedded PostgreSQL runs as another user, who has to reach its data.
  chmodSync(folder, 0o755)
  const port = await freePort()
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    ROOT: root,
    PORT: String(port),
    DATA_DIR: join(folder, 'data'),
    DATA_KEY: freshKey(),
    PII_KEY: freshKey(),
    URL: `http://127.0.0.1:${port}`,
    LOG_FILE: join(folder, 'surety.log'),
    FOLDER: folder,
    ...more,
  }
  const lines: string[] = []
  let service: ChildProcess | null = null

  const shown = (text: string): string => {
    let clean = text
    for (const [hidden, name] of hiddenIn(env)) clean = clean.replaceAll(hidden, name)
    return clean.replaceAll(/sty_[a-z2-7]{12}_[\w-]{43}/g, 'sty_…').replaceAll(root, './')
  }
  const run = async (command: string): Promise<{ code: number | null; text: string }> => {
    const child = spawn('bash', ['-c', `${shellFunctions} ${command}`], { env, cwd: folder })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (text += piece.toString()))
    const late = setTimeout(() => child.kill('SIGKILL'), patienceMs)
    const [code] = (await once(child, 'close')) as [number | null]
    clearTimeout(late)
    return { code, text: text.trim() }
  }
  const write = (command: string, text: string): void => {
    lines.push('', '```', `$ ${shown(command)}`, ...(text === '' ? [] : [shown(shortened(text))]), '```', '')
  }
  const ended = (): boolean => service === null || service.exitCode !== null || service.signalCode !== null

  const log = (): string => readFileSync(env['LOG_FILE']!, 'utf8')
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (service === null || ended()) return
    const over = once(service, 'exit')
    service.kill(signal)
    await over
  }
  return {
    env,
    say: text => void lines.push(text),
    async type(command, must, code = 0) {
      const done = await run(command)
      write(command, done.text)
      if (done.code !== code) throw new Error(`"${command}" ended with ${done.code}, not ${code}: ${done.text}`)
      if (must !== undefined && !must.test(done.text))
        throw new Error(`"${command}" printed nothing like ${must}: ${done.text}`)
      return done.text
    },
    async quietly(command) {
      const { code, text } = await run(command)
      if (code !== 0) throw new Error(`"${command}" ended with ${code}: ${text}`)
      return text
    },
    async until(command, must) {
      for (const deadline = Date.now() + patienceMs; ; await pause(100)) {
        const { text } = await run(command)
        if (must.test(text)) return write(command, text)
        if (Date.now() > deadline) throw new Error(`"${command}" never printed anything like ${must}: ${text}`)
      }
    },
    async start() {
      const file = openSync(env['LOG_FILE']!, 'a')
      service = spawn(process.execPath, [join(root, 'bin/surety.js'), 'start'], {
        env,
        cwd: folder,
        stdio: ['ignore', file, file],
      })
      for (const deadline = Date.now() + patienceMs; !ended(); await pause(50)) {
        if (await isReady(port)) break
        if (Date.now() > deadline) throw new Error(`the service did not become ready: ${log()}`)
      }
      const first = /sty_[a-z2-7]{12}_[\w-]{43}/.exec(log())?.[0]
      if (first !== undefined) env['ADMIN_KEY'] ??= first
    },
    stop,
    pid: () => service?.pid ?? 0,
    log,
    markdown: () => lines.join('\n'),
    async [Symbol.asyncDispose]() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What differs from one desk to the next, by what one would call it. */
function hiddenIn(env: NodeJS.ProcessEnv): readonly (readonly [string, string])[] {
  return [
    [env['SUPERUSER_URL'], '$SUPERUSER_URL'],
    [env['MIGRATE_URL'], '$MIGRATE_URL'],
    [env['DATABASE_URL'], '$DATABASE_URL'],
    [env['OWNER'], 'surety_owner'],
    [env['SERVICE'], 'surety_service'],
    [env['DATABASE'], 'surety'],
    [env['DATA_DIR'], '/var/lib/surety'],
    [env['FOLDER'], '/var/tmp'],
    [`127.0.0.1:${env['PORT']}`, '127.0.0.1:8000'],
  ].flatMap(([hidden, name]) => (hidden === undefined || name === undefined ? [] : [[hidden, name] as const]))
}

const mostLines = 30

function shortened(text: string): string {
  const lines = text.split('\n').map(line => (line.length > 240 ? `${line.slice(0, 239)}…` : line))
  return lines.length <= mostLines ? lines.join('\n') : [...lines.slice(0, mostLines - 1), '…'].join('\n')
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/ready`)
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}
