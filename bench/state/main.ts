// Events that leave state: npm run bench -- state [--quick] [--rounds 6] [--seconds 4] [--events 1000000] [old=DIR again=DIR new=.]
// Without names: this checkout on an empty database and on one with a million events, in turn. With names: checkouts beside each
// other, as bench/line/versions.ts does it; name one twice to see the noise.
import { cpus, loadavg } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { fillWithEvents } from './fill.ts'
import { overHttp } from './http.ts'
import { type Job, type Line, type Measured, openLine } from './load.ts'
import { barsOf, inBatches, light, type Runs, tableOf } from './table.ts'

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    events: { type: 'string' },
    days: { type: 'string', default: '20' },
    only: { type: 'string', multiple: true },
  },
  allowPositionals: true,
})
const serverUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432'
const rounds = Number(values.rounds ?? (values.quick ? 3 : 6))
const seconds = Number(values.seconds ?? (values.quick ? 2 : 4))
const events = Number(values.events ?? (values.quick ? 100_000 : 1_000_000))
const root = resolve(import.meta.dirname, '../..')

/** Eight callers keep the line busy while staying below its bounded queue. */
const full = { callers: 8, size: 200, perSecond: null }
const phases = {
  [inBatches]: line => line.run({ ...full, seconds }),
  [light]: line => line.run({ callers: 1, size: 1, perSecond: 300, seconds }),
  'POST /v1/events, batches of 200, 8 callers': async line => {
    const { batchMs, ...done } = await line.watch(() => overHttp(line, { ...full, seconds }))
    const sorted = batchMs.toSorted((a, b) => a - b)
    const at = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? Number.NaN
    const ms = { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1) ?? Number.NaN }
    return { ...done, ms, findings: Number.NaN, decisions: Number.NaN }
  },
} satisfies { readonly [name: string]: (line: Line) => Promise<Measured> }
type Phase = keyof typeof phases
const chosen = (Object.keys(phases) as Phase[]).filter(
  name => values.only === undefined || values.only.some(word => name.includes(word)),
)

await using stack = new AsyncDisposableStack()
const lines: Line[] = []
const names = positionals.length === 0 ? ['empty', 'filled'] : positionals
for (const word of names) {
  const [name = '', folder = root] = word.split('=')
  lines.push(await openLine(name, resolve(folder), serverUrl, stack))
}
const warmUp: Job = { ...full, seconds: 4 }
for (const line of lines) await line.run(warmUp)
for (const line of lines.filter(({ name }) => name === 'filled')) {
  const startedMs = performance.now()
  await fillWithEvents(line.sql, events, Number(values.days))
  console.error(`${events} events copied in ${Math.round((performance.now() - startedMs) / 1000)} s`)
  await line.run(warmUp)
}
const runs: Runs = Object.fromEntries(
  chosen.map(phase => [phase, Object.fromEntries(lines.map(({ name }) => [name, []]))]),
)
for (let round = 0; round < rounds; round++)
  for (const phase of chosen)
    for (const line of round % 2 === 0 ? lines : lines.toReversed()) {
      const measured = await phases[phase](line)
      runs[phase]![line.name]!.push(measured)
      console.error(`  ${line.name}, ${phase}: ${Math.round(measured.events / measured.seconds)}/s`)
    }
const head = `${new Date().toISOString().slice(0, 16).replace('T', ' ')}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}, ${lines[0]?.database.version}, ${rounds} rounds of ${seconds} s, load average ${loadavg()[0]?.toFixed(1)} after`
console.log([head, '', ...tableOf(runs)].join('\n'))
if (positionals.length === 0) {
  const bars = barsOf(runs)
  for (const { what, found, met } of bars) console.log(`${what}: ${found}, ${met ? 'met' : 'NOT met'}`)
  if (bars.some(({ met }) => !met)) process.exitCode = 1
}
