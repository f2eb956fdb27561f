import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cases, groups, severities } from '@surety/contract'
import fc from 'fast-check'
import { CaseBook, type Reaching } from './case-book.ts'

const { site } = groups('site')
const hour = 3_600_000
const within = cases('alert', { group: site, windowMs: () => 2 * hour })
const episode = cases('episode', { group: site, windowMs: () => null })

const by = (at: number, more: Partial<Reaching> = {}): Reaching => ({
  rule: within,
  key: 'k',
  type: 't',
  subject: '',
  severity: 'LOW',
  group: 'site:S',
  groups: [['site:S', 0]],
  at,
  recordedAt: at,
  eventId: `e${at}`,
  asked: ['real\n'],
  alone: null,
  ...more,
})
/** Ids of cases that tell in which order they were opened. */
const counting = () => {
  let made = 0
  return () => `c${made++}`
}

test('the window is open at its end: what happened just within it joins, what happened at its end does not', () => {
  const book = new CaseBook([])
  const id = counting()
  assert.equal(book.reach(by(0), id).did, 'opened')
  assert.deepEqual(book.reach(by(2 * hour - 1), id), {
    id: 'c0',
    did: 'joined',
    before: ['real\n'],
    settled: [],
    token: 0,
  })
  assert.equal(book.reach(by(2 * hour), id).id, 'c1')
  // As near to what happened before the first as after it.
  assert.equal(book.reach(by(-2 * hour + 1), id).id, 'c0')
  assert.equal(book.reach(by(-2 * hour), id).did, 'opened')
})

test('two cases are never opened under one id, whatever chance gives', () => {
  const book = new CaseBook([])
  const given = ['c0', 'c0', 'c0', 'c1']
  const id = () => given.shift()!
  assert.equal(book.reach(by(0, { key: 'here' }), id).id, 'c0')
  assert.equal(book.reach(by(1, { key: 'there' }), id).id, 'c1')
  assert.deepEqual(
    book.left().opened.map(({ key }) => key),
    ['here', 'there'],
  )
})

test('without a window a case is joined as long as it is open', () => {
  const book = new CaseBook([])
  const id = counting()
  book.reach(by(0, { rule: episode }), id)
  assert.equal(book.reach(by(900 * hour, { rule: episode }), id).did, 'joined')
  book.settle('c0', 5)
  assert.equal(book.reach(by(900 * hour, { rule: episode }), id).did, 'opened')
  assert.deepEqual(
    book.left().opened.map(({ closedAt }) => closedAt),
    [5, null],
  )
})

test('one event counts once for a case, whatever of it reaches there', () => {
  const book = new CaseBook([])
  const id = counting()
  book.reach(by(0), id)
  book.reach(by(1, { eventId: 'same' }), id)
  book.reach(by(1, { eventId: 'same', severity: 'HIGH' }), id)
  const [{ occurrences, severity, clockFrom } = assert.fail()] = book.left().opened
  assert.deepEqual([occurrences, severity, clockFrom], [2, 'HIGH', 1])
})

test('nothing joins an audit, and an audit joins nothing', () => {
  const book = new CaseBook([])
  const id = counting()
  const audit = { alone: 'audit/d', asked: ['failing\n'] }
  book.reach(by(0), id)
  assert.deepEqual(book.reach(by(1, audit), id), { id: 'c1', did: 'opened', before: [], settled: [], token: 0 })
  assert.equal(book.reach(by(2, { asked: ['failing\n'] }), id).id, 'c0')
  assert.deepEqual(
    book.left().opened.map(({ key }) => key),
    ['k', 'audit/d'],
  )
})

test('what was asked before and is found again is not judged a second time as an audit', () => {
  const book = new CaseBook([])
  const id = counting()
  book.reach(by(0), id)
  assert.deepEqual(book.reach(by(1, { alone: 'audit/d' }), id), {
    id: 'c0',
    did: 'joined',
    before: ['real\n'],
    settled: [],
    token: 0,
  })
  assert.equal(book.reach(by(2, { alone: 'audit/e', severity: 'HIGH' }), id).did, 'raised')
  assert.equal(book.left().opened.length, 1)
})

test('a case on which two hundred things were asked is joined by these alone', () => {
  const book = new CaseBook([])
  const id = counting()
  const asked = Array.from({ length: 200 }, (_, n) => `real\nP${n}`)
  book.reach(by(0, { rule: episode, asked }), id)
  assert.equal(book.reach(by(1, { rule: episode, asked: ['real\nP7'] }), id).id, 'c0')
  assert.equal(book.reach(by(2, { rule: episode, asked: ['real\nP200'] }), id).id, 'c1')
  assert.equal(book.reach(by(3, { rule: episode, asked: ['real\nP201'] }), id).id, 'c1')
})

test('whatever comes: open cases of a key lie a window apart when they began, severity never falls, and each event is counted', () => {
  const reaching = fc.record({
    at: fc.integer({ min: 0, max: 40 }).map(n => n * (hour / 4)),
    severity: fc.constantFrom(...severities),
    key: fc.constantFrom('a', 'b'),
    closes: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(reaching, { maxLength: 30 }), all => {
      const book = new CaseBook([])
      const id = counting()
      const worst = new Map<string, number>()
      const counted = new Map<string, number>()
      for (const [n, { at, severity, key, closes }] of all.entries()) {
        const reached = book.reach(by(at, { severity, key, eventId: `e${n}` }), id)
        const level = severities.indexOf(severity)
        const before = worst.get(reached.id) ?? -1
        assert.equal(reached.did, before === -1 ? 'opened' : level > before ? 'raised' : 'joined')
        worst.set(reached.id, Math.max(before, level))
        counted.set(reached.id, (counted.get(reached.id) ?? 0) + 1)
        if (closes) book.settle(reached.id, n)
      }
      const { opened } = book.left()
      for (const one of opened) {
        assert.equal(severities.indexOf(one.severity), worst.get(one.id))
        assert.equal(one.occurrences, counted.get(one.id))
        for (const other of opened)
          if (other !== one && other.key === one.key && other.closedAt === null && one.closedAt === null)
            assert.ok(Math.abs(other.firstSeen - one.firstSeen) >= 2 * hour)
      }
    }),
    { numRuns: 300 },
  )
})

test('told of one question, a case stays open until all that was asked on it is told; of all, it is closed', () => {
  const book = new CaseBook([])
  const id = counting()
  book.reach(by(0, { rule: episode, asked: ['real\nA', 'real\nB', 'failing\n'] }), id)
  book.settle('c0', 1, 'real')
  assert.deepEqual(book.reach(by(1, { rule: episode, asked: ['failing\n'] }), id).settled, ['real'])
  book.settle('c0', 2, 'other')
  assert.equal(book.reach(by(2, { rule: episode }), id).id, 'c0')
  book.settle('c0', 3, 'failing')
  assert.equal(book.reach(by(3, { rule: episode, asked: ['failing\n'] }), id).id, 'c1')
  book.settle('c1', 4)
  book.settle('c1', 5, 'failing')
  assert.deepEqual(
    book.left().opened.map(({ settled, closedAt }) => [settled, closedAt]),
    [
      [['failing', 'other', 'real'], 3],
      [[], 4],
    ],
  )
})
