// The child process of scripts/test.ts: runs the files it is given in this one process and reports each test.
import { run } from 'node:test'
import { inspect } from 'node:util'
import type { Report } from './report.ts'

const files = process.argv.slice(2)

function send(report: Report): void {
  process.send?.(report)
}

const events = run({ files, isolation: 'none' })
events.on('test:pass', ({ name, file, skip, details }) => {
  if (details.type === 'suite') return
  send({ kind: skip === undefined || skip === false ? 'passed' : 'skipped', name, file: file ?? '' })
})
events.on('test:fail', ({ name, file, todo, details }) => {
  if (details.type === 'suite' && details.error.cause === undefined) return
  if (todo !== undefined && todo !== false) return send({ kind: 'skipped', name, file: file ?? '' })
  send({ kind: 'failed', name, file: file ?? '', why: why(details.error) })
})
events.on('test:summary', () => {
  send({ kind: 'done' })
  process.channel?.unref()
})
events.resume()

function why(error: Error): string {
  const cause = error.cause ?? error
  return typeof cause === 'string' ? cause : inspect(cause, { depth: 4 })
}
