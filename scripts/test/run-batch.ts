import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { add, type Counts, none, type Report } from './report.ts'

const program = fileURLToPath(new URL('./run-files.ts', import.meta.url))
// Longer than this after the last test means that a server, a timer or a connection was left open.
const graceMs = 15_000
const longestMs = 20 * 60_000

export interface BatchResult {
  readonly counts: Counts
  /** One text for each failure, ready to print. */
  readonly failures: readonly string[]
  readonly output: string
}

/** Runs test files in one child process; a crash or a process that does not end counts as one failure. */
export function runBatch(files: readonly string[], env: NodeJS.ProcessEnv): Promise<BatchResult> {
  return new Promise(resolve => {
    let counts = none
    let done = false
    let stuck = ''
    const failures: string[] = []
    const output: string[] = []
    const child = fork(program, files, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    const stop = (reason: string) => () => {
      stuck = reason
      child.kill('SIGKILL')
    }
    let timer = setTimeout(stop(`did not end within ${longestMs / 60_000} minutes`), longestMs)
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    child.on('message', (report: Report) => {
      if (report.kind === 'done') {
        done = true
        clearTimeout(timer)
        timer = setTimeout(stop('its tests ended but something was left open'), graceMs)
        return
      }
      counts = add(counts, { ...none, [report.kind]: 1 })
      if (report.kind === 'failed') failures.push(`${report.file}\n  ${report.name}\n${indent(report.why)}`)
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const bad = stuck !== '' ? stuck : done && (code === 0 || counts.failed > 0) ? '' : `ended with ${signal ?? code}`
      if (bad !== '') {
        counts = add(counts, { ...none, failed: 1 })
        failures.push(`${files.join(', ')}\n  the test process ${bad}`)
      }
      resolve({ counts, failures, output: output.join('') })
    })
  })
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ')
}
