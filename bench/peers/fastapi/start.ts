import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '../../line/free-port.ts'
import { type Running, startServer } from '../../line/running.ts'

/** As many workers as the machine has cores: what its guides advise. */
export const peerWorkers = 2

const folder = fileURLToPath(new URL('.', import.meta.url))
const run = promisify(execFile)

/** The usual stack on this database, or why it is missing. */
export async function startFastapi(databaseUrl: string): Promise<(Running & { versions: string }) | string> {
  const python = process.env['PYTHON'] ?? '/usr/bin/python3'
  // One thread for each worker's arithmetic: on one row more threads only wait for each other.
  const oneThread = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' }
  const env = { ...process.env, ...oneThread, PEER_DATABASE_URL: databaseUrl, PYTHONDONTWRITEBYTECODE: '1' }
  try {
    const { stdout } = await run(python, ['-c', versionsScript], { env })
    await run(python, ['app.py'], { cwd: folder, env })
    const port = await freePort()
    const workers = ['--workers', String(peerWorkers), '--loop', 'uvloop', '--http', 'httptools']
    const args = [
      '-m',
      'uvicorn',
      'app:app',
      '--port',
      String(port),
      ...workers,
      '--no-access-log',
      '--log-level',
      'warning',
    ]
    const running = await startServer({ file: python, args, cwd: folder, env, port, readyPath: '/ready' })
    return { ...running, versions: stdout.trim() }
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1) ?? 'unknown'
  }
}

const versionsScript = `
import sys, fastapi, uvicorn, sklearn, asyncpg, pydantic, uvloop, httptools
print(f"Python {sys.version.split()[0]}, FastAPI {fastapi.__version__}, uvicorn {uvicorn.__version__}, scikit-learn {sklearn.__version__}, asyncpg {asyncpg.__version__}, pydantic {pydantic.VERSION}")
`
