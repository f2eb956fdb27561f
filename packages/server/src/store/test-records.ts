import type { NewRecordRow } from './record-rows.ts'
import type { NewRecord } from './records.ts'

// Records and their rows as tests need them: what a test does not name is of no matter to it.

export const placeIn = (tenant: string) => ({ tenant, pod: 'table', question: 'main' })

/** When those begin that say nothing else. */
export const recordsBegin = new Date('2026-01-01T00:00:00Z')

export const recordIn = (tenant: string, change: Partial<NewRecord> = {}): NewRecord => ({
  ...placeIn(tenant),
  action: 'yes',
  side: 'act',
  id: crypto.randomUUID(),
  begunAt: recordsBegin,
  rowsFrom: recordsBegin,
  why: 'first',
  plan: 0.3,
  starts: [{ cut: 20, weight: 1 }],
  suspensions: 0,
  budgetChanges: 0,
  budget: { alpha: 0.1, delta: 0.05, missBudget: null, smallestRate: 0.02 },
  ...change,
})

export const rowIn = (
  tenant: string,
  caseId: string,
  decidedAt: Date,
  change: Partial<NewRecordRow> = {},
): NewRecordRow => ({
  ...placeIn(tenant),
  caseId,
  decidedAt,
  source: 'live',
  modelVersion: 1,
  kappaAct: 3,
  kappaClear: -1,
  auditCoin: 0.5,
  label: 1,
  quality: 'human',
  labelledBy: null,
  ...change,
})
