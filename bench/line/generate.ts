import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { batchSize, type Measured, type Plan } from './plan.ts'

/** One phase of load. Throws when any answer was not 200, a connection broke, or a batch was not wholly recorded. */
export async function generate(plan: Plan): Promise<Measured> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./load.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(plan))
  const out = await text(child.stdout)
  if (out === '') throw new Error('the load generator ended without a word')
  const measured = JSON.parse(out) as Measured
  const fault = faultOf(plan, measured)
  if (fault !== null) throw new Error(`refused to count this run: ${fault}`)
  return measured
}

function faultOf(plan: Plan, { statuses, broken, answered, recorded, sentEvents }: Measured): string | null {
  const others = Object.entries(statuses).filter(([status]) => status !== '200')
  if (others.length > 0) return `answers that were not 200: ${others.map(pair => pair.join(' x ')).join(', ')}`
  if (broken > 0) return `${broken} connections broke or waited in vain`
  if (answered === 0) return 'nothing was answered'
  if (plan.body === 'events' && recorded !== sentEvents) {
    return `${recorded} of ${sentEvents} events recorded, in batches of ${batchSize}`
  }
  return null
}
