import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { keyedHash } from '@surety/pii'
import { chiSquareTest, rng } from '@surety/stats'
import { drawsBy } from '../../manage/autonomy/autonomy-of.ts'
import { decide, drawWords } from './decide.ts'
import { autonomyWith, boundedItem, region, snapshotWith } from './testing/bounded-item.ts'

// One key and one row of ids, so that the figures are the same in every run; limits are those that chance passes in one of
// a thousand.
const hash = keyedHash(createSecretKey(Buffer.alloc(32, 7)))
const n = 100_000
const draws = Array.from({ length: n }, (_, i) =>
  drawsBy(hash, drawWords({ question: { name: 'main' }, eventId: `L${i}` })),
)
const coins = Float64Array.from(draws, ({ audit }) => audit)

const bin = (value: number, bins: number): number => Math.floor(value * bins)

function table(rows: number, columns: number, cells: Iterable<readonly [row: number, column: number]>): number[][] {
  const counts = Array.from({ length: rows }, () => new Array<number>(columns).fill(0))
  for (const [row, column] of cells) counts[row]![column]!++
  return counts
}

function unrelated(counts: number[][], what: string): void {
  const result = chiSquareTest(counts)
  assert.ok(result.ok && result.p > 0.001, `${what}: ${JSON.stringify(result)}`)
}

test('the coins of ids that follow each other lie evenly in [0, 1)', () => {
  const sorted = coins.toSorted()
  assert.ok(sorted[0]! >= 0 && sorted.at(-1)! < 1)
  const gaps = sorted.map((coin, i) => Math.max((i + 1) / n - coin, coin - i / n))
  const distance = gaps.reduce((most, gap) => Math.max(most, gap))
  assert.ok(distance * Math.sqrt(n) < 1.95, `Kolmogorov and Smirnov: ${distance * Math.sqrt(n)}`)
  const below = (rate: number): number => coins.filter(coin => coin < rate).length
  for (const rate of [0.01, 0.02, 0.05])
    assert.ok(Math.abs(below(rate) - n * rate) < 3.3 * Math.sqrt(n * rate * (1 - rate)), `${rate}: ${below(rate)}`)
})

test('a coin says nothing of the next one, nor of whether the case is blinded', () => {
  const pairs = Array.from({ length: n / 2 }, (_, i) => [bin(coins[2 * i]!, 10), bin(coins[2 * i + 1]!, 10)] as const)
  unrelated(table(10, 10, pairs), 'the next coin')
  const both = draws.map(({ audit, blinding }) => [bin(audit, 10), bin(blinding, 10)] as const)
  unrelated(table(10, 10, both), 'the draw for blinding')
})

test('a coin says nothing of the action, and is the same whichever the action is', () => {
  const certified = { act: { certificate: region() }, clear: { certificate: region({ threshold: 0.2, below: 0.3 }) } }
  const snapshot = snapshotWith(autonomyWith({ ...certified, draws: words => drawsBy(hash, words) }))
  const random = rng('scores')
  const items = Array.from({ length: 20_000 }, (_, i) => ({
    ...boundedItem({ p: random.uniform() }),
    eventId: `L${i}`,
  }))
  const decided = decide(items, snapshot)
  for (const [i, { verdict }] of decided.entries()) assert.equal(verdict.auditCoin, coins[i])
  const cells = decided.map(({ verdict }) => {
    const side = verdict.action === autonomyWith().sides.act!.action.name ? 0 : 1
    return [side, bin(verdict.auditCoin, 20)] as const
  })
  unrelated(table(2, 20, cells), 'the action')
  assert.ok(decided.filter(({ verdict }) => verdict.audited).length > 50)
})

test('no two events share their words, whatever an id is made of', () => {
  const ids = ['a', 'a"', 'a","', '","a', 'a\\', 'a\n', '["draws","main","a"', 'ä', 'a\u0308', '\ud800', '\ud801']
  assert.equal(new Set(ids.map(eventId => drawWords({ question: { name: 'main' }, eventId }))).size, ids.length)
  const words = ['main', 'other'].map(name => drawWords({ question: { name }, eventId: 'a' }))
  assert.notEqual(words[0], words[1], 'nor do two questions of one event')
  const about = (key: string) => ({ subject: { key } }) as NonNullable<Parameters<typeof drawWords>[0]['look']>
  const subjects = ['', 'P1', 'P2'].map(key =>
    drawWords({ question: { name: 'main' }, eventId: 'a', look: about(key) }),
  )
  assert.equal(new Set(subjects).size, 3, 'nor do two subjects of one event')
})
