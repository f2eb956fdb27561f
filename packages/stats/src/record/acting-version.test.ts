import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actedCut, takesOver } from './acting-version.ts'

test('acted on is the loosest certified cut at which the version passes', () => {
  assert.equal(actedCut({ certified: [10, 11, 14], passes: [9, 11, 12, 14] }), 11)
  assert.equal(actedCut({ certified: [10, 11], passes: [12, 13] }), null)
  assert.equal(actedCut({ certified: [], passes: [0] }), null)
})

test('a new version takes over when it passes at most four cuts stricter than the loosest certified one', () => {
  const certified = [10, 11, 12, 13, 14, 15]
  assert.equal(takesOver([{ certified, passes: [14] }]), true)
  assert.equal(takesOver([{ certified, passes: [15] }]), false)
  // Looser than what is certified, and cuts between the chains, do not count.
  assert.equal(takesOver([{ certified: [10, 20], passes: [9, 11, 12, 13, 14] }]), false)
})

test('with two certificates it must pass on both sides, a side without one asks for nothing', () => {
  const good = { certified: [10], passes: [10] }
  const bad = { certified: [10], passes: [] }
  const free = { certified: [], passes: [] }
  assert.deepEqual([takesOver([good, good]), takesOver([good, bad])], [true, false])
  assert.deepEqual([takesOver([good, free]), takesOver([free, free]), takesOver([])], [true, true, true])
})
