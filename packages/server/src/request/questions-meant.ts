import type { Pod, Question } from '@surety/contract'
import { Problem } from '../errors.ts'

/** Which questions are meant: null or left out names all. */
export interface Named {
  readonly pod?: string | null | undefined
  readonly question?: string | null | undefined
}

/** @throws Problem `validation_failed` of the field `pod` or `question`, which says the names there are */
export function questionsMeant(pods: readonly Pod[], { pod, question }: Named): readonly Question[] {
  const looked = pod == null ? pods : pods.filter(one => one.name === pod)
  if (looked.length === 0) throw unknown('pod', `the pods are ${namesOf(pods)}`)
  const all = looked.flatMap(one => [...one.questions])
  if (question == null) return all
  const meant = all.filter(one => one.name === question)
  if (meant.length === 0) throw unknown('question', `the questions are ${namesOf(all)}`)
  return meant
}

/** The one question that is meant: the first of its pod where only the pod is named. */
export const questionMeant = (pods: readonly Pod[], named: Named & { readonly pod: string }): Question =>
  questionsMeant(pods, named)[0]!

/**
 * The one pod that is meant among some of a kind: the named one, or the only one there is.
 * @returns null where none is named and there is none. @throws Problem `validation_failed` of the field `pod`, which says the names there are
 */
export function podMeant<Of extends { readonly name: string }>(
  some: readonly Of[],
  name: string | undefined,
): Of | null {
  const found = some.filter(pod => name === undefined || pod.name === name)
  if (found.length === 1) return found[0]!
  if (name === undefined && some.length === 0) return null
  throw new Problem('validation_failed', undefined, {
    errors: [{ path: 'pod', code: 'unknown', message: `name one of those that there are: ${namesOf(some) || 'none'}` }],
  })
}

const namesOf = (of: readonly { readonly name: string }[]): string =>
  [...new Set(of.map(({ name }) => name))].join(', ')

const unknown = (path: 'pod' | 'question', names: string): Problem =>
  new Problem('validation_failed', undefined, {
    errors: [{ path, code: 'unknown', message: `there is no such ${path}; ${names}` }],
  })
