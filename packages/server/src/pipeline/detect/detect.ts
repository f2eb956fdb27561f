import {
  type Detector,
  type Evaluation,
  evaluated,
  type Saw,
  settingOf,
  type UnknownEvaluation,
} from '@surety/contract'
import type { Stateful } from '../item.ts'
import { lookOf, type ReferenceRows } from './look.ts'
import { type Memory, NotRead } from './memory.ts'
import type { Place } from './place.ts'
import { standingOn } from './standing.ts'

/** What the rules say of one event. */
export interface Detected {
  readonly evaluations: readonly Evaluation[]
  readonly unknowns: readonly UnknownEvaluation[]
}

/** An event has so many evaluations at most: a rule that sees more in one is wrong. */
const mostMeasured = 500

/** Each rule that stands on its kind, in their order. One that throws is unknown, and the others are heard. */
export function detect(item: Stateful, at: Place, memory: Memory, reference: ReferenceRows): Detected {
  const evaluations: Evaluation[] = []
  const unknowns: UnknownEvaluation[] = []
  for (const rule of standingOn(item.pod, item.seen.kind).rules) {
    for (const saw of sawBy(rule, item, at, memory, reference)) {
      const limit = rule.limit === null ? null : settingOf(item.settings, rule.limit)
      const { about = '' } = saw
      if ('unknown' in saw) unknowns.push({ code: rule.code, about, why: saw.unknown })
      else evaluations.push(evaluated(rule, limit, saw))
    }
  }
  if (evaluations.length + unknowns.length > mostMeasured)
    throw new Error(`the rules of ${item.pod.name} measured more than ${mostMeasured} things in one event`)
  return { evaluations, unknowns }
}

function sawBy(rule: Detector, item: Stateful, at: Place, memory: Memory, reference: ReferenceRows): readonly Saw[] {
  try {
    const saw = rule.detect(lookOf(item, at, rule.needs, memory, reference))
    const all = saw === null ? [] : 'length' in saw ? saw : [saw]
    return all.map(one => ('unknown' in one || Number.isFinite(one.value) ? one : { unknown: 'error' }))
  } catch (error) {
    if (error instanceof NotRead) throw error
    return [{ unknown: 'error' }]
  }
}
