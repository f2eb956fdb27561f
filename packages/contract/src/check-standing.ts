import type { Detector } from './detector.ts'
import type { Entity } from './entity.ts'
import { mostLinks } from './groups.ts'
import type { EventKind, Kind } from './kind.ts'
import type { Needs } from './needs.ts'
import type { QuestionSpec } from './question.ts'
import type { StateKind } from './state.ts'

/** Parts of a pod that name each other. */
export interface Standing {
  readonly kinds: { readonly [kind: string]: EventKind }
  readonly entities?: readonly Entity[]
  readonly state?: readonly StateKind[]
  readonly detectors?: readonly Detector[]
  readonly questions?: readonly QuestionSpec[]
}

/** Does every part that another one names belong to the pod? @returns a sentence for its author, or null */
export function checkStanding(standing: Standing): string | null {
  const { kinds, entities = [], state = [], detectors = [], questions = [] } = standing
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
  for (const { name, on, needs } of questions) {
    if (needs === undefined) continue
    const missing = missingOf(needs, state, entities)
    if (missing !== null) return `the question ${name} needs ${missing}, which it does not have.`
    const stateless = on.find(kind => kinds[kind]?.groups === undefined)
    if (stateless !== undefined)
      return `the question ${name} needs the past and stands on ${stateless}, which names no group.`
  }
  return (
    twice(
      'state',
      state.map(({ name }) => name),
    ) ??
    twice(
      'detector',
      detectors.map(({ code }) => code),
    ) ??
    differing(
      'group',
      state.flatMap(({ group, link }) => [group, ...(link === null ? [] : [link.to])]),
    ) ??
    differing(
      'setting',
      detectors.flatMap(({ limit }) => (limit === null ? [] : [limit])),
    ) ??
    tooManyLinks(state)
  )
}

function missingOf(needs: Needs, state: readonly StateKind[], entities: readonly Entity[]): string | null {
  for (const { source } of Object.values(needs)) {
    if (source.from === 'state' && !state.includes(source.kind)) return `the state ${source.kind.name}`
    if (source.from === 'entity' && !entities.includes(source.entity)) return `the entity ${source.entity.name}`
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
