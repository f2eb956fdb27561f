import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { exampleModel } from '../../packages/server/src/model/example-model.ts'
import { makeSigningKey, signModel } from '../../packages/server/src/model/signature.ts'
import { freePort } from './free-port.ts'
import { postgresIn } from './memory.ts'
import { type Running, startServer } from './running.ts'

export interface Surety extends Running {
  /** An operator's key of each tenant, with limits that no load reaches. */
  keys(tenants: readonly string[]): Promise<readonly string[]>
  /** Processes of its embedded PostgreSQL; none when the database is somewhere else. */
  postgres(): readonly number[]
}

const here = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)

interface Command {
  readonly root: string
  readonly file: string
}

/**
 * The service as an operator starts it, with a data folder of its own and a model that serves.
 * @param root the checkout that is started: another one shows what another commit does
 */
export async function startSurety(databaseUrl: string | null, root = here): Promise<Surety> {
  const command: Command = { root, file: join(root, 'bin/surety.js') }
  const folder = await mkdtemp(join(tmpdir(), 'surety-bench-'))
  // As root the embedded PostgreSQL runs as another user, who has to reach its data.
  await chmod(folder, 0o755)
  const signing = makeSigningKey()
  const port = await freePort()
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PORT: String(port),
    HOST: '127.0.0.1',
    DATA_DIR: join(folder, 'data'),
    TENANT: 'bench',
    MODEL_SIGNING_KEY: signing.text,
    NIGHTLY_RETRAIN: 'false',
  }
  delete env['DATABASE_URL']
  if (databaseUrl !== null) env['DATABASE_URL'] = databaseUrl
  const nodeArgs = (process.env['SURETY_NODE_ARGS'] ?? '').split(' ').filter(word => word !== '')
  const running = await startServer({
    file: process.execPath,
    args: [...nodeArgs, command.file, 'start'],
    cwd: root,
    env,
    port,
    readyPath: '/ready',
  })
  const stop = async (): Promise<void> => {
    await running[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const firstKey = /sty_[a-z2-7]{12}_[\w-]{43}/.exec(running.printed())?.[0]
    if (firstKey === undefined) throw new Error('Surety printed no first key')
    await loadModel(port, firstKey, signing)
    return {
      ...running,
      keys: tenants => makeKeys(command, port, env, tenants),
      postgres: () => (databaseUrl === null ? postgresIn(folder) : []),
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Without a model nothing would be scored, and the peer scores every request. */
async function loadModel(port: number, adminKey: string, signing: ReturnType<typeof makeSigningKey>): Promise<void> {
  const weights = { score: 1.4, details_len: 0.3, 'intent=quote': 0.6, 'urgency=high': 0.4, 'sentiment=negative': -0.7 }
  const { key } = signing
  const now = Math.floor(Date.now() / 1000)
  const model = exampleModel({ version: now, intercept: -0.8, weights })
  const response = await fetch(`http://127.0.0.1:${port}/ops/reload-model?reason=bench`, {
    method: 'POST',
    headers: { 'x-api-key': adminKey, 'content-type': 'application/json' },
    body: JSON.stringify(signModel(model, key)),
  })
  if (!response.ok) throw new Error(`the model of the bench was refused: ${await response.text()}`)
}

/** One platform key from the command line; it makes the others through the API, which starts no process for each. */
async function makeKeys(
  { root, file }: Command,
  port: number,
  env: NodeJS.ProcessEnv,
  tenants: readonly string[],
): Promise<readonly string[]> {
  const args = ['keys', 'create', '--tenant', '*', '--role', 'admin', '--limit', 'ops=1000000']
  const { stdout } = await run(process.execPath, [file, ...args], { cwd: root, env })
  const { key: platformKey } = JSON.parse(stdout) as { key: string }
  const limits = { leads: 1e9, events: 1e9 }
  return Promise.all(
    tenants.map(async tenant => {
      const response = await fetch(`http://127.0.0.1:${port}/ops/keys`, {
        method: 'POST',
        headers: { 'x-api-key': platformKey, 'content-type': 'application/json' },
        body: JSON.stringify({ tenant, role: 'operator', name: 'bench', limits }),
      })
      if (!response.ok) throw new Error(`no key for ${tenant}: ${await response.text()}`)
      const { data } = (await response.json()) as { data: { key: string } }
      return data.key
    }),
  )
}
