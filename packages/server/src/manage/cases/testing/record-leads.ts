import { createHash, createSecretKey } from 'node:crypto'
import {
  type Contact,
  type Decision,
  type FeatureValue,
  type JsonObject,
  mainAlone,
  withoutInterval,
} from '@surety/contract'
import { createRedactor, keyedHash } from '@surety/pii'
import { type Batch, emptyBatch } from '../../../store/batch-rows.ts'
import type { Database } from '../../../store/db.ts'
import { ensurePartitions } from '../../../store/partitions.ts'
import { decisionTexts } from '../../../store/receipt-record.ts'
import { recordStatement } from '../../../store/record-batch.ts'
import { dataKeys, sealContact } from '../../../store/seal.ts'
import { nameWords, searchVector, searchWords } from '../../../store/search-words.ts'

/** Writes leads, messages and outcomes through the line's own statement, so that tests read what the line really wrote. */
export const pod = 'customer-ops'
export const keysAtRest = dataKeys([Buffer.alloc(32, 7)])

export interface TestLead {
  readonly tenant: string
  readonly id: string
  readonly at: Date
  readonly details?: string
  readonly contact?: Contact
  readonly enrichment?: JsonObject
  readonly probability?: number | null
  readonly modelVersion?: number | null
  readonly features?: readonly FeatureValue[]
  readonly schemaHash?: string
  readonly pod?: string
}

export function privacyOf(tenant: string) {
  const key = createSecretKey(createHash('sha256').update(tenant).digest())
  const hash = keyedHash(key)
  const { redact } = createRedactor(key, { defaultCountry: 'US' })
  return {
    redact,
    contactWords: ({ name, phone, email }: Contact): readonly string[] => [
      ...(name === undefined ? [] : nameWords(hash, name)),
      ...[phone, email].flatMap(value => (value === undefined ? [] : searchWords(redact(value).text))),
    ],
  }
}

export async function recordLead(db: Database, lead: TestLead): Promise<void> {
  const { tenant, id, at, contact = {} } = lead
  const privacy = privacyOf(tenant)
  const { text, pii } = privacy.redact(lead.details ?? '')
  const ids = { tenant, eventId: id, caseId: id, pod: lead.pod ?? pod, occurredAt: at, recordedAt: at }
  const decision = decisionOf(lead, ids.pod)
  await write(db, tenant, at, {
    keys: [{ ...ids, kind: 'lead.created', payloadHash: Buffer.alloc(16), decisionId: decision.id, caseKinds: null }],
    events: [
      {
        ...ids,
        kind: 'lead.created',
        payload: JSON.stringify({ details: text }),
        pii: JSON.stringify(pii),
        sealed: sealContact(keysAtRest, tenant, id, contact),
        search: searchVector([...searchWords(text), ...privacy.contactWords(contact)]),
      },
    ],
    decisions: [{ ...decision, latencyUs: 1, texts: decisionTexts(decision) }],
    outcomes: [],
    messages: [],
  })
}

export async function recordMessage(
  db: Database,
  message: { tenant: string; caseId: string; id: string; at: Date; role?: string; text: string },
): Promise<void> {
  const { tenant, caseId, id, at } = message
  const { text, pii } = privacyOf(tenant).redact(message.text)
  const ids = { tenant, eventId: id, caseId, pod, occurredAt: at, recordedAt: at }
  await write(db, tenant, at, {
    keys: [
      { ...ids, kind: 'message.received', payloadHash: Buffer.alloc(16), decisionId: null, caseKinds: 'lead.created' },
    ],
    events: [],
    decisions: [],
    outcomes: [],
    messages: [
      {
        ...ids,
        role: message.role ?? 'user',
        text,
        pii: JSON.stringify(pii),
        channel: null,
        ts: at,
        search: searchVector(searchWords(text)),
      },
    ],
  })
}

export async function recordOutcome(
  db: Database,
  report: {
    tenant: string
    caseId: string
    at: Date
    outcome: string
    label: 0 | 1 | null
    took?: number
    source?: string
  },
): Promise<void> {
  const { tenant, caseId, at } = report
  const ids = { tenant, eventId: `${caseId}-${at.getTime()}`, caseId, pod, occurredAt: at, recordedAt: at }
  await write(db, tenant, at, {
    keys: [
      { ...ids, kind: 'lead.outcome', payloadHash: Buffer.alloc(16), decisionId: null, caseKinds: 'lead.created' },
    ],
    events: [],
    decisions: [],
    outcomes: [
      {
        ...ids,
        outcome: report.outcome,
        label: report.label,
        source: report.source ?? 'reported',
        quality: 'human',
        notes: null,
        timeToConversion: report.took ?? null,
      },
    ],
    messages: [],
  })
}

async function write(db: Database, tenant: string, at: Date, batch: Partial<Batch>): Promise<void> {
  await db.transaction([], handle => ensurePartitions(handle, at, at))
  const { rowCount } = await db.transaction([tenant], handle =>
    handle.query(recordStatement({ ...emptyBatch, ...batch })),
  )
  if (rowCount !== 0) throw new Error('the line would have refused this test event')
}

let decisionCount = 0

function decisionOf(lead: TestLead, podName: string): Decision {
  decisionCount++
  return {
    ...mainAlone,
    id: `00000000-0000-4000-8000-${String(decisionCount).padStart(12, '0')}`,
    tenant: lead.tenant,
    pod: podName,
    caseId: lead.id,
    subject: lead.id,
    eventId: lead.id,
    occurredAt: lead.at,
    recordedAt: lead.at,
    schemaHash: lead.schemaHash ?? 'schema',
    features: lead.features ?? [],
    enrichment: lead.enrichment ?? { intent: 'quote', sentiment: 'neutral', urgency: 'medium', score: 0.7 },
    score: {
      probability: lead.probability ?? null,
      modelVersion: lead.modelVersion ?? null,
      modelDigest: null,
      notes: [],
    },
    interval: withoutInterval('no_calibration'),
    policyVersion: 0,
    threshold: 0.7,
    action: 'start_followup',
    mode: 'acting',
    gate: 'certified',
    automatic: false,
    propensity: 1,
    state: 'queued',
    reason: 'no_model',
    certificate: null,
    audited: false,
  }
}
