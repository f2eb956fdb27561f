import { parentPort, workerData } from 'node:worker_threads'
import { createRowStore } from './row-store.ts'
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
  try {
    let told = -1
    const outcome = trainModel(store.set(message.request.learnable), message.request, (done, total) => {
      if (done > told) {
        told = done
        answer({ kind: 'progress', done, total })
      }
      return Atomics.load(flag, 0) === 0
    })
    answer({ kind: 'outcome', outcome })
  } catch (error) {
    answer({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})
