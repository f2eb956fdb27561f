import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import { cases } from './cases.ts'
import { entity } from './entity.ts'
import { groups } from './groups.ts'
import { type EventKind, kind } from './kind.ts'
import { own, row } from './needs.ts'
import { type PodSpec, pod } from './pod.ts'
import type { QuestionSpec } from './question.ts'
import { state } from './state.ts'
import { tick } from './tick.ts'

const { person, site } = groups('person', 'site')
const schema = Type.Object({ person: Type.String() })
const read: EventKind['read'] = () => ({ ok: true, event: { payload: {}, ignored: [] } })
const fix = kind('fix', { schema, groups: data => [person.of(data.person)] })
const bare = kind('bare', { schema })
const ended = kind('ended', {
  schema,
  read,
  belongs: 'outcome',
  groups: (data, reference) => reference.groupsOfCase(data.person),
})
const people = entity('person', { schema: Type.Object({ id: Type.String() }), held: 'key', id: ['id'] })
const ticked = tick('person', { every: 60_000, entity: people, group: person })
const alert = cases('alert', { group: person, windowMs: () => null })
const fixes = state({ name: 'fixes', group: person, on: [fix], initial: 0, fold: n => n + 1 })

const onAlert = (rule = alert): Pick<QuestionSpec, 'hangs'> => ({
  hangs: { rule, type: () => 'X', severity: () => 'LOW' },
})
/** A question of that name, with what is said of it beside the least that there has to be. */
const asks = (name: string, more: Partial<QuestionSpec> = {}): QuestionSpec =>
  ({
    name,
    on: ['fix'],
    actions: { act: { name: `${name}_act` }, clear: { name: `${name}_clear` } },
    outcomes: { words: { yes: 1, no: 0 } },
    ...more,
  }) as unknown as QuestionSpec
const put = (questions: readonly QuestionSpec[], parts: Partial<PodSpec> = {}) =>
  pod({ name: 'p', kinds: { fix, ended }, questions, ...parts } as unknown as PodSpec)

test('questions that hang on cases are put together, also on kinds whose ids are forgotten', () => {
  const forgotten = kind('fix', { schema, rememberDays: 3, groups: data => [person.of(data.person)] })
  const made = put([asks('a', onAlert()), asks('b', onAlert())], { kinds: { fix: forgotten, ended } })
  assert.deepEqual(
    made.asked.get('fix')?.map(({ name }) => name),
    ['a', 'b'],
  )
  assert.throws(() => put([asks('a')], { kinds: { fix: forgotten } }), /a stands on fix, whose ids are forgotten/)
})

test('a question that hangs on what it cannot reach, or looks at what is not there, is refused with a sentence', () => {
  const other = { outcomes: { words: { yes: 0, no: 1 }, positive: 'no', negative: 'yes' } as const }
  const away = kind('away', { schema, groups: data => [person.of(data.person)] })
  const needs = { before: row(fixes) }
  const wrong: readonly (readonly [readonly QuestionSpec[], RegExp, Partial<PodSpec>?])[] = [
    [[asks('a', { about: () => [] })], /a says about whom it is asked and hangs on no case/, { kinds: { fix } }],
    [[asks('a', { ...onAlert(), needs })], /a needs the state fixes, which it does not have/],
    [[asks('a', { ...onAlert(), needs: { me: own(people, person) } })], /a needs the entity person, which/],
    [
      [asks('a', { on: ['bare'], needs })],
      /a looks at the past and stands on bare, which names no group/,
      { kinds: { fix, bare }, state: [fixes] },
    ],
    [[asks('a', { ...onAlert(), on: ['bare'] })], /a looks at the past and stands on bare/, { kinds: { bare, ended } }],
    [[asks('a', onAlert()), asks('b')], /of the questions on fix some hang on a case and others are one/],
    [
      [asks('a', onAlert())],
      /done belongs to a case and names no groups: groupsOfCase gives those/,
      { kinds: { fix, done: kind('done', { schema, read, belongs: 'outcome' }) } },
    ],
    [[asks('a')], /ended names groups and belongs to a case, and no question hangs on one/],
    [
      [asks('a', onAlert()), asks('b', onAlert(cases('alert', { group: person, windowMs: () => 1 })))],
      /two of the rule of cases alert/,
    ],
    [
      [asks('a', onAlert()), asks('b', { ...onAlert(), ...other, on: ['away'] })],
      /a and b hang on one case and read yes otherwise/,
      { kinds: { fix, away, ended } },
    ],
    [
      [asks('a', onAlert(cases('alert', { group: groups('person').person, windowMs: () => 1 })))],
      /two of the group person/,
      { state: [fixes] },
    ],
    [
      [asks('a', { ...onAlert(cases('alert', { group: site, windowMs: () => 1 })), on: ['tick.person'] })],
      /a hangs on a case of a site and stands on tick\.person, which holds the person of its entity alone/,
      { entities: [people], ticks: [ticked] },
    ],
    [
      [asks('a', onAlert())],
      /the state heard of a site stands on tick\.person, which holds the person/,
      {
        entities: [people],
        ticks: [ticked],
        state: [state({ name: 'heard', group: site, on: [ticked], initial: 0, fold: n => n })],
      },
    ],
  ]
  for (const [questions, sentence, parts] of wrong) assert.throws(() => put(questions, parts), sentence)
})

test('what is done once holds a group of its events, within a window that ends; a rule that scores has a version', () => {
  const once = (more: object = {}) => ({ group: person, key: () => 'x', windowMs: 1000, ...more })
  const doing = (of: object, more: Partial<QuestionSpec> = {}) =>
    asks('a', { ...more, actions: { act: { name: 'send', once: of } } as unknown as QuestionSpec['actions'] })
  assert.equal(put([doing(once(), onAlert())]).questions[0].actions.clear, undefined)
  const wrong: readonly (readonly [QuestionSpec, RegExp, Partial<PodSpec>?])[] = [
    [doing(once(), { on: ['bare'] }), /send is done once, on bare, which names no person/, { kinds: { bare } }],
    ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, 367 * 86_400_000].map(
      windowMs =>
        [doing(once({ windowMs }), onAlert()), /send is done once within more than 0 ms and at most 366 days/] as const,
    ),
    [doing(once({ group: groups('person').person }), onAlert()), /two of the group person/],
    [
      doing(once({ group: site }), { ...onAlert(), on: ['tick.person'] }),
      /send is done once in a site, on tick\.person, which holds the person of its entity alone/,
      { entities: [people], ticks: [ticked] },
    ],
    ...[0, -1, 1.5, 2 ** 60].map(
      version =>
        [
          asks('a', { ...onAlert(), rule: { version, probability: () => 0 } }),
          /the rule of the question a has a whole number from 1 on for its version/,
        ] as const,
    ),
  ]
  for (const [question, sentence, parts] of wrong) assert.throws(() => put([question], parts), sentence)
})

test('a rule of cases has a name that fits into a key', () => {
  for (const name of ['', 'An alert', 'a/b', 'x'.repeat(41)])
    assert.throws(() => cases(name, { group: site, windowMs: () => 1 }), /a rule of cases cannot be called/)
})
