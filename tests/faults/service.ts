import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Installation } from './process.ts'

/** `surety start` as a supervisor runs it: a process of its own, under one address for all its lives. */
export class Service {
  readonly url: string
  readonly #env: NodeJS.ProcessEnv
  #child: ChildProcess | null = null
  #words = ''

  private constructor(port: number, env: NodeJS.ProcessEnv) {
    this.url = `http://127.0.0.1:${port}`
    this.#env = { ...env, PORT: String(port) }
  }

  static async on(url: string, { dataDir, env }: Installation): Promise<Service> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    server.close()
    const { PATH, HOME } = process.env
    const settings = { DATABASE_URL: url, DATA_DIR: dataDir, TENANT: 'acme', DATABASE_SILENCE_SECONDS: '1', ...env }
    return new Service(port, { PATH, HOME, ...settings })
  }

  get words(): string {
    return this.#words
  }

  /** @param clockShiftMs so far its clock is from that of the database */
  async start(clockShiftMs = 0): Promise<void> {
    const shifted = `const now = Date.now; globalThis.Date = class extends Date { constructor(...given) { super(...(given.length === 0 ? [now() + ${clockShiftMs}] : given)) } static now() { return now() + ${clockShiftMs} } }`
    const flags = clockShiftMs === 0 ? [] : ['--import', `data:text/javascript,${encodeURIComponent(shifted)}`]
    const child = spawn(process.execPath, [...flags, 'bin/surety.js', 'start'], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const listen = (piece: Buffer): void => {
      this.#words = `${this.#words}${piece.toString()}`.slice(-20_000)
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    this.#child = child
    while (!(await this.isReady())) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the service ended with ${child.exitCode ?? child.signalCode}: ${this.#words}`)
      await wait(50)
    }
  }

  async isReady(): Promise<boolean> {
    return (await this.statusOf('/ready')) === 200
  }

  /** null: nobody answers. */
  async statusOf(path: string): Promise<number | null> {
    try {
      const answer = await fetch(this.url + path)
      await answer.arrayBuffer()
      return answer.status
    } catch {
      return null
    }
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const over = once(child, 'exit')
    child.kill(signal)
    await over
  }
}
