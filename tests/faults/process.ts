import { pino } from 'pino'
import { type App, openApp } from '../../packages/server/src/app.ts'
import { buildConfig } from '../../packages/server/src/config/config.ts'
import type { Env } from '../../packages/server/src/config/env.ts'
import type { DbAddress } from '../../packages/server/src/store/db.ts'
import { checkAnswer } from '../../packages/server/src/testing/check-answer.ts'
import { type Cut, openWire, type Wire } from './wire.ts'

/** A service as somebody runs it, whose database hears it through a wire that can be cut. */
export interface Process {
  readonly app: App
  readonly wire: Wire
  /** Rejects when nobody answers, as callers of a dead process find out. */
  call(method: string, path: string, body?: unknown, key?: string): Promise<Answer>
  /** kill -9: nothing of it reaches the database any more, and whoever waits for an answer gets none. */
  kill(): void
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
  readonly data: any
}

export interface Installation {
  readonly address: DbAddress
  readonly dataDir: string
  readonly env: Env
  readonly key: string
}

const endings: Promise<unknown>[] = []

/** Waits for what dead processes still hold in this one. */
export const buried = (): Promise<unknown> => Promise.allSettled(endings)

/** @param dies at that word of its start */
export async function startProcess(
  { address, dataDir, env, key }: Installation,
  dies?: { readonly word: number; readonly how: Cut },
): Promise<Process> {
  const wire = await openWire(address)
  if (dies !== undefined) wire.arm(dies.word, dies.how)
  const config = buildConfig({ DATABASE_URL: wire.url, DATA_DIR: dataDir, PORT: '0', TENANT: 'acme', ...env })
  const quiet = { logger: pino({ level: 'silent' }), jobs: false, checkAnswer, patienceMs: 200 }
  const app = await openApp(config, quiet).catch(async (error: unknown) => {
    await wire[Symbol.asyncDispose]()
    throw error
  })
  const url = await app.listen()
  const dead = new AbortController()
  void wire.dead.then(() => dead.abort(new Error('the process is dead')))
  return {
    app,
    wire,
    async call(method, path, body, as = key) {
      const response = await fetch(url + path, {
        method,
        signal: dead.signal,
        headers: { 'x-api-key': as, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const answer = (await response.json()) as { data?: unknown }
      return { status: response.status, data: answer.data }
    },
    kill() {
      endings.push(
        (async () => {
          await wire[Symbol.asyncDispose]()
          await app[Symbol.asyncDispose]()
        })(),
      )
    },
  }
}
