import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cases, groups, type Severity } from '@surety/contract'
import type { Verdict } from '../item.ts'
import { type Answered, attach } from './attach.ts'
import { CaseBook } from './case-book.ts'

const { site } = groups('site')
const rule = cases('alert', { group: site, windowMs: () => null })
const at = new Date('2026-03-01T09:00:00Z')
const ids = { uuid: () => 'id', bits24: () => 0 }
let made = 0

/** As far as it is looked at. */
const decided = (about: string, verdict: Partial<Verdict>) =>
  ({
    pod: { newCaseId: () => `c${made++}` },
    question: {
      name: 'real',
      slaMinutes: { high: 1, medium: 2, low: 3 },
      hangs: { rule, type: () => 't', severity: (): Severity => 'LOW' },
    },
    look: { subject: { key: about } },
    score: { probability: 0.5 },
    own: new Map([[site.name, site.of('S1')]]),
    seen: { id: `e${made}`, at: at.getTime() },
    recordedAt: at,
    ids,
    caseId: '',
    verdict: { decisionId: `d${made++}`, audited: false, review: null, whyNot: [], ...verdict },
  }) as unknown as Answered
const review = {
  urgency: 'low',
  dueAt: at,
  expiresAt: at,
  unlocks: false,
  blinded: true,
  draw: { shown: 1, blinded: 1 },
} as const
const casesOf = (answered: readonly Answered[]) => answered.map(({ caseId, hung }) => [caseId !== '', hung?.did])

test('what was cleared and drawn for an audit hangs on a case of its own: nobody can answer what hangs on none', () => {
  const book = new CaseBook([])
  const cleared = decided('A', { state: 'suppressed', reason: 'certified_no' })
  const audited = decided('B', { state: 'suppressed', reason: 'certified_no', audited: true, review })
  const queued = decided('C', { state: 'queued', reason: 'not_certified', review })
  const all = attach([cleared, audited, queued], book)
  assert.deepEqual(casesOf(all), [
    [false, undefined],
    [true, 'opened'],
    [true, 'opened'],
  ])
  assert.notEqual(all[1]!.caseId, all[2]!.caseId)
  const later = attach([decided('B', { state: 'queued', reason: 'not_certified', review })], book)
  assert.equal(later[0]!.caseId, all[2]!.caseId)
})
