import type { Registry } from 'prom-client'
import { counter } from '../metrics/register.ts'
import { every, type Loop, type LoopOptions } from './loop.ts'

/** The loops of a process: on its clock, each failure logged and counted, all ended by its signal. */
export interface Loops extends AsyncDisposable {
  every(loop: Pick<LoopOptions, 'name' | 'everyMs' | 'mostMs' | 'work'>): Loop
}

interface LoopsOptions extends Pick<LoopOptions, 'clock' | 'onError'> {
  readonly metrics: Registry
  readonly signal: AbortSignal
}

export function openLoops({ clock, metrics, signal, onError }: LoopsOptions): Loops {
  const failures = counter(metrics, 'loop_failures_total')
  const opened: Loop[] = []
  return {
    every(loop) {
      failures.inc({ loop: loop.name }, 0)
      const one = every({
        ...loop,
        clock,
        signal,
        onError(error, name) {
          failures.inc({ loop: name })
          onError(error, name)
        },
      })
      opened.push(one)
      return one
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map(one => one[Symbol.asyncDispose]()))
    },
  }
}
