import type { Pod } from '@surety/contract'
import type { Registry } from 'prom-client'
import type { Config } from '../config/config.ts'
import type { Log } from '../log/catalogue.ts'
import type { Audit } from '../store/audit.ts'
import type { Database } from '../store/db.ts'
import type { Clock } from './clock.ts'
import type { Events } from './events.ts'
import type { Loops } from './loops.ts'
import type { Manner } from './manner.ts'
import type { StandingFigures } from './standing-figures.ts'

/** What every slice is opened with, and nothing that is a slice itself; what it needs of others it is handed beside. */
export interface Context {
  readonly db: Database
  readonly clock: Clock
  readonly now: () => Date
  /** How this process goes about its work at present. */
  readonly manner: () => Manner
  readonly onError: (error: unknown, task?: string, tenant?: string) => void
  /** Every line has a name of the catalogue. */
  readonly log: Log
  readonly metrics: Registry
  /** Figures that lie in the database, read beside the scrapes. */
  readonly figures: StandingFigures
  /** Pods that are served, each with the threshold of the configuration. */
  readonly pods: readonly Pod[]
  /** All there are, served or not: what was decided once is explained and carried out all the same. */
  readonly installed: {
    readonly pods: readonly Pod[]
    podOf(kind: string): Pod | undefined
    podNamed(name: string): Pod
  }
  /** The pod that is meant where none is named. */
  readonly defaultPod: string
  /** The pod that the routes and figures of leads speak of, served or not. */
  readonly leads: Pod
  readonly config: Config
  readonly secrets: { readonly piiRoot: Buffer; readonly modelSigningKey: string }
  readonly audit: Audit
  /** Takes personal data out of what somebody wrote. */
  redact(tenant: string, text: string): Promise<string>
  readonly events: Events
  /** Again and again, never twice at once; whoever needs it ended before the process is closes it. */
  readonly every: Loops['every']
  /** Aborted when the process stops. */
  readonly signal: AbortSignal
}
