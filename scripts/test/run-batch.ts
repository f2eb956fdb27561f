import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { add, type Counts, none, type Report } from './report.ts'

const program = fileURLToPath(new URL('./run-files.ts', import.meta.url))

export interface BatchResult {
  readonly counts: Counts
  /** One text for each failure, ready to print. */
  readonly failures: readonly string[]
  readonly output: string
}

/**
 * Runs test files in one child process; a crash or a process that does not end counts as one failure.
 * @param patienceMs a process that reports no test for so long hangs, and is killed
 */
export function runBatch(files: readonly string[], env: NodeJS.ProcessEnv, patienceMs: number): Promise<BatchResult> {
  return new Promise(resolve => {
    let counts = none
    let done = false
    let stuck = ''
    let last = 'its first test'
    const failures: string[] = []
    const output: string[] = []
    const child = fork(program, files, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    let timer: NodeJS.Timeout | undefined
    const nextReport = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        stuck = `said nothing for ${patienceMs / 1000} s after ${last}: a test hangs, or something was left open`
        child.kill('SIGKILL')
      }, patienceMs)
    }
    nextReport()
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    child.on('message', (report: Report) => {
      if (report.kind === 'done') {
        done = true
        return
      }
      last = `"${report.name}"`
      nextReport()
      counts = add(counts, { ...none, [report.kind]: 1 })
      if (report.kind === 'failed') failures.push(`${report.file}\n  ${report.name}\n${indent(report.why)}`)
    })
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      const settle = () => {
        const bad =
          stuck !== '' ? stuck : done && (code === 0 || counts.failed > 0) ? '' : `ended with ${signal ?? code}`
        if (bad !== '') {
          counts = add(counts, { ...none, failed: 1 })
          failures.push(`${files.join(', ')}\n  the test process ${bad}`)
        }
        resolve({ counts, failures, output: output.join('') })
      }
      // Its last words may still be on their way; but a grandchild that lives on must not hold the pipes for ever.
      const late = setTimeout(settle, 2000)
      child.on('close', () => {
        clearTimeout(late)
        settle()
      })
    })
  })
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ')
}
