// What the examination of pods must find in a pod that is wrong: each with a sentence that names the pod, the kind and the group.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cases, groups, type Kind, kind, pod, question, shaped, state } from '@surety/contract'
import Type from 'typebox'
import { assertAnswers } from './pods/assert-answers.ts'
import { withCheckedState } from './pods/checked-state.ts'
import { InMemoryLine } from './pods/in-memory-line.ts'
import { action, common, heating, thermostat, visited } from './thermostats/pod.ts'
import { samples } from './thermostats/samples.ts'

const now = new Date('2026-03-10T09:30:00Z')
const { guard, site } = groups('guard', 'site')
const Punch = Type.Object({ guard: Type.String(), site: Type.String() })
const punched = kind('guard.punched', { schema: Punch, groups: data => [guard.of(data.guard), site.of(data.site)] })

/** @param all which sites are said to be all that a row with this one points to */
const guards = (all: (site: string) => readonly string[]) => {
  const duty = state({
    name: 'duty',
    group: guard,
    on: [punched],
    initial: { site: '' },
    fold: (value, { event: { data } }) => (data.site === value.site ? value : { site: data.site }),
    link: {
      to: site,
      followedBy: [punched],
      all: value => (value.site === '' ? [] : all(value.site)),
      at: value => (value.site === '' ? null : value.site),
    },
  })
  const away = question('away', {
    ...common,
    asks: 'Is this guard away?',
    on: [punched],
    features: {},
    hangs: { rule: cases('alert', { group: site, windowMs: () => null }), type: () => 'AWAY', severity: () => 'LOW' },
    actions: { act: action('call', 'act'), clear: action('let_be', 'clear') },
    steps: () => [],
  })
  const Said = Type.Object({ case: Type.String() })
  const ended: Kind = {
    name: 'guard.ended',
    schema: Said,
    belongs: 'outcome',
    read: shaped(Said),
    groups: (data, reference) =>
      reference.groupsOfCase((data as { case: string }).case).filter(({ group }) => group === site),
  }
  return pod({
    ...heating,
    name: 'guards',
    kinds: { [punched.name]: punched, [ended.name]: ended },
    entities: [],
    detectors: [],
    ticks: [],
    state: [duty],
    questions: [away],
  })
}
const events = { 'guard.punched': { guard: 'G1', site: 'S1' }, 'guard.ended': { case: 'A1' } }
const ofGuards = { ...samples, events, reference: {}, settings: {} }

function feedTwice(all: (site: string) => readonly string[]): void {
  const line = new InMemoryLine({ ...ofGuards, pod: withCheckedState(guards(all)) })
  for (const at of [1, 2])
    line.feed({ kind: punched.name, event: { payload: { guard: 'G1', site: 'S1' }, ignored: [] }, at })
}

test('a row points as of a moment to nothing but what is among all that it points to', () => {
  feedTwice(site => [site])
  assert.throws(
    () => feedTwice(() => []),
    /guards, the state duty: it points to the site S1 as of a moment, and not among all/,
  )
})

test('what belongs to a case holds every group that a case may hold', () => {
  assertAnswers({ ...samples, pod: heating }, now)
  assert.throws(
    () => assertAnswers({ ...ofGuards, pod: guards(site => [site]) }, now),
    /guards: guard.ended leaves out the guard of its case/,
  )
  const deaf: Kind = { ...(visited as Kind), groups: () => [thermostat.of('T1')] }
  assert.throws(
    () =>
      assertAnswers({ ...samples, pod: pod({ ...heating, kinds: { ...heating.kinds, [visited.name]: deaf } }) }, now),
    /heating: heating.visited leaves out the thermostat of its case/,
  )
})
