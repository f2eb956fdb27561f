import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { keyedHash } from '@surety/pii'
import { customerOps } from '@surety/pod-customer-ops'
import { chiSquareTest, rng } from '@surety/stats'
import { drawsBy } from '../../manage/autonomy/autonomy-of.ts'
import type { Decided, Review } from '../item.ts'
import { decide } from './decide.ts'
import { notDrawn } from './review-draw.ts'
import { type AutonomyChange, autonomyWith, boundedItem, region, snapshotWith } from './testing/bounded-item.ts'

// One key, one row of ids and of scores: the figures are the same in every run; limits are those that chance passes in one of a
// thousand.
const hash = keyedHash(createSecretKey(Buffer.alloc(32, 5)))
const random = rng('drawn')
const items = Array.from({ length: 40_000 }, (_, i) => ({ ...boundedItem({ p: random.uniform() }), eventId: `D${i}` }))

type Asked = Decided & { readonly verdict: { readonly review: Review } }
const scoreOf = (item: Asked): number => item.score.probability!

/** Everything that is asked, in the order of its draws as they are shown. */
function asked(change: AutonomyChange): readonly Asked[] {
  const snapshot = snapshotWith(autonomyWith({ ...change, draws: words => drawsBy(hash, words) }))
  return decide(items, snapshot).filter((item): item is Asked => item.verdict.review !== null)
}

const drawOf = ({ verdict: { review } }: Asked): number => (review.blinded ? review.draw.blinded : review.draw.shown)
const inOrder = (all: readonly Asked[]): readonly Asked[] => all.toSorted((a, b) => drawOf(a) - drawOf(b))

/** Is what a case is told apart by related to where it stands? p of a chi-square test over ten bins of places. */
function related(all: readonly Asked[], kindOf: (item: Asked) => number, kinds: number): number {
  const counts = Array.from({ length: kinds }, () => new Array<number>(10).fill(0))
  for (const [place, item] of inOrder(all).entries()) counts[kindOf(item)]![Math.floor((10 * place) / all.length)]!++
  const result = chiSquareTest(counts)
  assert.ok(result.ok, JSON.stringify(result))
  return result.p
}

const between = (from: number, to: number, bins: number) => (item: Asked) =>
  Math.min(bins - 1, Math.floor((bins * (scoreOf(item) - from)) / (to - from)))

const asking: AutonomyChange = {
  act: { unlocksFrom: 0.8, unlocksShare: 0.2 },
  clear: { unlocksFrom: 0.05, unlocksShare: 0.05 },
  blindedShare: 0.1,
}

test('inside a region a place says nothing of the score: whoever stops anywhere has looked at a uniform draw', () => {
  const shown = asked(asking).filter(({ verdict }) => !verdict.review.blinded)
  const inside = shown.filter(({ verdict }) => verdict.review.unlocks)
  const act = inside.filter(item => scoreOf(item) >= 0.8)
  const clear = inside.filter(item => scoreOf(item) <= 0.05)
  assert.equal(act.length + clear.length, inside.length)
  assert.ok(related(act, between(0.8, 1, 8), 8) > 0.001)
  assert.ok(related(clear, between(0, 0.05, 4), 4) > 0.001)
  const first = inOrder(shown)
    .slice(0, 2_000)
    .filter(({ verdict }) => !verdict.review.unlocks)
  assert.ok(related(first, between(0.05, 0.8, 8), 8) > 0.001, 'nor among those of the rest that are drawn')
})

test('of five places each of two regions gets two, however small it is, and the rest one; the others come last, by urgency', () => {
  const shown = inOrder(asked(asking).filter(({ verdict }) => !verdict.review.blinded))
  const first = shown.slice(0, 2_000)
  const share = (holds: (p: number) => boolean): number => first.filter(item => holds(scoreOf(item))).length / 2_000
  const found = [share(p => p >= 0.8), share(p => p <= 0.05), share(p => p > 0.05 && p < 0.8)]
  for (const [i, wanted] of [0.4, 0.4, 0.2].entries())
    assert.ok(Math.abs(found[i]! - wanted) < 0.04, `${found} of the first places`)
  const rest = shown.filter(item => drawOf(item) === notDrawn)
  assert.ok(rest.length > 10_000 && rest.every(({ verdict }) => !verdict.review.unlocks))
})

test('where nothing is certified cases of the only region lead, one in five places apart', () => {
  const one = { act: asking.act!, blindedShare: 0 }
  const first = inOrder(asked(one)).slice(0, 2_000)
  const inside = first.filter(({ verdict }) => verdict.review.unlocks).length
  assert.ok(Math.abs(inside - 1_600) < 80, `${inside} of 2,000`)
  assert.ok(asked({}).every(item => drawOf(item) === notDrawn))
})

test('of withheld cases a place tells neither the audits nor the side nor what unlocks', () => {
  const { act } = customerOps.questions[0].actions
  const audits = { action: { ...act!, auditRate: 0.1 }, certificate: region({ threshold: 0.8 }) }
  const blinded = asked({ ...asking, act: audits }).filter(({ verdict }) => verdict.review.blinded)
  const audited = blinded.filter(({ verdict }) => verdict.audited).length
  assert.ok(audited > 500 && blinded.length - audited > 1_500, `${audited} of ${blinded.length}`)
  assert.ok(related(blinded, ({ verdict }) => (verdict.audited ? 1 : 0), 2) > 0.001, 'audits')
  assert.ok(related(blinded, ({ verdict }) => (verdict.review.unlocks ? 1 : 0), 2) > 0.001, 'what unlocks')
  assert.ok(related(blinded, item => (scoreOf(item) >= 0.7 ? 1 : 0), 2) > 0.001, 'the side')
  assert.ok(
    blinded.every(item => drawOf(item) < notDrawn),
    'none stands with what is not drawn',
  )
})
