import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Route } from '@surety/contract'
import { pino } from 'pino'
import { type App, openApp } from '../../packages/server/src/app.ts'
import { buildConfig } from '../../packages/server/src/config/config.ts'
import { createKey } from '../../packages/server/src/manage/keys/keys.ts'
import { exampleModel } from '../../packages/server/src/model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from '../../packages/server/src/model/signature.ts'
import { auditOf } from '../../packages/server/src/store/audit.ts'
import { ensurePartitions } from '../../packages/server/src/store/partitions.ts'
import { lead } from '../line/requests.ts'

export interface Answered {
  readonly status: number
  readonly body: string
}

/** The service in this process, so that its statements can be heard, asked through its door without a network. */
export interface Service extends AsyncDisposable {
  readonly app: App
  readonly tenant: string
  call(method: Route['method'], path: string, body?: unknown): Promise<Answered>
}

const tenant = 'bench'
const raised = { leads: 1e9, v1: 1e9, ops: 1e9, events: 1e9 }

/** Opens it on an empty database, with a model that scores every lead and partitions for the past. */
export async function openService(databaseUrl: string, pastDays: number): Promise<Service> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'surety-growth-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const signing = makeSigningKey()
  const signingKey = readSigningKey(signing.text)
  const config = buildConfig({
    DATABASE_URL: databaseUrl,
    DATA_DIR: folder,
    PORT: '0',
    TENANT: tenant,
    MODEL_SIGNING_KEY: signing.text,
  })
  const app = stack.use(await openApp(config, { logger: pino({ level: 'error' }), jobs: false }))
  const now = new Date()
  await app.db.transaction([], db => ensurePartitions(db, new Date(now.getTime() - (pastDays + 1) * 86_400_000), now))
  const { db } = app
  const deps = { db, now: app.now, audit: auditOf() }
  const { key } = await createKey(deps, 'bench', {
    tenant,
    role: 'admin',
    name: 'bench',
    limits: raised,
    grants: ['pii'],
  })
  const call: Service['call'] = async (method, path, body) => {
    const answer = await app.http.inject({
      method,
      url: path,
      headers: { 'x-api-key': key },
      ...(body === undefined ? {} : { payload: body as object }),
    })
    return { status: answer.statusCode, body: answer.body }
  }
  const weights = { score: 1.4, details_len: 0.3, 'intent=quote': 0.6, 'urgency=high': 0.4, 'sentiment=negative': -0.7 }
  const model = exampleModel({ version: Math.floor(Date.now() / 1000), intercept: -0.8, weights })
  const loaded = await call('POST', '/ops/reload-model?reason=bench', signModel(model, signingKey))
  if (loaded.status !== 200) throw new Error(`the model was refused: ${loaded.body}`)
  const open = stack.move()
  return { app, tenant, call, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** The leads that all others are copied from. */
export async function sendTemplates(service: Service, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, n) => ({
    event_id: `template-${n}`,
    type: 'lead.created',
    occurred_at: new Date().toISOString(),
    source: 'bench',
    data: lead(n),
  }))
  const answer = await service.call('POST', '/v1/events', events)
  if (answer.status !== 200) throw new Error(`the templates were refused: ${answer.body}`)
}
