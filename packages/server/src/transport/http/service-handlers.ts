import { createHash, timingSafeEqual } from 'node:crypto'
import { openApi } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { type Answer, exactJson } from './answer.ts'
import type { Handlers } from './call.ts'
import { docsPage } from './docs.ts'
import { docsPolicy, jsonType } from './headers.ts'
import type { HttpConfig } from './http-config.ts'

type Area = 'health' | 'ready' | 'metrics' | 'docs' | 'openApiDocument'

const readyWaitMs = 2000

export function serviceHandlers(config: HttpConfig): Handlers<Area> {
  const alive = exactJson({ ok: true })
  let document: string | null = null
  return {
    health: async () => alive,

    async ready({ services }) {
      const ready = await Promise.race([services.ready().catch(() => false), noAfter(readyWaitMs)])
      if (!ready) throw new Problem('not_ready')
      return exactJson({ ready: true })
    },

    async metrics({ authorization }) {
      if (config.metricsToken !== null && !sameText(authorization ?? '', `Bearer ${config.metricsToken}`)) {
        throw new Problem('authentication_required', 'Send Authorization: Bearer with the metrics token.')
      }
      return { status: 200, type: config.registry.contentType, body: await config.registry.metrics() }
    },

    docs: async () => page,

    async openApiDocument() {
      document ??= JSON.stringify(openApi())
      return { status: 200, type: jsonType, body: document }
    },
  }
}

const page: Answer = {
  status: 200,
  type: 'text/html; charset=utf-8',
  body: docsPage,
  headers: { 'content-security-policy': docsPolicy },
}

async function noAfter(ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  setTimeout(resolve, ms, false).unref()
  return promise
}

/** Digests have one length, so neither length nor content shows in the time it takes. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
