import type { Route } from '@surety/contract'
import type { Registry } from 'prom-client'
import type { Log } from '../../log/catalogue.ts'
import type { Answer } from './answer.ts'
import type { RateLimiter } from './rate-limit.ts'

/**
 * Requests per minute of one principal: leads and messages, events, what viewers and higher read over all routes, writes under
 * /ops together, other writes under /v1, and files of a whole tenant. `failedKeys` counts refused keys of one address, and of one key id.
 */
export interface RateLimits {
  readonly leads: number
  readonly reads: number
  readonly v1: number
  readonly ops: number
  readonly events: number
  readonly exports: number
  readonly failedKeys: number
}

export const defaultRateLimits: RateLimits = {
  leads: 600,
  reads: 600,
  v1: 60,
  ops: 30,
  events: 600,
  exports: 5,
  failedKeys: 30,
}

/** So many reads at once: a page that shows many figures asks for all of them together. */
export const readBurst = 100

export interface HttpConfig {
  /** Origins that browsers may call from; empty: no CORS at all. `*` is refused in production. */
  readonly corsOrigins: readonly string[]
  /** Proxies whose `x-forwarded-for` is believed: addresses and networks. Left out: none. */
  readonly trustedProxies?: readonly string[]
  readonly production: boolean
  /** Opens the API without key for callers on this machine, as admin of `openTenant`. Refused in production. */
  readonly devOpenLoopback: boolean
  readonly openTenant?: string
  /** What /metrics asks for. */
  readonly metricsToken: string | null
  /** Without a token /metrics answers anybody; else nobody. */
  readonly metricsOpen: boolean
  /** Of failures; whoever brings it says how often one that repeats is written. */
  readonly log: Log
  /** `randomUUID` of node:crypto draws in bulk already. */
  readonly requestIds: () => string
  /** Is there a card, a social security number, a phone number or an e-mail address in it, as the country of nobody in particular writes them? */
  readonly looksPersonal: (text: string) => boolean
  readonly limits: RateLimits
  /** Counts that other processes share; left out: this door counts alone. */
  readonly perPrincipal?: RateLimiter
  /** How long after the last answer a stop waits for what was never asked in full; 10 s unless given. */
  readonly stopMs?: number
  readonly registry: Registry
  /** false: the pod of the leads is not served here, and what speaks of leads is not there. */
  readonly leads?: boolean
  /** Looks at every answer before it is sent and throws where it is not what its route promises: for tests. */
  readonly checkAnswer?: (route: Route, answer: Answer) => void
}
