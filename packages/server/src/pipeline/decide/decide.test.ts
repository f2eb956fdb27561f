import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { Asking, HangsOn, Mode, Severity, State } from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import { table } from '@surety/pod-table'
import type { Calibration, Draws, Verdict } from '../item.ts'
import { decide, decider } from './decide.ts'
import {
  type AutonomyChange,
  autonomyWith,
  boundedItem,
  day,
  type ItemChange,
  noon,
  plainIds,
  region,
  snapshotWith,
} from './testing/bounded-item.ts'

const verdictOf = (item: ItemChange = {}, change: AutonomyChange = {}, enrichment = true): Verdict => {
  const snapshot = snapshotWith(autonomyWith(change, item.pod?.questions[0]), undefined, enrichment)
  return decide([boundedItem(item)], snapshot)[0]!.verdict
}
const short = ({ state, reason, automatic, propensity }: Verdict) => [state, reason, automatic, propensity]
const both = (change: AutonomyChange['act']): AutonomyChange => ({ act: change!, clear: change! })
/** Certificates that reach .85 to act and .1 to clear. */
const certified: AutonomyChange = {
  act: { certificate: region({ threshold: 0.8 }) },
  clear: { certificate: region({ id: 'C2', threshold: 0.2, below: 0.3 }) },
}
const merged = (first: AutonomyChange, second: AutonomyChange): AutonomyChange => ({
  ...first,
  ...second,
  act: { ...first.act, ...second.act },
  clear: { ...first.clear, ...second.clear },
})
const sides = { act: 0.85, clear: 0.1 } as const
const rate = customerOps.questions[0].actions.act!.auditRate

test('every mode, gate and side ends where it should', () => {
  const ended: { [where: string]: readonly [State, string, boolean, number] } = {
    'acting certified act': ['acted', 'above_threshold_certified', true, rate],
    'acting certified clear': ['suppressed', 'certified_no', true, rate],
    'acting threshold act': ['acted', 'threshold_mode', true, 0],
    'acting threshold clear': ['suppressed', 'below_threshold', true, 0],
    'asking certified act': ['queued', 'mode_asking', false, 1],
    'asking certified clear': ['queued', 'mode_asking', false, 1],
    'asking threshold act': ['queued', 'mode_asking', false, 1],
    'asking threshold clear': ['queued', 'mode_asking', false, 1],
    'dry_run certified act': ['suppressed', 'dry_run', false, rate],
    'dry_run certified clear': ['suppressed', 'dry_run', false, rate],
    'dry_run threshold act': ['suppressed', 'dry_run', false, 0],
    'dry_run threshold clear': ['suppressed', 'dry_run', false, 0],
    'stopped certified act': ['suppressed', 'followups_off', false, 1],
    'stopped certified clear': ['suppressed', 'followups_off', false, 1],
    'stopped threshold act': ['suppressed', 'followups_off', false, 1],
    'stopped threshold clear': ['suppressed', 'followups_off', false, 1],
  }
  for (const [where, expected] of Object.entries(ended)) {
    const [mode, gate, side] = where.split(' ') as [Mode, 'certified' | 'threshold', 'act' | 'clear']
    const found = verdictOf({ p: sides[side] }, merged(certified, both({ mode, gate })))
    assert.deepEqual(short(found), expected, where)
    assert.deepEqual(
      [found.mode, found.gate, found.action],
      [mode, gate, customerOps.questions[0].actions[side]!.name],
      where,
    )
    assert.deepEqual([found.policyVersion, found.threshold, found.epoch], [3, 0.7, 7])
    assert.equal(found.review !== null, expected[0] === 'queued', where)
  }
})

test('without a certificate every mode that acts asks instead, on both sides', () => {
  for (const p of Object.values(sides)) {
    assert.deepEqual(short(verdictOf({ p })), ['queued', 'not_certified', false, 1])
    assert.deepEqual(short(verdictOf({ p }, both({ mode: 'dry_run' }))).slice(0, 2), ['suppressed', 'dry_run'])
  }
})

test('the certificate that allowed an act is named, and nothing else is', () => {
  assert.equal(verdictOf({ p: 0.85 }, certified).certificate, 'C1')
  assert.equal(verdictOf({ p: 0.1 }, certified).certificate, 'C2')
  assert.equal(verdictOf({ p: 0.75 }, certified).certificate, null)
  assert.equal(verdictOf({ p: 0.85 }, merged(certified, both({ gate: 'threshold' }))).certificate, null)
})

test('outside both certified regions the score is uncertain, with what it was and what it had to reach', () => {
  const found = verdictOf({ p: 0.75 }, certified)
  assert.deepEqual(short(found), ['queued', 'uncertain', false, 1])
  assert.deepEqual(found.whyNot, [{ code: 'uncertain', value: 0.75, limit: 0.8 }])
  assert.equal(verdictOf({ p: 0.8 }, certified).state, 'acted')
  assert.equal(verdictOf({ p: 0.2 }, certified).state, 'suppressed')
  assert.equal(verdictOf({ p: 0.2001 }, certified).reason, 'uncertain')
})

test('a clear keeps strictly below the bound of its miss budget', () => {
  const missing = { ...certified, clear: { certificate: region({ threshold: 0.2, below: 0.1 }) } }
  assert.equal(verdictOf({ p: 0.1 }, missing).reason, 'uncertain')
  assert.equal(verdictOf({ p: 0.0999 }, missing).reason, 'certified_no')
})

test('a certificate ends at its moment, and a suspended action is asked even with one', () => {
  const until = (expiresAt: number) => verdictOf({}, { act: { certificate: region({ expiresAt }) } })
  assert.equal(until(noon.getTime()).reason, 'not_certified')
  assert.equal(until(noon.getTime() + 1).reason, 'above_threshold_certified')
  const suspended = verdictOf({}, merged(certified, { act: { suspended: true } }))
  assert.deepEqual(short(suspended), ['queued', 'suspended_by_tripwire', false, 1])
  assert.deepEqual(suspended.whyNot, [{ code: 'suspended_by_tripwire' }])
  for (const [side, p] of Object.entries(sides)) {
    const rule = verdictOf({ p }, merged(certified, both({ gate: 'threshold', suspended: true })))
    assert.deepEqual(short(rule), ['queued', 'suspended_by_tripwire', false, 1], `the plain rule, ${side}`)
  }
  const without = verdictOf({}, { act: { suspended: true } })
  assert.deepEqual(
    without.whyNot.map(note => note.code),
    ['suspended_by_tripwire', 'not_certified'],
  )
})

test('what leaves no choice asks in every mode that would act, and is the reason also while asking', () => {
  const stale: Calibration = {
    version: 1,
    size: 100,
    score: 0.9,
    scores: Float64Array.of(0.5),
    p0: Float64Array.of(0.4),
    p1: Float64Array.of(0.6),
    radii: [null, null, null],
    limits: [null, null],
    refreshedAt: noon.getTime() - 30 * day - 1,
  }
  const cases = [
    ['no_score', { p: null }, certified, true],
    ['missing_feature', { p: null, cannot: 'missing_feature' }, certified, true],
    ['no_model', { p: null, cannot: 'no_model' }, certified, true],
    ['enrichment_off', {}, certified, false],
    ['stale_calibrator', {}, { ...certified, calibration: stale }, true],
  ] as const
  for (const [reason, item, change, enrichment] of cases) {
    assert.deepEqual(short(verdictOf(item, change, enrichment)), ['queued', reason, false, 1])
    for (const gate of ['certified', 'threshold'] as const) {
      const asking = merged(change, both({ mode: 'asking', gate }))
      assert.deepEqual(short(verdictOf(item, asking, enrichment)), ['queued', reason, false, 1])
      const rule = merged(change, both({ gate }))
      assert.deepEqual(short(verdictOf(item, rule, enrichment)), ['queued', reason, false, 1])
    }
    const dry = verdictOf(item, merged(change, both({ mode: 'dry_run' })), enrichment)
    assert.deepEqual([dry.reason, dry.whyNot], ['dry_run', [{ code: reason, detail: 'would have been queued' }]])
    assert.equal(verdictOf(item, merged(change, both({ mode: 'stopped' })), enrichment).reason, 'followups_off')
  }
  const fresh = { ...certified, calibration: { ...stale, refreshedAt: noon.getTime() - 30 * day } }
  assert.equal(verdictOf({}, fresh).state, 'acted')
})

test('text enrichment that is off stops only pods that read texts of people', () => {
  const found = verdictOf({ pod: table }, { act: { certificate: region() } }, false)
  assert.notEqual(found.reason, 'enrichment_off')
  assert.equal(found.automatic, true)
})

test('an audit of what cannot be called back comes before the act, and after it where waiting would be worse', () => {
  const draws = { audit: 0.0199 }
  const waits = verdictOf({}, { ...certified, draws })
  assert.deepEqual(short(waits), ['queued', 'blind_audit', false, rate])
  assert.deepEqual([waits.audited, waits.certificate, waits.review?.blinded], [true, 'C1', true])
  const urgent = verdictOf({ enrichment: { urgency: 'high' } }, { ...certified, draws })
  assert.deepEqual(short(urgent), ['acted', 'above_threshold_certified', true, rate])
  assert.deepEqual([urgent.audited, urgent.review?.blinded, urgent.review?.urgency], [true, true, 'high'])
  const bad = { severity: 'CRITICAL' as Severity }
  const [question] = customerOps.questions
  const hangs = { severity: () => bad.severity } as unknown as HangsOn
  const alert = () =>
    decide(
      [{ ...boundedItem(), question: { ...question, hangs }, look: { subject: { key: '' } } as Asking }],
      snapshotWith(autonomyWith({ ...certified, draws })),
    )[0]!.verdict.state
  assert.equal(alert(), 'acted')
  bad.severity = 'MEDIUM'
  assert.equal(alert(), 'queued')
  const reversible = verdictOf({ p: 0.1 }, { ...certified, draws })
  assert.deepEqual(short(reversible), ['suppressed', 'certified_no', true, rate])
  assert.deepEqual([reversible.audited, reversible.review?.blinded], [true, true])
})

test('what is done by itself with a certificate is audited strictly below the audit rate, and nothing else is', () => {
  const audited = (coin: number, change: AutonomyChange = {}) =>
    verdictOf({}, merged({ ...certified, draws: { audit: coin } }, change)).audited
  assert.deepEqual([audited(rate - 1e-9), audited(rate)], [true, false])
  assert.equal(verdictOf({}, { draws: { audit: 0 } }).audited, false)
  assert.equal(audited(0, both({ gate: 'threshold' })), false)
})

const words = '["draws","main","E1",""]'

test('every decision has one coin, the same whatever becomes of it, by words of question, event and subject alone', () => {
  for (const mode of ['acting', 'asking', 'dry_run', 'stopped'] as const)
    for (const gate of ['certified', 'threshold'] as const)
      for (const p of [0.85, 0.75, 0.1, null])
        for (const change of [certified, {}]) {
          const drawn: string[] = []
          const draws = (words: string): Draws => {
            drawn.push(words)
            return { audit: 0.625, blinding: 0.999 }
          }
          const found = verdictOf({ p }, merged({ ...change, draws }, both({ mode, gate })))
          assert.equal(found.auditCoin, 0.625)
          assert.deepEqual(drawn, [words])
        }
})

test('the blinded share hides what is asked too, so that no audit is marked', () => {
  const blinded = (draw: number, blindedShare: number) =>
    verdictOf({}, { draws: { blinding: draw }, blindedShare }).review?.blinded
  assert.deepEqual([blinded(0.09, 0.1), blinded(0.1, 0.1), blinded(0, 0)], [true, false, false])
})

test('beyond the cap of the hour it is asked; a dry run takes no place, nor does what nobody caps', () => {
  const full: AutonomyChange = { ...certified, room: () => 0 }
  const capped = verdictOf({}, full)
  assert.deepEqual(short(capped), ['queued', 'capped', false, 1])
  assert.deepEqual([capped.cap, capped.certificate], [null, null])
  assert.deepEqual(short(verdictOf({}, merged(full, both({ gate: 'threshold' })))), ['queued', 'capped', false, 1])
  assert.equal(verdictOf({}, merged(full, both({ mode: 'dry_run' }))).certificate, 'C1')
  assert.equal(verdictOf({}, certified).cap, 200)
  assert.equal(verdictOf({ p: 0.1 }, certified).cap, null)
})

test('the items of one batch share the room of their hour, and deciding again finds the same', () => {
  const snapshot = snapshotWith(autonomyWith({ ...certified, room: () => 2 }))
  const later = new Date(noon.getTime() + 3_600_000)
  const items = [noon, noon, noon, later].map(recordedAt => boundedItem({ recordedAt }))
  const states = () => decide(items, snapshot).map(({ verdict }) => verdict.state)
  assert.deepEqual(states(), ['acted', 'acted', 'queued', 'acted'])
  assert.deepEqual(states(), ['acted', 'acted', 'queued', 'acted'])
})

test('what is decided anew keeps its id and its coin, and another process that decides the same event draws the same', () => {
  let made = 0
  const ids = { ...plainIds, uuid: () => `id-${++made}` }
  const draws = (words: string): Draws => {
    const audit = createHash('sha256').update(words).digest().readUInt32BE() / 2 ** 32
    return { audit, blinding: 0.999 }
  }
  const snapshot = snapshotWith(autonomyWith({ ...certified, draws }))
  const [first] = decide([boundedItem({ ids })], snapshot)
  const asking = snapshotWith(autonomyWith({ ...merged(certified, both({ mode: 'asking' })), draws }))
  const [again] = decide([first!], asking)
  assert.equal(again?.verdict.decisionId, first?.verdict.decisionId)
  assert.equal(made, 1)
  const [elsewhere] = decide([boundedItem({ ids, recordedAt: new Date(noon.getTime() + 1) })], snapshot)
  assert.notEqual(elsewhere?.verdict.decisionId, first?.verdict.decisionId)
  assert.deepEqual([again?.verdict.auditCoin, elsewhere?.verdict.auditCoin], Array(2).fill(first?.verdict.auditCoin))
})

test('what is asked because of the cap is no audit: everything beyond the cap is seen by a person', () => {
  const found = verdictOf({ enrichment: { urgency: 'high' } }, { ...certified, draws: { audit: 0 }, room: () => 0 })
  assert.deepEqual(short(found), ['queued', 'capped', false, 1])
  assert.equal(found.audited, false)
})

test('a dry run keeps what would have been: end, certificate, propensity and all that stood in the way', () => {
  const dry = (change: AutonomyChange, p = 0.85) => verdictOf({ p }, merged(change, both({ mode: 'dry_run' })))
  const acted = dry(certified)
  assert.deepEqual(acted.whyNot, [{ code: 'above_threshold_certified', detail: 'would have been acted' }])
  assert.deepEqual([acted.certificate, acted.propensity, acted.automatic, acted.audited], ['C1', rate, false, false])
  assert.equal(acted.review, null)
  const asked = dry(certified, 0.75)
  assert.deepEqual(asked.whyNot, [
    { code: 'uncertain', detail: 'would have been queued' },
    { code: 'uncertain', value: 0.75, limit: 0.8 },
  ])
  const drawn = dry({ ...certified, draws: { audit: 0 } })
  assert.deepEqual([drawn.state, drawn.audited, drawn.review], ['suppressed', false, null])
})

test('a place in the inbox: due by urgency, expiring after the days of the queue', () => {
  for (const [urgency, minutes] of Object.entries(customerOps.questions[0].slaMinutes)) {
    const { review } = verdictOf({ enrichment: { urgency } })
    assert.equal(review?.urgency, urgency)
    assert.equal(review?.dueAt.getTime(), noon.getTime() + minutes * 60_000)
    assert.equal(review?.expiresAt.getTime(), noon.getTime() + 7 * day)
  }
})

test('an outcome unlocks where the next certificate begins, and not where there is one already', () => {
  const unlocks = (p: number, change: AutonomyChange) => verdictOf({ p }, change).review?.unlocks
  const from = { act: { unlocksFrom: 0.8 }, clear: { unlocksFrom: 0.2 } }
  assert.deepEqual([unlocks(0.8, from), unlocks(0.79, from)], [true, false])
  assert.deepEqual([unlocks(0.2, from), unlocks(0.21, from)], [true, false])
  assert.equal(unlocks(0.75, merged(from, { act: { unlocksFrom: 0.7, certificate: region() } })), false)
  assert.equal(unlocks(0.85, {}), false)
})

test('the same items give the same verdicts, alone or together, and nothing that came in is changed', () => {
  const items = [0.05, 0.1, 0.65, 0.75, 0.85, 0.99].map(p => Object.freeze(boundedItem({ p })))
  const snapshot = snapshotWith(Object.freeze(autonomyWith(certified)))
  const once = decide(items, snapshot)
  assert.deepEqual(decide(items, snapshot), once)
  assert.deepEqual(
    items.flatMap(item => decide([item], snapshot)),
    once,
  )
})

test('fact 37: gate threshold: .50, .69 and .6996 get no follow-up, .70, .85 and .99 do', () => {
  const rule = both({ gate: 'threshold' })
  const states = [0.5, 0.69, 0.6996, 0.7, 0.85, 0.99].map(p => short(verdictOf({ p }, rule)).slice(0, 2).join(' '))
  const [left, followed] = ['suppressed below_threshold', 'acted threshold_mode']
  assert.deepEqual(states, [left, left, left, followed, followed, followed])
})

test('fact 38: gate certified, no certificate, p .85: queued, not certified, and no act', () => {
  const found = verdictOf({ p: 0.85 })
  assert.deepEqual([found.state, found.reason, found.automatic], ['queued', 'not_certified', false])
})

/** The leads, with one thing to do alone. */
const oneSided = (only: 'act' | 'clear', askFrom?: number) => {
  const [main] = customerOps.questions
  const actions = only === 'act' ? { act: main.actions.act! } : { clear: main.actions.clear! }
  return { ...customerOps, questions: [{ ...main, actions, ...(askFrom !== undefined && { askFrom }) }] } as const
}

test('on a side that is missing nothing is settled in any mode or gate: it is asked from the ask line on, else recorded', () => {
  const certain = { certificate: region({ threshold: 0.5 }), unlocksFrom: 1 }
  const ended = (only: 'act' | 'clear', p: number, change: AutonomyChange['act'] = {}, askFrom?: number) => {
    const verdict = verdictOf({ p, pod: oneSided(only, askFrom) }, both({ ...certain, ...change }))
    assert.equal(verdict.action, customerOps.questions[0].actions[only]!.name)
    assert.deepEqual([verdict.automatic, verdict.cap, verdict.certificate, verdict.audited], [false, null, null, false])
    assert.equal(verdict.review?.unlocks ?? false, false)
    return [verdict.state, verdict.reason, verdict.propensity, ...verdict.whyNot.map(({ code }) => code)]
  }
  const asks = ['queued', 'above_ask_line', 1, 'above_ask_line']
  for (const [only, p] of [
    ['act', 0.2],
    ['clear', 0.9],
  ] as const) {
    for (const change of [{}, { mode: 'asking' }, { gate: 'threshold' }, { suspended: true }] as const)
      assert.deepEqual(ended(only, p, change), asks)
    assert.deepEqual(ended(only, p, { mode: 'stopped' }), ['suppressed', 'followups_off', 1])
    const [state, reason, , would] = ended(only, p, { mode: 'dry_run' })
    assert.deepEqual([state, reason, would], ['suppressed', 'dry_run', 'above_ask_line'])
  }
  assert.deepEqual(ended('act', 0.2, {}, 0.3), ['logged', 'below_ask_line', 0])
  assert.deepEqual(ended('act', 0.4, {}, 0.3), asks)
  assert.deepEqual(ended('act', 0.3, {}, 0.3), asks, 'the line itself is asked')
  assert.deepEqual(ended('clear', 0.9, {}, 0.95), ['logged', 'below_ask_line', 0])
  const { reason, whyNot } = verdictOf({ p: 0.2, pod: oneSided('act') })
  assert.deepEqual([reason, whyNot[0]], ['above_ask_line', { code: 'above_ask_line', value: 0.2, limit: 0.7 }])
})

test('the side that there is ends as it does beside the other one; what nothing can score is asked', () => {
  for (const only of ['act', 'clear'] as const) {
    const pod = oneSided(only)
    assert.deepEqual(
      short(verdictOf({ p: sides[only], pod }, certified)),
      short(verdictOf({ p: sides[only] }, certified)),
    )
    assert.deepEqual(short(verdictOf({ p: null, cannot: 'no_model', pod }, certified)), [
      'queued',
      'no_model',
      false,
      1,
    ])
  }
})

test('what comes longer after it happened than its pod allows is asked, whatever is certified and in both gates', () => {
  const pod = { ...customerOps, lateAfterMs: 60_000 }
  const late = (ms: number, change: AutonomyChange) => {
    const item = { ...boundedItem({ pod }), occurredAt: new Date(noon.getTime() - ms) }
    return short(decide([item], snapshotWith(autonomyWith(change)))[0]!.verdict)
  }
  for (const change of [certified, both({ gate: 'threshold' })]) {
    assert.deepEqual(late(60_001, change), ['queued', 'late', false, 1])
    assert.equal(late(60_000, change)[0], 'acted')
  }
})

test('what was done before and is done once only waits for no auditor: it is no sample of what is done', () => {
  const question = customerOps.questions[0]
  const act = { ...question.actions.act!, once: {} } as unknown as NonNullable<typeof question.actions.act>
  const autonomy = autonomyWith(
    { ...certified, draws: { audit: 0 } },
    { ...question, actions: { ...question.actions, act } },
  )
  const onces = { before: () => 'duplicate' as const, intend: () => {} }
  const [found] = decider(snapshotWith(autonomy), onces)([boundedItem()])
  assert.deepEqual(short(found!.verdict), ['queued', 'duplicate', false, 1])
  assert.equal(found!.verdict.audited, false)
})
