import type { Samples } from '../pod-samples.ts'

export const samples: Samples = {
  settings: { 'over.degrees': 2 },
  events: {
    'thermostat.reading': { code: 'T1', celsius: 24.5 },
    'heating.visited': { case: 'A1', word: 'broken', of: 'real' },
  },
  reference: {
    thermostat: [{ code: 'T1', room: 'hall', target: 20, tags: [], fitted: null }],
    visit: [
      { thermostat: 'T1', engineer: 'E1', start: '2026-03-10T09:00:00Z', end: '2026-03-10T10:00:00Z' },
      { thermostat: 'T2', engineer: 'E1', start: '2026-03-10T12:00:00Z', end: '2026-03-10T13:00:00Z' },
    ],
  },
  answer: (_label, word) => ({ kind: 'heating.visited', data: { case: 'A1', word } }),
}
