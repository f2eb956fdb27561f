import type { Detector } from './detector.ts'
import type { Entity } from './entity.ts'
import { mostLinks } from './groups.ts'
import type { EventKind, Kind } from './kind.ts'
import type { Needs } from './needs.ts'
import { eachSide, type QuestionSpec } from './question.ts'
import type { StateKind } from './state.ts'
import type { TickKind } from './tick.ts'

/** Parts of a pod that name each other. */
export interface Standing {
  readonly kinds: { readonly [kind: string]: EventKind }
  readonly entities?: readonly Entity[]
  readonly state?: readonly StateKind[]
  readonly detectors?: readonly Detector[]
  readonly questions?: readonly QuestionSpec[]
  readonly ticks?: readonly TickKind[]
}

/** Does every part that another one names belong to the pod? @returns a sentence for its author, or null */
export function checkStanding(standing: Standing): string | null {
  const { kinds, entities = [], state = [], detectors = [], questions = [], ticks = [] } = standing
  const foreign = (on: readonly Kind[]): Kind | undefined => on.find(kind => kinds[kind.name] !== kind)
  for (const { name, group, on, link } of state) {
    const unknown = foreign([...on, ...(link?.followedBy ?? [])])
    if (unknown !== undefined) return `the state ${name} stands on ${unknown.name}, which is no kind of it.`
    const stateless = on.find(kind => kind.groups === undefined)
    if (stateless !== undefined) return `the state ${name} stands on ${stateless.name}, which names no ${group.name}.`
  }
  for (const { code, on, needs } of detectors) {
    const unknown = foreign(on)
    if (unknown !== undefined) return `the detector ${code} stands on ${unknown.name}, which is no kind of it.`
    const missing = missingOf(needs, state, entities)
    if (missing !== null) return `the detector ${code} needs ${missing}, which it does not have.`
    const stateless = on.find(kind => kind.groups === undefined)
    if (stateless !== undefined) return `the detector ${code} stands on ${stateless.name}, which names no group.`
  }
  const wrongCase = wrongCases(kinds, questions) ?? wrongOnce(kinds, questions)
  if (wrongCase !== null) return wrongCase
  for (const { name, on, needs = {}, about, hangs } of questions) {
    if (about !== undefined && hangs === undefined)
      return `the question ${name} says about whom it is asked and hangs on no case: it may be asked of none, or of several.`
    if (Object.keys(needs).length === 0 && hangs === undefined) continue
    const missing = missingOf(needs, state, entities)
    if (missing !== null) return `the question ${name} needs ${missing}, which it does not have.`
    const stateless = on.find(kind => kinds[kind]?.groups === undefined)
    if (stateless !== undefined)
      return `the question ${name} looks at the past and stands on ${stateless}, which names no group.`
  }
  return (
    wrongTick(standing, ticks) ??
    twice(
      'state',
      state.map(({ name }) => name),
    ) ??
    twice(
      'detector',
      detectors.map(({ code }) => code),
    ) ??
    differing('group', [
      ...state.flatMap(({ group, link }) => [group, ...(link === null ? [] : [link.to])]),
      ...ticks.map(({ group }) => group),
      ...questions.flatMap(({ hangs }) => (hangs === undefined ? [] : [hangs.rule.group])),
      ...questions.flatMap(({ actions }) => eachSide(actions).flatMap(({ once }) => once?.group ?? [])),
    ]) ??
    differing(
      'setting',
      detectors.flatMap(({ limit }) => (limit === null ? [] : [limit])),
    ) ??
    tooManyLinks(state)
  )
}

/** A tick is of an entity of the pod, under a name that is its own, and holds that entity's group alone. */
function wrongTick(
  { kinds, entities = [], state = [], questions = [] }: Standing,
  ticks: readonly TickKind[],
): string | null {
  for (const [name, one] of Object.entries(kinds))
    if (one.madeHere === true && !ticks.some(tick => tick === one))
      return `the kind ${name} is a tick: it stands in ticks, and among no other kinds.`
  for (const tick of ticks) {
    if (kinds[tick.name] !== tick) return `there are two of the kind ${tick.name}.`
    if (!entities.includes(tick.entity))
      return `the tick ${tick.name} is of ${tick.entity.name}, which is no entity of it.`
    const follower = state.find(({ link }) => link?.followedBy.includes(tick) === true)
    if (follower !== undefined)
      return `the link of ${follower.name} is followed by ${tick.name}, which holds the ${tick.group.name} of its entity alone.`
    const folded = state.find(({ on, group }) => on.includes(tick) && group.name !== tick.group.name)
    if (folded !== undefined)
      return `the state ${folded.name} of a ${folded.group.name} stands on ${tick.name}, which holds the ${tick.group.name} of its entity alone.`
    const asked = questions.find(
      ({ on, hangs }) => on.includes(tick.name) && hangs !== undefined && hangs.rule.group.name !== tick.group.name,
    )
    const once = questions
      .filter(({ on }) => on.includes(tick.name))
      .flatMap(({ actions }) => eachSide(actions))
      .find(({ once }) => once !== undefined && once.group.name !== tick.group.name)
    if (once !== undefined)
      return `${once.name} is done once in a ${once.once!.group.name}, on ${tick.name}, which holds the ${tick.group.name} of its entity alone.`
    if (asked?.hangs !== undefined)
      return `the question ${asked.name} hangs on a case of a ${asked.hangs.rule.group.name} and stands on ${tick.name}, which holds the ${tick.group.name} of its entity alone.`
  }
  return null
}

function missingOf(needs: Needs, state: readonly StateKind[], entities: readonly Entity[]): string | null {
  for (const { source } of Object.values(needs)) {
    if (source.from === 'state' && !state.includes(source.kind)) return `the state ${source.kind.name}`
    if (source.from === 'entity' && !entities.includes(source.entity)) return `the entity ${source.entity.name}`
  }
  return null
}

type Words = QuestionSpec['outcomes']['words']

/** One outcome has one label for whoever knows its word. @returns a word that two questions read otherwise, or null */
export const readOtherwise = (one: Words, other: Words): string | null =>
  Object.keys(one).find(word => Object.hasOwn(other, word) && other[word] !== one[word]) ?? null

/** Cases with a life of their own: who can reach one holds its group, and reads its words the same. */
function wrongCases(kinds: Standing['kinds'], questions: readonly QuestionSpec[]): string | null {
  const hanging = questions.filter(({ hangs }) => hangs !== undefined)
  for (const [name, { belongs, groups }] of Object.entries(kinds)) {
    const some = questions.filter(({ on }) => on.includes(name))
    if (some.some(one => !hanging.includes(one)) && some.some(one => hanging.includes(one)))
      return `of the questions on ${name} some hang on a case and others are one.`
    if (belongs !== undefined && (groups !== undefined) !== hanging.length > 0)
      return hanging.length > 0
        ? `${name} belongs to a case and names no groups: groupsOfCase gives those of the case.`
        : `${name} names groups and belongs to a case, and no question hangs on one.`
  }
  for (const { name, hangs, outcomes } of hanging) {
    const other = hanging.find(one => one.hangs!.rule.name === hangs!.rule.name)!
    if (other.hangs!.rule !== hangs!.rule) return `there are two of the rule of cases ${hangs!.rule.name}.`
    for (const one of hanging) {
      if (one.hangs!.rule.name !== hangs!.rule.name) continue
      const word = readOtherwise(one.outcomes.words, outcomes.words)
      if (word !== null) return `the questions ${name} and ${one.name} hang on one case and read ${word} otherwise.`
    }
  }
  return null
}

const longestWindowMs = 366 * 86_400_000

/** What is done once is found again by who holds its group. */
function wrongOnce(kinds: Standing['kinds'], questions: readonly QuestionSpec[]): string | null {
  for (const { on, actions } of questions)
    for (const { name, once } of eachSide(actions)) {
      if (once === undefined) continue
      const stateless = on.find(kind => kinds[kind]?.groups === undefined)
      if (stateless !== undefined) return `${name} is done once, on ${stateless}, which names no ${once.group.name}.`
      if (!(once.windowMs > 0 && once.windowMs <= longestWindowMs))
        return `${name} is done once within more than 0 ms and at most 366 days, not within ${once.windowMs} ms.`
    }
  return null
}

/** @returns a sentence where a name stands twice, or null */
export function twice(what: string, names: readonly string[]): string | null {
  const name = names.find((one, index) => names.indexOf(one) !== index)
  return name === undefined ? null : `there are two of the ${what} ${name}.`
}

/** Each name is one constant: two lists of groups would rank them differently. */
function differing(what: string, all: readonly { readonly name: string }[]): string | null {
  const other = all.find(one => all.some(another => another.name === one.name && another !== one))
  return other === undefined ? null : `there are two of the ${what} ${other.name}.`
}

function tooManyLinks(state: readonly StateKind[]): string | null {
  const linking = Map.groupBy(
    state.filter(({ link }) => link !== null),
    ({ group }) => group,
  )
  for (const [group, kinds] of linking)
    if (kinds.length > mostLinks) return `${kinds.length} kinds of state link from a ${group.name}: ${mostLinks} may.`
  return null
}
