// The service of one checkout in a process of its own: node bench/state/line.ts, forked by main.ts with DATABASE_URL set. It opens
// its door, and puts itself under load as it is told.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventResult } from '@surety/contract'
import { pino } from 'pino'
import { openApp } from '../../packages/server/src/app.ts'
import { buildConfig } from '../../packages/server/src/config/config.ts'
import { createKey } from '../../packages/server/src/manage/keys/keys.ts'
import { installed } from '../../packages/server/src/pods.ts'
import { auditOf } from '../../packages/server/src/store/audit.ts'
import type { Job, Report } from './load.ts'
import { fullHeating } from './pod.ts'
import { readingStream, tenant } from './readings.ts'
import { setUp } from './thermostats.ts'

const raised = { leads: 1e9, v1: 1e9, ops: 1e9, events: 1e9 }
await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'surety-state-'))
stack.defer(() => rm(folder, { recursive: true, force: true }))
const config = buildConfig({
  DATABASE_URL: process.env['DATABASE_URL']!,
  DATA_DIR: folder,
  PORT: '0',
  TENANT: tenant,
  NIGHTLY_RETRAIN: 'false',
})
// What recurs would begin to count and to close a million events of the past beside the load.
const app = stack.use(
  await openApp(config, { logger: pino({ level: 'error' }), jobs: false, pods: [...installed.pods, fullHeating] }),
)
await setUp(app.db, app.now)
const deps = { db: app.db, now: app.now, audit: auditOf() }
const made = await createKey(deps, 'bench', { tenant, role: 'operator', name: 'bench', limits: raised, grants: [] })
const next = readingStream()
const ended = Promise.withResolvers<void>()
process.on('message', (job: Job | 'end') => {
  if (job === 'end') ended.resolve()
  else void run(job).then(report => process.send!(report))
})
process.on('disconnect', ended.resolve)
process.send!({ url: await app.listen(), key: made.key })
await ended.promise
process.disconnect?.()

async function run(job: Job): Promise<Report> {
  const took: number[] = []
  const counted = { events: 0, findings: 0, decisions: 0 }
  const note = (results: readonly EventResult[], startedMs: number): void => {
    took.push(performance.now() - startedMs)
    for (const result of results) {
      if (result.status !== 'recorded') throw new Error(`not recorded: ${JSON.stringify(result)}`)
      counted.events++
      counted.findings += result.findings?.length ?? 0
      counted.decisions += result.decisions.length
    }
  }
  const startedMs = performance.now()
  await (job.perSecond === null ? inBatches(job, note) : oneByOne(job, job.perSecond, note))
  const seconds = (performance.now() - startedMs) / 1000
  const sorted = took.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { ...counted, seconds, ms: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) } }
}

type Note = (results: readonly EventResult[], startedMs: number) => void

/** Callers that each send the next batch as soon as the last one was answered. */
async function inBatches({ seconds, callers, size }: Job, note: Note): Promise<void> {
  const until = performance.now() + seconds * 1000
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < until) {
        const startedMs = performance.now()
        note(await app.intake.submitMany(Array.from({ length: size }, next)), startedMs)
      }
    }),
  )
}

/** At even distances, whoever waits: a late timer is followed by the calls that it missed. */
async function oneByOne({ seconds }: Job, perSecond: number, note: Note): Promise<void> {
  const startedMs = performance.now()
  const all: Promise<void>[] = []
  for (let n = 0; n < seconds * perSecond; n++) {
    const dueMs = startedMs + (n * 1000) / perSecond
    const early = dueMs - performance.now()
    if (early > 0) await new Promise(resolve => setTimeout(resolve, early))
    all.push(app.intake.submit(next()).then(result => note([result], dueMs)))
  }
  await Promise.all(all)
}
