import { Worker } from 'node:worker_threads'
import type { FeatureSpec } from '@surety/contract'
import type { HistoryCase, HistoryOutcome } from './score-history.ts'
import { type TrainOutcome, type TrainRequest, trainModel } from './train-model.ts'
import type { FromWorker, ToWorker, WorkerStart } from './trainer-messages.ts'
import type { RowChange, RowSchema } from './training-row.ts'

/** Learns in a thread of its own, so that serving does not wait. It keeps the rows between runs. */
export interface Trainer extends AsyncDisposable {
  /** Hands rows over; a row replaces the former one of its id, `label: null` takes it out. */
  add(changes: readonly RowChange[], schema: RowSchema): void
  /** One run at a time. An aborted signal ends it with `stopped`; what was added stays. */
  train(request: TrainRequest, options?: TrainWatch): Promise<TrainOutcome>
  /** Scores an imported history as it would have been lived through (`scoreHistory`); a run like a training. */
  history(cases: readonly HistoryCase[], options?: TrainWatch): Promise<HistoryOutcome>
}

export interface TrainWatch {
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/** @param base features that every model of this pod begins with. The thread starts with the first rows. */
export function createTrainer(base: readonly FeatureSpec[]): Trainer {
  const stop = new SharedArrayBuffer(4)
  const flag = new Int32Array(stop)
  let worker: Worker | null = null
  // A thread that died took its rows along: going on without them would judge on half the data.
  let lost = false
  let running: { settle: (message: FromWorker) => void; fail: (error: Error) => void } | null = null

  const start = (): Worker => {
    const workerData: WorkerStart = { base, stop }
    const thread = new Worker(new URL('./trainer-worker.ts', import.meta.url), { workerData })
    // A process that has nothing left to do must not wait for an idle trainer.
    thread.unref()
    thread.on('message', (message: FromWorker) => running?.settle(message))
    thread.on('error', (error: Error) => running?.fail(error))
    thread.on('exit', () => {
      worker = null
      lost = true
      running?.fail(new Error('the training thread ended'))
    })
    return thread
  }
  const post = (message: ToWorker): void => {
    if (lost) throw new Error('the training thread ended; its rows must be read again')
    worker ??= start()
    worker.postMessage(message)
  }

  const run = async <Outcome extends TrainOutcome | HistoryOutcome>(
    message: ToWorker,
    { signal, onProgress }: TrainWatch,
  ): Promise<Outcome> => {
    Atomics.store(flag, 0, signal?.aborted ? 1 : 0)
    const halt = () => Atomics.store(flag, 0, 1)
    signal?.addEventListener('abort', halt)
    try {
      return await new Promise<Outcome>((resolve, reject) => {
        running = {
          settle: answer => {
            if (answer.kind === 'progress') onProgress?.(answer.done, answer.total)
            else if (answer.kind === 'outcome') resolve(answer.outcome as Outcome)
            else reject(new Error(answer.message))
          },
          fail: reject,
        }
        post(message)
        worker?.ref()
      })
    } finally {
      running = null
      worker?.unref()
      signal?.removeEventListener('abort', halt)
    }
  }
  const checkIdle = (): void => {
    if (running !== null) throw new Error('a training run is already going')
  }

  return {
    add(changes, schema) {
      post({ kind: 'add', changes, schema })
    },
    async train(request, options = {}) {
      checkIdle()
      // No row ever came: the refusal needs no thread.
      if (worker === null && !lost) return trainModel({ specs: base, rows: [] }, request)
      return run<TrainOutcome>({ kind: 'train', request }, options)
    },
    async history(cases, options = {}) {
      checkIdle()
      if (worker === null && !lost) return { stopped: false, history: null }
      return run<HistoryOutcome>({ kind: 'history', cases }, options)
    },
    async [Symbol.asyncDispose]() {
      Atomics.store(flag, 0, 1)
      await worker?.terminate()
      worker = null
    },
  }
}
