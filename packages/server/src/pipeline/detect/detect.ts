import {
  type Detector,
  type Evaluation,
  type Evidence,
  evaluated,
  type Measured,
  mostEvidenceBytes,
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

/** Characters that are kept of what went wrong in a rule. */
const longestReason = 300

/** Each rule that stands on its kind, in their order. One that throws is unknown, and the others are heard. */
export function detect(item: Stateful, at: Place, memory: Memory, reference: ReferenceRows): Detected {
  const evaluations: Evaluation[] = []
  const unknowns: UnknownEvaluation[] = []
  for (const rule of standingOn(item.pod, item.seen.kind).rules) {
    const { code } = rule
    const limit = rule.limit === null ? null : settingOf(item.settings, rule.limit)
    for (const saw of sawBy(rule, item, at, memory, reference)) {
      if ('why' in saw) unknowns.push(saw)
      else if ('unknown' in saw) unknowns.push({ code, about: saw.about ?? '', why: saw.unknown })
      else evaluations.push(evaluated(rule, limit, saw))
    }
  }
  if (evaluations.length + unknowns.length > mostMeasured)
    throw new Error(`the rules of ${item.pod.name} measured more than ${mostMeasured} things in one event`)
  return { evaluations, unknowns }
}

function sawBy(
  rule: Detector,
  item: Stateful,
  at: Place,
  memory: Memory,
  reference: ReferenceRows,
): readonly (Saw | UnknownEvaluation)[] {
  try {
    const saw = rule.detect(lookOf(item, at, rule.needs, memory, reference))
    const all = saw === null ? [] : 'length' in saw ? saw : [saw]
    return all.map(one => ('unknown' in one ? one : (faultOf(rule, one) ?? one)))
  } catch (error) {
    if (error instanceof NotRead) throw error
    return [wrong(rule, '', String(error))]
  }
}

const wrong = ({ code }: Detector, about: string, reason: string): UnknownEvaluation => ({
  code,
  about,
  why: 'error',
  reason: reason.slice(0, longestReason),
})

/** Why what was measured is nothing; null: it is something. */
function faultOf(rule: Detector, { value, about = '', evidence = {} }: Measured): UnknownEvaluation | null {
  if (!Number.isFinite(value)) return wrong(rule, about, `it measured ${value}, which is no number`)
  if (longestJson(evidence) <= mostEvidenceBytes) return null
  const bytes = Buffer.byteLength(JSON.stringify(evidence))
  if (bytes <= mostEvidenceBytes) return null
  return wrong(rule, about, `its evidence has ${bytes} bytes, of ${mostEvidenceBytes} that it may have`)
}

/** Bytes that evidence has at most, whatever its characters become in JSON: counted without writing it. */
function longestJson(evidence: Evidence): number {
  let bytes = 2
  for (const name in evidence) {
    const value = evidence[name]
    bytes += 6 * name.length + 4 + (typeof value === 'string' ? 6 * value.length + 2 : 25)
  }
  return bytes
}
