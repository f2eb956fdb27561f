import type {
  Analytics,
  Answered,
  EventResult,
  EventRole,
  Explanation,
  Gate,
  Grant,
  JsonObject,
  KeyView,
  LeadDetail,
  LeadItem,
  MessageView,
  Mode,
  ModelStatus,
  OutboxItem,
  Page,
  Principal,
  RawEvent,
  ReloadAnswer,
  Role,
  SearchAnswer,
} from '@surety/contract'
import type { Inbox } from './inbox-service.ts'

/**
 * What the HTTP door needs, handed in by `app.ts`. The door imports no stage and no store. Every function acts only on
 * the tenant it is given and throws `Problem` for the caller's mistakes.
 */
export interface Line {
  /** What a kind does on the line; null: no pod knows it. A key that may only ingest must not report outcomes. */
  roleOf(kind: string): EventRole | null
  /** One event; resolves after the commit. Throws `overloaded` when the bounded queue is full. */
  submit(event: RawEvent): Promise<EventResult>
  /** Up to 1,000 events of one door; one event result each, in order. */
  submitMany(events: readonly RawEvent[]): Promise<readonly EventResult[]>
  /** Enrichment, redaction and score of a lead that is not stored. */
  preview(tenant: string, data: { details: string; attributes?: JsonObject }): Promise<Answered<'preview'>>
}

export interface Cases {
  /** Contact fields are masked, whoever asks. */
  list(tenant: string, options: { limit: number; cursor?: string }): Promise<Page<LeadItem>>
  get(tenant: string, id: string): Promise<LeadDetail>
  history(tenant: string, id: string, limit: number): Promise<readonly MessageView[]>
  search(tenant: string, q: string, options: { limit: number }): Promise<SearchAnswer>
  /** One field in full, told to the audit log; null: there is none. Throws `lead_not_found`, `reason_required`. */
  reveal(
    actor: Principal,
    id: string,
    field: 'name' | 'phone' | 'email',
    reason: string,
    requestId: string,
  ): Promise<string | null>
}

export interface Explanations {
  /** Throws `decision_not_found`, and `withheld_until_answered` while a person is to judge the case unseen. */
  decision(tenant: string, id: string): Promise<Explanation>
}

export interface Acts {
  outbox(tenant: string, options: { limit: number; cursor?: string }): Promise<Page<OutboxItem>>
  /** Throws `lead_not_found`. */
  cancel(actor: Principal, id: string, reason: string, requestId: string): Promise<{ cancelled: number }>
  requestReview(actor: Principal, id: string, reason: string, requestId: string): Promise<{ cancelled: number }>
}

export interface Reports {
  analytics(tenant: string, limit: number): Promise<Analytics>
  /** Number of rows that follow, then the lines in pieces (RFC 4180, CRLF, header first). Audited: who, and which request. */
  outcomesCsv(
    tenant: string,
    options: { since?: Date; limit?: number; actor: string; requestId: string },
  ): Promise<{ rows: number; lines: AsyncIterable<string> }>
}

export interface Keys {
  /** null: unknown, disabled, expired or deleted. Answered from a cache of a few seconds; the secret is compared in constant time. */
  authenticate(presented: string): Promise<Principal | null>
  list(tenant: string): Promise<readonly KeyView[]>
  create(
    actor: Principal,
    input: {
      tenant?: string
      role: Role
      name: string
      limits?: { [group: string]: number }
      grants?: readonly Grant[]
      expiresAt?: Date
    },
  ): Promise<{ key: string; view: KeyView }>
  update(
    actor: Principal,
    id: string,
    change: {
      enabled?: boolean
      name?: string
      limits?: { [group: string]: number }
      grants?: readonly Grant[]
      expiresAt?: Date | null
    },
  ): Promise<KeyView>
  remove(actor: Principal, id: string): Promise<void>
}

export interface Models {
  status(tenant: string): Promise<ModelStatus>
  /** candidate null: the server's model file. The caller's role decides on the floor. */
  reload(
    actor: Principal,
    input: { candidate: unknown | null; minAuc: string | undefined; reason: string | undefined; requestId: string },
  ): Promise<ReloadAnswer>
  /** `belowFloor`, admins only: also to a model that was only accepted below the floor. */
  rollback(
    actor: Principal,
    reason: string,
    requestId: string,
    belowFloor?: boolean,
  ): Promise<{ version: number; auc: number; load_time: number }>
  retrain(actor: Principal, reason: string, requestId: string): Promise<JsonObject>
  card(tenant: string): Promise<JsonObject>
}

export interface ActionOfPod {
  readonly pod: string | null
  readonly action: string
}

export interface Autonomy {
  /** `pod` left out: all of them. */
  overview(tenant: string, pod: string | undefined): Promise<Answered<'getAutonomy'>>
  /** Document, signature and verdict. Throws `certificate_not_found`. */
  certificate(tenant: string, id: string): Promise<Answered<'getCertificate'>>
  /** `action` `*` is all; `pod` null: of every pod. Operators may lower, admins raise. */
  setMode(
    actor: Principal,
    change: {
      readonly pod: string | null
      readonly action: string
      readonly mode: Mode | undefined
      readonly gate: Gate | undefined
    },
    reason: string,
    requestId: string,
  ): Promise<Answered<'setMode'>>
  /** `pod` null: whichever pod has the action. */
  rearm(actor: Principal, named: ActionOfPod, reason: string, requestId: string): Promise<Answered<'rearmAction'>>
  restartAttempts(
    actor: Principal,
    named: ActionOfPod,
    reason: string,
    requestId: string,
  ): Promise<Answered<'restartAttempts'>>
}

export interface Calibration {
  /** Coverage in percent; throws `unsupported_coverage`. `pod` left out: the default one. */
  get(tenant: string, pod: string | undefined, coverage: number | undefined): Promise<Answered<'getCalibration'>>
  /** Throws `too_few_rows`, `no_active_model`. */
  upload(
    actor: Principal,
    input: {
      readonly pod: string | undefined
      readonly prediction: readonly unknown[]
      readonly actual: readonly unknown[]
    },
    requestId: string,
  ): Promise<Answered<'postCalibration'>>
}

export interface SettingPlace {
  readonly name: string
  /** Left out: the default one. */
  readonly pod?: string | undefined
}

export interface Settings {
  get(tenant: string, place: SettingPlace): Promise<{ version: number; value: JsonObject }>
  /** apply=false answers only what would change. */
  put(actor: Principal, place: SettingPlace, value: JsonObject, apply: boolean, requestId: string): Promise<JsonObject>
}

/** Who asks, and with which key. */
export interface TaskAsker {
  readonly tenant: string
  readonly actor: string
}

export interface Tasks {
  list(asker: TaskAsker): Promise<Answered<'listTasks'>>
  /** All throw `task_not_found`, and `platform_key_required` where there are several tenants. */
  run(asker: TaskAsker, name: string, requestId: string): Promise<Answered<'runTask'>>
  pause(asker: TaskAsker, name: string, requestId: string): Promise<Answered<'pauseTask'>>
  resume(asker: TaskAsker, name: string, requestId: string): Promise<Answered<'resumeTask'>>
  /** null: the usual times. */
  schedule(
    asker: TaskAsker,
    name: string,
    schedule: { readonly cron: string; readonly timeZone: string } | null,
    requestId: string,
  ): Promise<Answered<'scheduleTask'>>
}

/** Idempotency-Key of writes, kept 24 h per tenant; survives a crash between commit and answer. */
export interface Idempotency {
  /**
   * `fresh`: go on, using `eventId` for the event so that a retry after a crash finds the first one.
   * `replay`: answer this. Throws `idempotency_mismatch` or `in_progress`.
   */
  begin(
    tenant: string,
    key: string,
    bodyDigest: string,
  ): Promise<{ kind: 'fresh'; eventId: string } | { kind: 'replay'; status: number; body: string }>
  finish(tenant: string, key: string, status: number, body: string): Promise<void>
  /** The write was refused: the key may be used again. */
  release(tenant: string, key: string): Promise<void>
}

export interface Services {
  readonly line: Line
  readonly cases: Cases
  readonly inbox: Inbox
  readonly acts: Acts
  readonly explanations: Explanations
  readonly reports: Reports
  readonly keys: Keys
  readonly models: Models
  readonly autonomy: Autonomy
  readonly calibration: Calibration
  readonly settings: Settings
  readonly tasks: Tasks
  readonly idempotency: Idempotency
  /** Does the database answer? */
  ready(): Promise<boolean>
  readonly now: () => Date
}
