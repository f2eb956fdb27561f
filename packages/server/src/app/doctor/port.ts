import { createServer } from 'node:net'
import type { Config } from '../../config/config.ts'
import { bad, type Check, type Finding, good, made } from './check.ts'

const mostMs = 3_000

/**
 * Whether the door can be opened, or is open and what stands in it is Surety.
 * @param folderFree true: no Surety holds the data folder, so one that answers is of another installation
 */
export async function portChecks(config: Pick<Config, 'host' | 'port'>, folderFree = false): Promise<readonly Check[]> {
  const { host, port } = config
  const taken = await whyTaken(config)
  if (taken === null) return [{ name: 'port', ...good(`${host}:${port} is free.`) }]
  if (taken !== 'EADDRINUSE')
    return [
      {
        name: 'port',
        ...bad(`${host}:${port} cannot be listened on (${taken}).`, 'set HOST and PORT to what this user may use'),
      },
    ]
  const door = doorOf(config)
  const check = await made('port', null, () => whoAnswers(door, `${host}:${port}`))
  if (check.ok && folderFree)
    return [
      {
        name: 'port',
        ...bad(
          `A Surety with another data folder listens on ${host}:${port}.`,
          'set PORT to a free one, or DATA_DIR to that folder',
        ),
      },
    ]
  return check.ok ? [check, await made('ready', null, () => isReady(door))] : [check]
}

function whyTaken({ host, port }: Pick<Config, 'host' | 'port'>): Promise<string | null> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    probe.listen(port, host, () => probe.close(() => resolve(null)))
  })
}

/** A door on every address is asked through the one of this machine. */
function doorOf({ host, port }: Pick<Config, 'host' | 'port'>): string {
  const asked = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${asked.includes(':') ? `[${asked}]` : asked}:${port}`
}

const ask = (url: string): Promise<Response> => fetch(url, { signal: AbortSignal.timeout(mostMs), redirect: 'manual' })

async function whoAnswers(door: string, shown: string): Promise<Finding> {
  const foreign = bad(`Another program listens on ${shown}.`, 'set PORT to a free one, or end that program')
  try {
    const health = await ask(`${door}/healthz`)
    if (health.status !== 200 || (await bodyOf(health))?.['ok'] !== true) return foreign
    const { info } = (await bodyOf(await ask(`${door}/docs/openapi.json`))) ?? {}
    if (!(isRecord(info) && info['title'] === title)) return foreign
    return good(`Surety answers on ${shown}.`)
  } catch (error) {
    // It holds the port and does not speak as a door does.
    if (!(error instanceof DOMException && error.name === 'TimeoutError')) return foreign
    return bad(
      `What listens on ${shown} does not answer within ${mostMs / 1000} s.`,
      'if it is Surety, restart it; else set PORT to a free one',
    )
  }
}

const title = 'Surety'

async function isReady(door: string): Promise<Finding> {
  const { status } = await ask(`${door}/ready`)
  return status === 200
    ? good('It takes work.')
    : bad(
        `It answers ${status} to /ready and takes no work.`,
        'see what is said of the database; docs/operations.md, "When the database is away"',
      )
}

async function bodyOf(response: Response): Promise<Record<string, unknown> | null> {
  const body: unknown = await response.json().catch(() => null)
  return isRecord(body) ? body : null
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
