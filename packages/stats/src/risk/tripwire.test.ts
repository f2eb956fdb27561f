import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allFinite, codeOf } from '../testing/awkward.ts'
import { answered, assertClose } from '../testing/oracles.ts'
import { armTripwire, observeTripwire, rearmTripwire, tripwireBets } from './tripwire.ts'

const budget = { epsilon: 0.05, delta: 0.05 }

test('the evidence is the average of the products 1 + (c/ε)(L - ε)', () => {
  let wire = answered(armTripwire(budget))
  const losses = [0, 1, 0, 0, 1, 0.5]
  for (const loss of losses) wire = observeTripwire(wire, loss)
  const products = tripwireBets.map(c => losses.reduce((k, loss) => k * (1 + (c / 0.05) * (loss - 0.05)), 1))
  const k = products.reduce((sum, product) => sum + product, 0) / products.length
  assertClose(Math.exp(wire.logEvidence), k, 1e-12)
  assert.deepEqual([wire.audited, wire.wrong], [6, 2.5])
})

test('a single bet of ε/(1 - ε) doubles on an error, so at δ = 1/16 four errors running trip it exactly', () => {
  let wire = answered(armTripwire({ epsilon: 0.2, delta: 1 / 16 }, [0.25]))
  for (let error = 1; error <= 4; error++) {
    wire = observeTripwire(wire, 1)
    assertClose(Math.exp(wire.logEvidence), 2 ** error, 1e-12)
    assert.equal(wire.tripped, error === 4)
  }
})

test('once tripped it stays tripped, however well things go afterwards; armed again it starts with half the delta', () => {
  let wire = answered(armTripwire(budget))
  for (let i = 0; i < 20; i++) wire = observeTripwire(wire, 1)
  assert.equal(wire.tripped, true)
  for (let i = 0; i < 5000; i++) wire = observeTripwire(wire, 0)
  assert.equal(wire.tripped, true)
  const again = rearmTripwire(rearmTripwire(wire))
  assert.deepEqual([again.tripped, again.delta, again.logEvidence, again.armed], [false, 0.0125, 0, 3])
})

test('a loss found by an audit of chance π counts 1/π, and an act not audited counts as nothing found', () => {
  const start = answered(armTripwire(budget))
  const found = observeTripwire(start, 1, { probability: 0.02, audited: true })
  assertClose(found.logs[4]!, Math.log1p(0.4 * (50 / 0.05 - 1)), 1e-12)
  const unseen = observeTripwire(start, 1, { probability: 0.02, audited: false })
  assertClose(unseen.logs[4]!, Math.log1p(-0.4), 1e-12)
  assert.equal(unseen.audited, 0)
})

test('a hundred thousand right acts and a hundred thousand wrong ones leave finite numbers', () => {
  for (const loss of [0, 1]) {
    let wire = answered(armTripwire(budget))
    for (let i = 0; i < 100_000; i++) wire = observeTripwire(wire, loss)
    assert.ok(allFinite(wire))
    assert.equal(wire.tripped, loss === 1)
  }
})

test('budgets of 0 and 1 and impossible bets are refused, impossible losses and audits throw', () => {
  for (const bad of [0, 1, NaN]) {
    assert.equal(codeOf(armTripwire({ epsilon: bad, delta: 0.05 })), 'out_of_range')
    assert.equal(codeOf(armTripwire(budget, [0.1, bad])), 'out_of_range')
  }
  assert.equal(codeOf(armTripwire(budget, [])), 'out_of_range')
  const wire = answered(armTripwire(budget))
  assert.throws(() => observeTripwire(wire, NaN), RangeError)
  assert.throws(() => observeTripwire(wire, 1, { probability: 0, audited: true }), RangeError)
})
