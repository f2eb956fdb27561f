import type { JsonObject, PodSettings } from '@surety/contract'

/** What a pod brings to be examined: settings with every kind of feature, and one good event of each kind. */
export interface Samples {
  readonly settings: PodSettings
  /** Those of ticks are made. */
  readonly events: { readonly [kind: string]: JsonObject }
  /** Rows of its entities, by name, such as its events speak of; left out: none. */
  readonly reference?: { readonly [entity: string]: readonly JsonObject[] }
  /** An answering event that settles a case: positive or negative. */
  answer(label: 0 | 1, word: string): { readonly kind: string; readonly data: JsonObject }
}

/** Which pods are examined is found, not written here; a pod without samples fails by name. One of tests/ has them beside it. */
export const samples: { readonly [pod: string]: Samples } = {
  'customer-ops': {
    settings: {
      time_zone: 'Europe/Berlin',
      attributes: [
        { name: 'age', kind: 'numeric' },
        { name: 'job', kind: 'categorical' },
        { name: 'owner', kind: 'boolean' },
      ],
    },
    events: {
      'lead.created': {
        name: 'Ann Lee',
        phone: '612-555-1212',
        email: 'ann.lee@example.invalid',
        company: 'Lee Roofs',
        details: 'URGENT: need an estimate today',
        source: 'web',
        external_id: 'crm-1',
        time_zone: 'America/Chicago',
        preferred_channel: 'sms',
        consent: { sms: true },
        attributes: { age: 41, job: 'roofer', owner: true },
        occurred_at: '2026-03-10T08:00:00Z',
      },
      'message.received': {
        lead_id: 'L1',
        role: 'user',
        text: 'Is it urgent?',
        channel: 'sms',
        ts: '2026-03-10T08:00:00Z',
      },
      'lead.outcome': { lead_id: 'L1', outcome: 'booked', notes: 'Fine.', time_to_conversion: 1800 },
    },
    answer: (_label, word) => ({ kind: 'lead.outcome', data: { lead_id: 'L1', outcome: word } }),
  },
  table: {
    settings: {
      columns: [
        { name: 'amount', kind: 'numeric' },
        { name: 'home city', kind: 'categorical' },
        { name: '__proto__', kind: 'boolean' },
        { name: 'paid_back', kind: 'boolean' },
      ],
      known_later: ['paid_back'],
    },
    events: {
      'row.recorded': { row_id: '7', subject: 'client-1', columns: { amount: '12.5', 'home city': 'Graz' } },
      'row.outcome': { row_id: '7', label: 1 },
    },
    answer: label => ({ kind: 'row.outcome', data: { row_id: '7', label } }),
  },
}
