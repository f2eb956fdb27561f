import type { Decision, Evaluation } from '@surety/contract'
import type { Batch } from '../../store/batch-rows.ts'
import type { CaseRow } from '../../store/cases.ts'
import type { RecordedEvent } from '../../store/decisions.ts'
import type { Compute, StatePlan } from '../../store/state-batch.ts'
import type { BatchDeps } from './batch.ts'

/** What `record` needs of the store: one write that is one transaction, and the first answers of ids seen before. */
export interface Recorder extends BatchDeps {
  /** Commits the batch and answers the keys that were not new (or whose case does not exist). */
  write(batch: Batch): Promise<ReadonlySet<string>>
  /**
   * A batch that holds the groups of its events. `schemas`: those under which it may decide.
   * @throws CapReached, CaseIdClash, or what the store throws; nothing was written
   */
  writeHeld<Asked, Done>(
    plan: StatePlan<Asked>,
    schemas: readonly SchemaUsed[],
    compute: Compute<Asked, Done>,
  ): Promise<Done | 'again'>
  /** Which event opened each of these cases, by `tenant\ncase`; cases that nobody opened are left out. */
  openings(cases: readonly { tenant: string; caseId: string }[]): Promise<ReadonlyMap<string, string>>
  /** Throws nothing of its own; empty for ids that do not exist. `ends`: its kind forgets its ids. */
  first(keys: readonly { tenant: string; eventId: string; ends: boolean }[]): Promise<ReadonlyMap<string, FirstAnswer>>
  /** Those on events that were recorded before, in the order in which they were made: a list for each, empty once they are gone. */
  decisions(events: readonly RecordedEvent[]): Promise<readonly (readonly Decision[])[]>
  /** What rules found in events that were recorded before: a list for each, empty once it is gone. */
  findings(events: readonly RecordedEvent[]): Promise<readonly (readonly Evaluation[])[]>
  /** By case with a life of its own the groups that it holds; one that is not there is left out. */
  groupsOfCases(
    tenant: string,
    pod: string,
    caseIds: readonly string[],
  ): Promise<ReadonlyMap<string, CaseRow['groups']>>
}

/** The names behind a feature vector that may be written. */
export interface SchemaUsed {
  readonly tenant: string
  readonly pod: string
  readonly schemaHash: string
  readonly recordedAt: Date
}

/** What is remembered of an id: enough to answer the same again. */
export interface FirstAnswer {
  readonly eventId: string
  readonly recordedAt: Date
  /** All of it, or its first bytes. */
  readonly payloadHash: Buffer
  /** null where the id has an end, as all below: the kind is part of the hash, and the case is that of the repeated event. */
  readonly kind: string | null
  readonly caseId: string | null
  readonly decisionId: string | null
}

/** What the machine may do by itself has changed since the batch was decided: nothing was written. */
export class Overtaken extends Error {}

/** A cap has no room for all that the batch would do; what it has was read again. Nothing was written. */
export class CapReached extends Error {}

/** A case id was taken already: the write was rolled back and must be done again, with another id where it was ours. */
export class CaseIdClash extends Error {}
