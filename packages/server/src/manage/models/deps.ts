import type { JsonObject, Principal, Question } from '@surety/contract'
import type { Log } from '../../log/catalogue.ts'
import type { ModelArtefact, UnsignedModel } from '../../model/artefact.ts'
import type { Scorer } from '../../model/scorer.ts'
import type { SigningKey } from '../../model/signature.ts'
import type { Audit } from '../../store/audit.ts'
import type { Database } from '../../store/db.ts'
import type { Registry } from './registry.ts'

/** A case that a new model was judged on, with the score it gets in service. */
export interface HeldOutRow {
  /** Its case. */
  readonly id: string
  readonly tenant: string
  readonly probability: number
  readonly label: 0 | 1
  /** Time of the decision, epoch milliseconds. */
  readonly at: number
  readonly source: string
  readonly quality: string | null
}

/** A case of what a tenant imported, in order of time; older ones than count are fitted on only. */
export interface HistoryCase {
  readonly id: string
  readonly counts: boolean
}

/** Those that count, each scored by a model of what came before it, and what the first such model says of its own cases. */
export interface ScoredHistory {
  readonly rows: readonly {
    readonly id: string
    readonly probability: number | null
    readonly yes: number
    readonly no: number
  }[]
  readonly first: Float64Array
}

/** What is known of scores and labels; the slice `autonomy` provides it. */
export interface Evidence {
  /** Rows of one tenant that a model starts with, and a calibrator of them; doing it twice changes nothing. */
  keep(tenant: string, digest: string, rows: readonly HeldOutRow[], at: Date): Promise<void>
  /** It serves this tenant from now on, unless another one does meanwhile. */
  begin(tenant: string, serves: Scorer, at: Date): Promise<void>
  /** What a record of the tenant may begin with that it imported; null: nothing. */
  history(tenant: string, at: Date): Promise<readonly HistoryCase[] | null>
  /** Begins them, once. @returns the actions of which one began */
  beginHistory(tenant: string, scored: ScoredHistory, audit: Audit, by: Asker, at: Date): Promise<readonly string[]>
  /** Lets go of what belongs to models that nobody returns to. */
  tidy(tenant: string): Promise<void>
}

/** What the stage `learn` offers, handed in. */
export interface Learner extends AsyncDisposable {
  refresh(): Promise<{ readonly labels: number; readonly waiting: number; readonly learnedUntil: Date | null }>
  history(
    tenant: string,
    cases: readonly HistoryCase[],
    watch?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly stopped: true } | { readonly stopped: false; readonly history: ScoredHistory | null }>
  train(
    request: {
      readonly nowMs: number
      readonly version: number
      readonly seed: number
      readonly minAuc: number
      readonly champion: ModelArtefact | null
      readonly championGoes?: boolean
    },
    watch?: { readonly signal?: AbortSignal },
  ): Promise<
    | { readonly stopped: true }
    | {
        readonly stopped: false
        readonly verdict: JsonObject & { readonly accepted: boolean; readonly sentence: string }
        readonly model: UnsignedModel | null
        readonly heldOut: readonly HeldOutRow[]
      }
  >
}

export interface ModelsDeps {
  readonly db: Database
  readonly question: Pick<Question, 'pod' | 'name' | 'modelScope' | 'baseFeatures'>
  readonly registry: Registry
  readonly now: () => Date
  /** MIN_AUC. */
  readonly floor: number
  readonly signingKey: SigningKey
  /** MODEL_PATH; null: there is no file to read. */
  readonly modelPath: string | null
  readonly audit: Audit
  readonly tenants: () => Promise<readonly string[]>
  readonly learner: (scope: string, guests?: readonly string[]) => Learner
  readonly seed: number
  /** Left out: nothing is kept of what a model was judged on. */
  readonly evidence?: Evidence
  readonly log?: Log
  /** Counters: `accepted`, `unchanged` or the code of the refusal. */
  readonly onReload?: (result: string) => void
  readonly onRetrain?: (result: 'accepted' | 'refused' | 'error', seconds: number) => void
}

/** Who asks, why, and under which request. */
export interface Asker {
  readonly actor: string
  readonly reason: string | undefined
  readonly requestId: string | undefined
}

export const askerOf = (principal: Principal, reason: string | undefined, requestId: string): Asker => {
  return { actor: `key:${principal.keyId}`, reason, requestId }
}
