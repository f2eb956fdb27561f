import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Action, groups } from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import type { Bounded, Decided, Judged } from '../item.ts'
import { OnceBook } from './once-book.ts'

const { site, person } = groups('person', 'site')
const hour = 3_600_000
const once = { group: site, key: () => 'engineer', windowMs: 24 * hour }
const act: Action = { ...customerOps.questions[0].actions.act!, name: 'send', once }
const clear: Action = { ...customerOps.questions[0].actions.clear!, name: 'leave', once }

let made = 0
/** As far as it is looked at. */
const item = (at: number, where = 'S1', key = 'engineer', caseId = ''): Bounded & Decided & Judged => {
  const actions = { act: { ...act, once: { ...once, key: () => key } }, clear }
  return {
    question: { name: 'real', actions },
    look: {},
    own: new Map([[site.name, site.of(where)]]),
    seen: { at },
    caseId,
    verdict: { action: act.name, automatic: true, decisionId: `d${made++}` },
  } as unknown as Bounded & Decided & Judged
}
const ofAct = (one: Bounded): Action => one.question.actions.act!
const done = (book: OnceBook, one: Bounded & Decided): void => {
  book.intend(one, ofAct(one))
  book.take([one])
}
const before = (book: OnceBook, one: Bounded) => book.before(one, ofAct(one))

test('within the window it is done once, for what comes later and for what comes late; at its end it is done again', () => {
  const book = new OnceBook([])
  const first = item(100 * hour)
  assert.equal(before(book, first), null)
  done(book, first)
  for (const away of [0, 23.9, -23.9]) assert.equal(before(book, item((100 + away) * hour)), 'duplicate', `${away}`)
  for (const away of [24, -24]) assert.equal(before(book, item((100 + away) * hour)), null, `${away}`)
  for (const other of [item(100 * hour, 'S2'), item(100 * hour, 'S1', 'plumber')])
    assert.equal(before(book, other), null)
  assert.equal(book.before(first, { ...act, name: 'other' }), null)
  assert.deepEqual(
    book.left().map(({ group, action, key, at, until }) => [group, action, key, at / hour, until / hour]),
    [['site:S1', 'send', 'engineer', 100, 124]],
  )
})

test('what one event intends twice it does once, and what came to nothing on its case stands in no way', () => {
  const book = new OnceBook([])
  const [one, two] = [item(0), item(0)]
  book.intend(one, ofAct(one))
  assert.equal(before(book, two), 'duplicate')
  book.take([{ ...one, verdict: { ...one.verdict, automatic: false } }, two].slice(0, 1))
  assert.equal(before(book, item(1)), null)
  assert.deepEqual(book.left(), [])
})

test('what turned out to be nothing was cleared, unless a later word says otherwise; of another question or case it says nothing', () => {
  const book = new OnceBook([])
  done(book, item(0, 'S1', 'engineer', 'c1'))
  const reason = () => before(book, item(hour))
  book.told('c2', undefined, 0, 10)
  book.told('c1', 'failing', 0, 10)
  assert.equal(reason(), 'duplicate')
  book.told('c1', 'real', 0, 10)
  assert.equal(reason(), 'recently_cleared')
  book.told('c1', undefined, 1, 20)
  book.told('c1', undefined, 0, 15)
  assert.equal(reason(), 'duplicate', 'what was said of an earlier moment counts no more')
  book.told('c1', undefined, 0, 20)
  assert.equal(reason(), 'recently_cleared')
  done(book, item(2 * hour, 'S1', 'engineer', 'c3'))
  assert.equal(reason(), 'duplicate', 'another one was done since')
})

test('what is cleared once is recently cleared; an event that does not hold the group is a mistake of its pod', () => {
  const one = item(0)
  const book = new OnceBook([
    {
      group: 'site:S1',
      action: clear.name,
      key: 'engineer',
      at: 0,
      question: 'real',
      caseId: '',
      label: null,
      toldAt: null,
    },
  ])
  assert.equal(book.before(one, clear), 'recently_cleared')
  const elsewhere = { ...act, once: { ...once, group: person } }
  assert.throws(() => book.before(one, elsewhere), /send is done once in a person, and its event holds none/)
})
