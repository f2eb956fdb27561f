import {
  type Decision,
  type EventResult,
  type LeadItem,
  type MessageView,
  type Principal,
  type RawEvent,
  type Role,
  withoutInterval,
} from '@surety/contract'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { Problem } from '../../errors.ts'
import type { actRoutes } from '../../manage/acts/routes.ts'
import type { calibrationRoutes } from '../../manage/autonomy/calibration-routes.ts'
import type { autonomyRoutes } from '../../manage/autonomy/routes.ts'
import type { caseRoutes } from '../../manage/cases/routes.ts'
import type { Line } from '../../manage/events/line.ts'
import type { explainRoutes } from '../../manage/explain/routes.ts'
import type { inboxRoutes } from '../../manage/inbox/routes.ts'
import type { keys } from '../../manage/keys/keys.ts'
import type { modelRoutes } from '../../manage/models/routes.ts'
import type { reportRoutes } from '../../manage/reports/routes.ts'
import type { settingRoutes } from '../../manage/settings/routes.ts'
import type { taskRoutes } from '../../manage/tasks/routes.ts'
import { checkAnswer } from '../../testing/check-answer.ts'
import { defaultRateLimits, type HttpConfig } from './http-config.ts'
import type { Idempotency } from './inside.ts'

type Of<F extends (service: never) => unknown> = Parameters<F>[0]
interface Services {
  readonly line: Line
  readonly cases: Of<typeof caseRoutes>
  readonly inbox: Of<typeof inboxRoutes>
  readonly acts: Of<typeof actRoutes>
  readonly explanations: Of<typeof explainRoutes>
  readonly reports: Of<typeof reportRoutes>
  readonly keys: ReturnType<typeof keys>
  readonly models: Pick<Of<typeof modelRoutes>, 'status' | 'reload' | 'rollback' | 'retrain' | 'card'>
  readonly autonomy: Of<typeof autonomyRoutes>
  readonly calibration: Of<typeof calibrationRoutes>
  readonly settings: Of<typeof settingRoutes>
  readonly tasks: Of<typeof taskRoutes>
  readonly idempotency: Idempotency
  ready(): Promise<boolean>
}

/** The inside of the door, kept in memory: what the tests of the door hand in, and what they may look at. */
export const testNow = new Date('2026-03-10T12:00:00.000Z')

export function keyOf(role: Role, tenant = 'acme'): string {
  return `sty_${role}${tenant === '*' ? 'platform' : tenant}_secret`
}

function principals(): Map<string, Principal> {
  const all = new Map<string, Principal>()
  for (const tenant of ['acme', 'globex', '*']) {
    for (const role of ['ingest', 'device', 'viewer', 'operator', 'admin'] as const) {
      const key = keyOf(role, tenant)
      const kind = role === 'device' ? 'device' : 'key'
      const keyId = key.slice(0, key.indexOf('_', 4))
      all.set(key, { kind, keyId, tenant, role, name: role, limits: {}, grants: ['pii'] })
    }
  }
  return all
}

export function testDecision(event: RawEvent, caseId: string): Decision {
  return {
    id: `D-${caseId}`,
    tenant: event.tenant,
    pod: 'customer-ops',
    caseId,
    subject: caseId,
    eventId: event.eventId ?? caseId,
    occurredAt: testNow,
    recordedAt: testNow,
    schemaHash: '00',
    features: [],
    enrichment: { intent: 'quote', sentiment: 'neutral', urgency: 'high', score: 0.8 },
    score: { probability: 0.6996, modelVersion: 1730483820, modelDigest: 'd', notes: [] },
    interval: withoutInterval('no_calibrator'),
    policyVersion: 1,
    threshold: 0.7,
    action: 'followup',
    mode: 'acting',
    gate: 'certified',
    automatic: false,
    propensity: 1,
    state: 'queued',
    reason: 'uncertain',
    certificate: null,
    audited: false,
  }
}

/** Remembers every event that reached the line, and the first event result of every event id. */
export function testServices() {
  const submitted: RawEvent[] = []
  const eventResults = new Map<string, EventResult>()
  const settings = new Map<string, { version: number; value: Record<string, never> }>()
  const calls = { authenticated: 0 }
  let made = 0
  const leads = new Map<string, string>()
  const known = principals()

  function submitOne(event: RawEvent): EventResult {
    submitted.push(event)
    if (event.kind === 'no.such') return { status: 'rejected', code: 'unknown_kind' }
    const id = `${event.tenant}/${event.eventId ?? `made-${made++}`}`
    const first = eventResults.get(id)
    if (first !== undefined && first.status !== 'rejected') return { ...first, status: 'duplicate' }
    const data = event.data as { name?: string; lead_id?: string; outcome?: string }
    if (event.kind === 'lead.created' && (typeof data.name !== 'string' || data.name.length < 2)) {
      return {
        status: 'rejected',
        code: 'validation_failed',
        errors: [{ path: 'name', code: 'too_short', message: 'must have 2 to 120 characters' }],
      }
    }
    const asks = event.kind === 'lead.created'
    const caseId = asks ? `L1730483820123-${String(made++).padStart(6, '0')}` : String(data.lead_id)
    if (asks) leads.set(caseId, event.tenant)
    else if (leads.get(caseId) !== event.tenant) return { status: 'rejected', code: 'lead_not_found' }
    if (event.kind === 'lead.outcome' && data.outcome !== 'booked')
      return { status: 'rejected', code: 'invalid_outcome' }
    const eventResult: EventResult = {
      status: 'recorded',
      kind: event.kind,
      eventId: event.eventId ?? caseId,
      caseId,
      recordedAt: testNow,
      decision: asks ? testDecision(event, caseId) : null,
      outcome: event.kind === 'lead.outcome' ? { outcome: 'booked', label: 1 } : null,
      ignored: [],
    }
    eventResults.set(id, eventResult)
    return eventResult
  }

  function ownLead(tenant: string, id: string) {
    if (leads.get(id) !== tenant) throw new Problem('lead_not_found')
  }

  const services: Services = {
    line: {
      now: () => testNow,
      roleOf: kind => (kind === 'lead.created' ? 'asks' : kind === 'lead.outcome' ? 'answers' : 'message'),
      submit: async event => submitOne(event),
      submitMany: async events => events.map(submitOne),
      preview: async () => ({ intent: 'quote', pred_prob: 0.123456 }),
    },
    cases: {
      list: async (tenant, { limit }) => ({
        items: [...leads]
          .filter(([, owner]) => owner === tenant)
          .slice(0, limit)
          .map(([id]) => lead(id, tenant)),
        next: null,
      }),
      get: async (tenant, id) => {
        ownLead(tenant, id)
        const { features: _features, ...decision } = {
          ...testDecision({ tenant, kind: 'lead.created', data: {} }, id),
          features: {},
        }
        return {
          lead: lead(id, tenant),
          decision: {
            id: decision.id,
            state: decision.state,
            reason: decision.reason,
            reason_text: '',
            opinion: 'shown',
            threshold: 0.7,
            interval: null,
            mode: 'certified',
            certified: false,
            followups: [],
            action: 'followup',
            automatic: false,
            propensity: 1,
            recorded_at: testNow.toISOString(),
            schema_hash: '00',
            features: {},
            model_version: null,
            model_digest: null,
            notes: [],
          },
          followups: [],
          outcomes: [],
          exposures: [],
        }
      },
      reveal: async ({ tenant }, id, field) => {
        ownLead(tenant, id)
        return field === 'name' ? 'Jane Doe' : null
      },
      history: async (tenant, id) => {
        ownLead(tenant, id)
        return [message]
      },
      search: async (_tenant, q) =>
        q === 'metal'
          ? {
              results: [{ lead_id: 'L1', name: 'J', phone: null, score: 1, preview: 'metal roof' }],
              onlyNewest: 20_000,
            }
          : { results: [], onlyNewest: null },
    },
    inbox: {
      list: async () => ({ items: [], next: null, counts: emptyInbox, as_of: testNow.toISOString() }),
      next: async () => ({
        case: null,
        lease_token: null,
        leased_until: null,
        counts: emptyInbox,
        as_of: testNow.toISOString(),
      }),
      release: async () => {
        throw new Problem('case_not_found')
      },
      extend: async () => {
        throw new Problem('case_not_found')
      },
      answer: async () => {
        throw new Problem('case_not_found')
      },
      undo: async () => {
        throw new Problem('case_not_found')
      },
      bulk: async () => ({
        applied: false,
        count: 0,
        sample: [],
        more: false,
        left_out: 0,
        changed: 0,
        preview_token: null,
        expires_at: null,
        as_of: testNow.toISOString(),
      }),
    },
    explanations: {
      decision: async () => {
        throw new Problem('decision_not_found')
      },
    },
    acts: {
      outbox: async () => ({ items: [], next: null }),
      cancel: async ({ tenant }, id) => {
        ownLead(tenant, id)
        return { cancelled: 1 }
      },
      requestReview: async ({ tenant }, id) => {
        ownLead(tenant, id)
        return { cancelled: 0 }
      },
    },
    tasks: {
      list: async () => ({ items: [], as_of: testNow.toISOString() }),
      run: async (_, name) => task(name),
      pause: async (_, name) => task(name),
      resume: async (_, name) => task(name),
      schedule: async (_, name) => task(name),
    },
    reports: {
      analytics: async () => ({
        total_leads: 1,
        total_outcomes: 0,
        pending: 1,
        conversion_rate: null,
        conversion_n: 0,
        outcome_breakdown: {},
        avg_time_to_conversion: null,
        as_of: testNow.toISOString(),
      }),
      outcomesCsv: async (_tenant, { limit }) => ({ rows: limit ?? 3, lines: csvLines(limit ?? 3) }),
    },
    keys: {
      authenticate: async presented => {
        calls.authenticated++
        return known.get(presented) ?? null
      },
      list: async () => [],
      create: async (actor, input) => ({
        key: 'sty_new_secret',
        view: keyView('new', input.tenant ?? actor.tenant, input.role, input.name),
      }),
      update: async (actor, id, change) => {
        if (id !== 'new') throw new Problem('key_not_found')
        return { ...keyView(id, actor.tenant, 'viewer', change.name ?? 'x'), enabled: change.enabled ?? true }
      },
      remove: async (_actor, id) => {
        if (id !== 'new') throw new Problem('key_not_found')
      },
    },
    models: {
      status: async () => ({
        loaded: false,
        version: null,
        version_date: null,
        auc: null,
        n_train: null,
        load_time: null,
        age_hours: null,
        drift_score: null,
        health: 'no_model',
        conditions: ['no_model'],
      }),
      reload: async (_actor, { candidate, minAuc }) => {
        if (minAuc !== undefined && !(Number(minAuc) >= 0 && Number(minAuc) <= 1)) throw new Problem('invalid_min_auc')
        if (candidate === null) {
          const error = 'Model file not found'
          const body = { ok: false, error, auc: null, min_auc: 0.65, rejected: true } as const
          return { accepted: false, code: 'file_not_found', body }
        }
        const body = { ok: true, version: 1, auc: 0.78, n_train: 523, load_time: 1.5, validated: true } as const
        return { accepted: true, body }
      },
      rollback: async () => ({ version: 1, auc: 0.7, load_time: 1.5 }),
      retrain: async () => ({ accepted: false }),
      card: async () => ({ intended_use: 'unknown' }),
    },
    autonomy: {
      overview: async () => ({ pods: [], as_of: testNow.toISOString() }),
      certificate: async () => {
        throw new Problem('certificate_not_found')
      },
      setMode: async (_actor, { action }) => ({
        items: [{ pod: 'customer-ops', action, mode: 'asking', gate: 'certified', changed: true }],
        as_of: testNow.toISOString(),
      }),
      rearm: async () => {
        throw new Problem('not_suspended')
      },
      restartAttempts: async (_actor, { action }) => ({ pod: 'customer-ops', action, restarted: {} }),
    },
    calibration: {
      get: async () => ({
        pod: 'customer-ops',
        model: null,
        rows: {},
        calibrator: null,
        reason: 'no_calibration',
        coverage: 90,
        absolute_residual: null,
        realised: null,
        assumption: 'none',
        as_of: testNow.toISOString(),
      }),
      upload: async () => ({ stored: 30, skipped: 0, skipped_rows: [], version: 1, calibration_size: 30 }),
    },
    settings: {
      get: async (_tenant, { name }) => settings.get(name) ?? { version: 0, value: {} },
      put: async (_actor, _place, _value, apply) => ({ applied: apply }),
    },
    idempotency: {
      begin: async (_tenant, key) => ({ kind: 'fresh', eventId: `idem-${key}` }),
      finish: async () => {},
      release: async () => {},
    },
    ready: async () => true,
  }
  return { services, submitted, calls, known }
}

const emptyInbox = { open: 0, leased: 0, overdue: 0, expiring_today: 0, oldest: null }

const message: MessageView = { ts: testNow.toISOString(), role: 'user', text: 'hello', pii: {} }

function lead(id: string, tenant: string): LeadItem {
  return {
    id,
    name: 'J*** D**',
    phone: null,
    email: null,
    details: '',
    tenant,
    created_at: testNow.toISOString(),
    intent: 'quote',
    sentiment: 'neutral',
    urgency: 'high',
    score: 0.8,
    pred_prob: 0.6996,
    outcome: null,
    last_messages: [message],
  }
}

const task = (name: string) => ({
  name,
  schedule: null,
  usual_schedule: null,
  paused: false,
  running: false,
  asked_at: null,
  next_at: null,
  last_success_at: null,
  attempts: 0,
  last_run: null,
})

function keyView(id: string, tenant: string, role: Role, name: string) {
  return {
    id,
    tenant,
    role,
    name,
    limits: {},
    grants: [],
    enabled: true,
    created_at: testNow.toISOString(),
    expires_at: null,
  }
}

async function* csvLines(rows: number) {
  yield 'lead_id,outcome\r\n'
  for (let i = 0; i < rows; i++) yield `L${i},booked\r\n`
}

/** Limits high enough that only the tests of limits meet them. */
export function testConfig(change: Partial<HttpConfig> = {}): HttpConfig {
  let ids = 0
  return {
    corsOrigins: [],
    production: false,
    devOpenLoopback: false,
    metricsToken: null,
    logger: pino({ enabled: false }),
    requestIds: () => `made-${ids++}`,
    limits: { ...defaultRateLimits, ops: 100, v1: 1000 },
    registry: new Registry(),
    checkAnswer,
    ...change,
  }
}
