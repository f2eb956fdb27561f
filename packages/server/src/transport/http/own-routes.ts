import { createHash, timingSafeEqual } from 'node:crypto'
import { openApi, type TextAnswer } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { docsPage } from './docs.ts'
import { docsPolicy } from './headers.ts'
import type { HttpConfig } from './http-config.ts'
import type { Inside, OwnRoutes } from './inside.ts'

const readyWaitMs = 2000

/** For load balancers, scrapers and readers: the routes that the door answers itself. */
export function ownRoutes({ ready: answers }: Pick<Inside, 'ready'>, config: HttpConfig): OwnRoutes {
  return {
    health: async () => ({ ok: true }),

    async ready() {
      const ready = await Promise.race([answers().catch(() => false), noAfter(readyWaitMs)])
      if (!ready) throw new Problem('not_ready')
      return { ready: true }
    },

    async metrics({ authorization }) {
      if (config.metricsToken === null) {
        if (!config.metricsOpen) throw new Problem('authentication_required', needsToken)
      } else if (!sameText(authorization ?? '', `Bearer ${config.metricsToken}`)) {
        throw new Problem('authentication_required', 'Send Authorization: Bearer with the metrics token.')
      }
      return { type: config.registry.contentType, body: await config.registry.metrics() }
    },

    docs: async () => page,

    async openApiDocument() {
      return openApi()
    },
  }
}

const needsToken =
  'Nobody may read metrics here before METRICS_TOKEN is set: without one they are open only where PRODUCTION is false and HOST is a loopback address.'

const page: TextAnswer = {
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
