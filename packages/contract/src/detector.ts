import type { Evaluation, Evidence, Severity, Unknowable } from './evaluation.ts'
import type { EventOf, Kind } from './kind.ts'
import type { AnyLook, Look, Needs, Setting } from './needs.ts'

/** One thing that was measured. */
export interface Measured {
  readonly value: number
  /** Whom it is about where that is not the event's own subject: a person at a site's tick. */
  readonly about?: string
  /** Left out: those of the detector. */
  readonly severity?: Severity
  readonly confidence?: number
  readonly evidence?: Evidence
}
/** It cannot say, of the event's own subject or of another. */
export interface Unknown {
  readonly unknown: Unknowable
  readonly about?: string
}
export type Saw = Measured | Unknown

export const unknown = (why: Unknowable, about?: string): Unknown => ({
  unknown: why,
  ...(about !== undefined && { about }),
})
/** Says within a list that this is one. */
export const measured = (it: Measured): Measured => it

/** A pure rule: what it measures in an event is held against a limit. */
export interface Detector {
  /** Unique in the pod, such as `GPS_SPOOFING`. */
  readonly code: string
  /** Findings of one event and family hang together. */
  readonly family: string
  readonly severity: Severity
  /** In [0, 1]. */
  readonly confidence: number
  /** It fires above it; `atLeast`: also at it. null: whatever is measured fires. */
  readonly limit: Setting | null
  readonly atLeast: boolean
  readonly on: readonly Kind[]
  readonly needs: Needs
  /** null: nothing to see here. What throws is unknown. */
  detect(x: AnyLook): Saw | readonly Saw[] | null
}

/**
 * Declares a detector.
 *
 *   const tooWarm = detector('TOO_WARM', { family: 'heat', severity: 'MEDIUM', confidence: .8, limit: overDegrees, on: [reading],
 *     needs: { mine: own(thermostats, thermostat) }, detect: ({ event, past }) => … })
 */
export const detector = <K extends Kind, const N extends Needs = Record<never, never>>(
  code: string,
  spec: Omit<Detector, 'code' | 'limit' | 'atLeast' | 'on' | 'needs' | 'detect'> & {
    readonly limit?: Setting
    readonly atLeast?: boolean
    readonly on: readonly K[]
    readonly needs?: N
    detect(x: Look<EventOf<K>, N>): Saw | readonly Saw[] | null
  },
): Detector => ({ limit: null, atLeast: false, needs: {}, ...spec, code }) as Detector

/** What was measured, held against the limit in force; both are compared after rounding to six decimals. */
export function evaluated(of: Detector, limit: number | null, saw: Measured): Evaluation {
  const { code, family } = of
  const { value, about = '', severity = of.severity, confidence = of.confidence, evidence = {} } = saw
  const excess = limit === null ? 1 : six(value) - six(limit)
  return {
    code,
    family,
    about,
    value,
    limit,
    fired: excess > 0 || (of.atLeast && excess === 0),
    severity,
    confidence,
    evidence,
  }
}

const six = (value: number): number => Math.round(value * 1e6) / 1e6
