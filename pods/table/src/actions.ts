import type { Sides } from '@surety/contract'

/** An answer to a row can be taken back, so both are given at once and audited afterwards. */
export const actions = {
  act: {
    name: 'yes',
    side: 'act',
    alpha: 0.1,
    delta: 0.05,
    missBudget: null,
    reversible: true,
    costOfWrong: 5,
    costOfReview: 1,
    capPerHour: null,
    auditRate: 0.02,
    certified: { state: 'acted', reason: 'above_threshold_certified' },
    byRule: { state: 'acted', reason: 'threshold_mode' },
  },
  clear: {
    name: 'no',
    side: 'clear',
    alpha: 0.05,
    delta: 0.05,
    missBudget: 0.2,
    reversible: true,
    costOfWrong: 5,
    costOfReview: 1,
    capPerHour: null,
    auditRate: 0.02,
    certified: { state: 'acted', reason: 'certified_no' },
    byRule: { state: 'acted', reason: 'threshold_mode' },
  },
} satisfies Sides
