/** What the load generator is asked to do: one phase of load on one server. */
export interface Plan {
  readonly port: number
  readonly path: string
  readonly body: 'lead' | 'events'
  /** Keys taken in turn, so that tenants mix request by request; a server that asks for no key gets one empty text. */
  readonly keys: readonly string[]
  /** Closed loop: each connection sends as soon as it was answered. Open loop: a fixed number starts per second. */
  readonly load: { readonly kind: 'closed' } | { readonly kind: 'open'; readonly perSecond: number }
  readonly connections: number
  /** Answered before the clock starts, and not counted. */
  readonly warmUpSeconds: number
  readonly seconds: number
}

/** What came back. Latencies run from the moment a request was due to the last byte of its answer. */
export interface Measured {
  readonly answered: number
  readonly seconds: number
  /** Of every answer, warm-up included: one that is not 200 spoils the run. */
  readonly statuses: { readonly [status: string]: number }
  /** Connections that broke. */
  readonly broken: number
  /** Batches only: events that the answers called recorded, warm-up included, and how many were sent. */
  readonly recorded: number
  readonly sentEvents: number
  readonly ms: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number }
  /** Processor time of the generator itself, in cores: it shares the machine with the server. */
  readonly generatorCores: number
}

export const batchSize = 200
