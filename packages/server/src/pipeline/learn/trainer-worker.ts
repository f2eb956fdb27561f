import { parentPort, workerData } from 'node:worker_threads'
import type { Tick } from './candidate.ts'
import { createRowStore } from './row-store.ts'
import { scoreHistory } from './score-history.ts'
import { trainModel } from './train-model.ts'
import type { FromWorker, ToWorker, WorkerStart } from './trainer-messages.ts'

const { base, stop } = workerData as WorkerStart
const flag = new Int32Array(stop)
const store = createRowStore(base)
const answer = (message: FromWorker): void => parentPort?.postMessage(message)

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'add') {
    store.add(message.changes, message.schema)
    return
  }
  let told = -1
  const tick: Tick = (done, total) => {
    if (done > told) {
      told = done
      answer({ kind: 'progress', done, total })
    }
    return Atomics.load(flag, 0) === 0
  }
  try {
    const outcome =
      message.kind === 'train'
        ? trainModel(store.set(message.request.learnable), message.request, tick)
        : scoreHistory(store.set(), message.cases, tick)
    answer({ kind: 'outcome', outcome })
  } catch (error) {
    answer({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})
