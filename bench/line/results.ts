import type { Memory } from './memory.ts'
import type { Measured } from './plan.ts'

export type DatabaseKind = 'local' | 'embedded'

/** Who used the two cores while a phase ran, warm-up included. `others`: what had nothing to do with the bench. */
export interface Cores {
  readonly server: number
  readonly postgres: number
  readonly others: number
}

export interface Phase {
  readonly name: string
  readonly measured: Measured
  readonly perSecond: number
  readonly cores: Cores
}

/** A phase that may not be counted, and why. */
export interface Refused {
  readonly name: string
  readonly refused: string
}

export interface MemoryPair {
  readonly surety: Memory | null
  readonly postgres: Memory | null
}

export interface OnDatabase {
  readonly kind: DatabaseKind
  readonly version: string
  readonly phases: readonly (Phase | Refused)[]
  readonly fresh: MemoryPair
  readonly minuteAfterLoad: MemoryPair
  /** Decisions found in the database beside those acknowledged; null where the database is not ours to ask. */
  readonly audit: { readonly acknowledged: number; readonly found: number } | null
}

export interface AgainstPeer {
  readonly versions: string
  readonly workers: number
  readonly rounds: readonly {
    readonly connections: number
    readonly ours: Phase | Refused
    readonly peer: Phase | Refused
  }[]
}

export interface LineResults {
  readonly date: string
  readonly machine: string
  readonly mode: 'quick' | 'full'
  readonly loadAverageBefore: number
  readonly databases: readonly OnDatabase[]
  /** A text: the peer is missing, and why. null: no server to share with it. */
  readonly peer: AgainstPeer | string | null
}

export const isPhase = (run: Phase | Refused): run is Phase => 'measured' in run
