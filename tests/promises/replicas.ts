import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const entry = join(dirname(fileURLToPath(import.meta.url)), '../../bin/surety.js')

/** One of several processes of Surety on one database. */
export interface Replica {
  /** Answers status and parsed body; rejects when the process is gone. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; data: Answer }>
  /** SIGKILL: no chance to finish anything. */
  kill(): void
}

export interface Answer {
  readonly lead_id?: string
  readonly decision?: { readonly state: string }
  readonly loaded?: boolean
}

export interface Replicas extends AsyncDisposable {
  /** Starts one more process. */
  start(): Promise<Replica>
}

/** Processes as an operator starts them, with one data folder (and so the same secrets) and one database. */
export async function openReplicas(databaseUrl: string, more: { readonly [name: string]: string }): Promise<Replicas> {
  const dataDir = await mkdtemp(join(tmpdir(), 'surety-replicas-'))
  const env = { ...process.env, DATABASE_URL: databaseUrl, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'fatal', ...more }
  const children: ChildProcess[] = []
  let key: string | null = null
  return {
    async start() {
      const child = spawn(process.execPath, [entry, 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      children.push(child)
      const url = await untilListening(child)
      key ??= makeKey(env)
      const presented = key
      const agent = new Agent({ keepAlive: true, maxSockets: 64 })
      return {
        call: (method, path, body) => call(agent, url, presented, method, path, body),
        kill() {
          agent.destroy()
          child.kill('SIGKILL')
        },
      }
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function makeKey(env: NodeJS.ProcessEnv): string {
  const limits = ['leads', 'v1', 'ops'].flatMap(group => ['--limit', `${group}=1000000000`])
  const made = execFileSync(
    process.execPath,
    [entry, 'keys', 'create', '--tenant', 'main', '--role', 'admin', ...limits],
    { env, encoding: 'utf8' },
  )
  return (JSON.parse(made) as { key: string }).key
}

async function untilListening(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout!) {
    text += String(chunk)
    const url = /listens on (\S+)/.exec(text)?.[1]
    if (url === undefined) continue
    child.stdout!.resume()
    child.stderr!.resume()
    return url
  }
  throw new Error(`the server did not start: ${text}`)
}

function call(agent: Agent, url: string, key: string, method: string, path: string, body: unknown) {
  return new Promise<{ status: number; data: Answer }>((resolve, reject) => {
    const sent = request(
      url + path,
      { method, agent, headers: { 'x-api-key': key, 'content-type': 'application/json' }, timeout: 20_000 },
      response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', chunk => (text += chunk))
        response.on('error', reject)
        response.on('end', () => {
          const parsed = JSON.parse(text) as { data?: Answer }
          resolve({ status: response.statusCode ?? 0, data: parsed.data ?? (parsed as Answer) })
        })
      },
    )
    sent.on('error', reject)
    sent.on('timeout', () => sent.destroy(new Error('timeout')))
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
