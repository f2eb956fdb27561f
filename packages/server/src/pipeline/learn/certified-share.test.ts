import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rng } from '@surety/stats'
import { type CertifyBudgets, certifiedShare } from './certified-share.ts'

const act = { alpha: 0.1, delta: 0.05, missBudget: null }
const clear = { ...act, missBudget: 0.2 }
const budgets: CertifyBudgets = { floor: 0.5, sides: { act, clear } }

function world(n: number, sharpness: number) {
  const random = rng(`share-${n}-${sharpness}`)
  const p = new Float64Array(n)
  const y = new Uint8Array(n)
  for (let i = 0; i < n; i++) {
    p[i] = 1 / (1 + Math.exp(-sharpness * (random.uniform() - 0.5)))
    y[i] = random.uniform() < p[i]! ? 1 : 0
  }
  return { p, y }
}

test('nothing is certified on nothing, on few rows, on noise', () => {
  assert.equal(certifiedShare(new Float64Array(0), new Uint8Array(0), budgets), 0)
  const few = world(20, 50)
  assert.equal(certifiedShare(few.p, few.y, budgets), 0)
  const noise = world(2000, 0.1)
  assert.equal(certifiedShare(noise.p, noise.y, budgets), 0)
})

test('a sharper model settles more, and a perfect one everything', () => {
  const shares = [5, 10, 40].map(sharpness => {
    const { p, y } = world(4000, sharpness)
    return certifiedShare(p, y, budgets)
  })
  assert.ok(shares[0]! < shares[1]! && shares[1]! < shares[2]!, shares.join(' '))
  const p = Float64Array.from({ length: 1000 }, (_, k) => (k % 2 === 0 ? 0.01 : 0.99))
  const y = Uint8Array.from({ length: 1000 }, (_, k) => k % 2)
  assert.equal(certifiedShare(p, y, budgets), 1)
})

test('the miss budget holds clearing back where positives are rare', () => {
  const random = rng('rare')
  const p = Float64Array.from({ length: 5000 }, () => random.uniform() * 0.4)
  const y = Uint8Array.from({ length: 5000 }, () => (random.uniform() < 0.03 ? 1 : 0))
  const free = certifiedShare(p, y, { ...budgets, sides: { act, clear: { ...clear, missBudget: null } } })
  assert.equal(free, 1)
  const held = certifiedShare(p, y, budgets)
  assert.ok(held > 0 && held < 0.25, `${held}`)
})

test('acts are counted above the floor only, clears below it only', () => {
  const p = Float64Array.from({ length: 400 }, (_, k) => (k % 2 === 0 ? 0.6 : 0.9))
  const y = new Uint8Array(400).fill(1)
  assert.equal(certifiedShare(p, y, { ...budgets, floor: 0.7 }), 0.5)
})

test('a side that is missing settles nothing, and takes nothing from the other one', () => {
  const { p, y } = world(4000, 40)
  const shareOf = (sides: CertifyBudgets['sides']): number => certifiedShare(p, y, { ...budgets, sides })
  const [acts, clears] = [shareOf({ act }), shareOf({ clear })]
  assert.ok(acts > 0.2 && clears > 0.2)
  assert.ok(Math.abs(acts + clears - shareOf({ act, clear })) < 1e-12)
})
