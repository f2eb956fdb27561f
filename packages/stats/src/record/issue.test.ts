import assert from 'node:assert/strict'
import { test } from 'node:test'
import { issueVerdict } from './issue.ts'

const inForce = (daysLeft: number) => ({ loosest: 20, daysLeft })

test('something looser is issued at once, something equal or stricter waits until five days are left', () => {
  assert.deepEqual(
    [19, 20, 21].map(found => issueVerdict(found, inForce(5.1))),
    ['issue', 'keep', 'keep'],
  )
  assert.deepEqual(
    [19, 20, 21].map(found => issueVerdict(found, inForce(5))),
    ['issue', 'issue', 'issue'],
  )
})

test('a certificate that nothing is found for runs out, and one that has run out is none', () => {
  assert.deepEqual([issueVerdict(null, inForce(12)), issueVerdict(null, inForce(1))], ['keep', 'keep'])
  assert.deepEqual([issueVerdict(null, inForce(0)), issueVerdict(null, null)], ['none', 'none'])
  assert.deepEqual([issueVerdict(40, inForce(0)), issueVerdict(40, null)], ['issue', 'issue'])
})
