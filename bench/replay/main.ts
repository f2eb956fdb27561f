// Leads per second of a replay of the bank file, outcomes written and CSV reading included, learning apart:
// node bench/replay/main.ts [--quick]. Our database is the replay's own embedded one, made and thrown away.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median } from '../line/median.ts'

const bar = 15_000
const root = fileURLToPath(new URL('../../', import.meta.url))
const file = 'data/leads/bank-additional-full.csv.gz'
const runs = process.argv.includes('--quick') ? 1 : 3
const run = promisify(execFile)

interface Report {
  readonly events: number
  readonly decisions: number
  readonly outcomes: number
  readonly events_per_second: number
}

const results: (Report & { readonly wallSeconds: number; readonly loadAverage: number })[] = []
for (let n = 0; n < runs; n++) {
  const folder = await mkdtemp(join(tmpdir(), 'surety-bench-replay-'))
  try {
    const loadAverage = loadavg()[0] ?? 0
    const start = performance.now()
    const env: NodeJS.ProcessEnv = { ...process.env, DATA_DIR: join(folder, 'data') }
    delete env['DATABASE_URL']
    const args = [
      'bin/surety.js',
      'replay',
      file,
      '--label',
      'y',
      '--positive',
      'yes',
      '--ignore',
      'duration',
      '--out',
      folder,
    ]
    await run(process.execPath, args, { cwd: root, env })
    const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as Report
    results.push({ ...report, wallSeconds: (performance.now() - start) / 1000, loadAverage })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

// Each lead is one event that asks and one that answers: the bar is on leads with their outcomes written.
const leadsPerSecond = ({ events_per_second, decisions, outcomes }: Report): number =>
  (events_per_second * decisions) / (decisions + outcomes)
const found = median(results.map(leadsPerSecond))
const date = new Date().toISOString().slice(0, 10)
const resultsFolder = join(root, 'bench/results')
await mkdir(resultsFolder, { recursive: true })
const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}`
await writeFile(
  join(resultsFolder, `replay-${date}.json`),
  `${JSON.stringify({ date, machine, bar, median: found, runs: results }, null, 2)}\n`,
)
console.log(`${date}, ${machine}`)
console.log('| events/s | decisions | outcomes | whole run, s | load average before |')
console.log('|---|---|---|---|---|')
for (const result of results) {
  const { events_per_second, decisions, outcomes, wallSeconds, loadAverage } = result
  console.log(
    `| ${Math.round(events_per_second)} | ${decisions} | ${outcomes} | ${wallSeconds.toFixed(1)} | ${loadAverage.toFixed(2)} |`,
  )
}
console.log(
  `median ${Math.round(found)} leads/s with their outcomes, bar >= ${bar}: ${found >= bar ? 'met' : 'NOT met'}`,
)
if (!(found >= bar)) process.exitCode = 1
