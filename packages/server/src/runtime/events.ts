import type { EventResult, RawEvent } from '@surety/contract'
import type { Arrived, Decided, Judged } from '../pipeline/item.ts'

/** A case that went from one state to another after its decision. */
export interface Moved {
  readonly pod: string
  /** Of the decision: it leads to the question. */
  readonly action: string
  readonly from: string
  readonly to: string
  readonly reason: string
}

/** What is told inside this process, by name: always after the commit or the change it speaks of. */
export interface EventMap {
  'batch.committed': {
    readonly items: readonly (Arrived | Judged | Decided)[]
    readonly eventResults: readonly EventResult[]
  }
  'batch.refused': readonly { readonly raw: RawEvent; readonly result: EventResult }[]
  /** Of every batch that ended, also of one that failed: what its senders were told, and what the recorder committed. */
  'batch.settled': {
    readonly raws: readonly RawEvent[]
    readonly eventResults: readonly EventResult[]
    readonly committed: number
  }
  'cases.moved': readonly Moved[]
  'settings.changed': { readonly tenant: string; readonly name: string }
}

type EventName = keyof EventMap
export type Listens = { readonly [N in EventName]?: (event: EventMap[N]) => unknown }

export interface Events {
  /** Every handler is begun at once, in the order of hearing; whoever wants to know when all have ended waits. */
  publish<N extends EventName>(name: N, event: EventMap[N]): Promise<void> | null
  hear(listens: Listens): void
}

/** @param onError told of a handler that throws: it never fails what was published, nor the other handlers */
export function createEvents(onError: (error: unknown, task?: string) => void): Events {
  const all: Listens[] = []
  return {
    publish(name, event) {
      const waits: PromiseLike<unknown>[] = []
      for (const listens of all)
        try {
          const answer = listens[name]?.(event)
          if (answer instanceof Promise) waits.push(answer.catch(error => onError(error, name)))
        } catch (error) {
          onError(error, name)
        }
      return waits.length === 0 ? null : Promise.all(waits).then(() => undefined)
    },
    hear: listens => void all.push(listens),
  }
}
