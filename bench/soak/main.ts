// npm run bench -- soak [--minutes 60] [--per-second N] [--embedded] [--quick]: half of what the machine takes, for an hour. Is memory flat at the end,
// does any descriptor stay open, how much is written to the log? Needs Linux.
import { readdirSync } from 'node:fs'
import { loadavg } from 'node:os'
import { freshDatabase } from '../line/fresh-database.ts'
import { generate } from '../line/generate.ts'
import { median } from '../line/median.ts'
import { memoryOf } from '../line/memory.ts'
import { startSurety } from '../line/surety.ts'
import { startLoad } from './load.ts'

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(name)
  return at === -1 ? undefined : process.argv[at + 1]
}
const quick = process.argv.includes('--quick')
const minutes = Number(option('--minutes') ?? (quick ? 4 : 60))
const sampleMs = quick ? 10_000 : 60_000

interface Sample {
  readonly minute: number
  readonly pssMb: number
  readonly descriptors: number
  readonly logBytes: number
  readonly answered: number
}

await using fresh = process.argv.includes('--embedded')
  ? null
  : await freshDatabase(process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres')
await using surety = await startSurety(fresh?.url ?? null)
const [key = ''] = await surety.keys(['soak'])
const before = loadavg()[0]!.toFixed(1)
const full = await generate({
  port: surety.port,
  path: '/v1/lead',
  body: 'lead',
  keys: [key],
  load: { kind: 'closed' },
  connections: 32,
  warmUpSeconds: 5,
  seconds: 15,
})
const taken = Math.round(full.answered / full.seconds)
const perSecond = Number(option('--per-second') ?? Math.round(taken / 2))
console.error(`  ${taken} leads/s are taken; ${perSecond} requests/s come`)

const load = startLoad(surety.port, key, perSecond)
const samples: Sample[] = []
const start = performance.now()
for (let next = start + sampleMs; next <= start + minutes * 60_000; next += sampleMs) {
  await new Promise(resolve => setTimeout(resolve, next - performance.now()))
  const { statuses } = load.told()
  samples.push({
    minute: Math.round(((next - start) / 60_000) * 100) / 100,
    pssMb: memoryOf([surety.pid])?.pssMb ?? Number.NaN,
    descriptors: readdirSync(`/proc/${surety.pid}/fd`).length,
    logBytes: surety.printedBytes(),
    answered: Object.values(statuses).reduce((sum, n) => sum + n, 0),
  })
  const { minute, pssMb, descriptors, logBytes, answered } = samples.at(-1)!
  console.error(
    `  minute ${minute}: ${answered} answers, ${pssMb} MB, ${descriptors} descriptors, ${logBytes} bytes of log`,
  )
}
await load[Symbol.asyncDispose]()
const { statuses, broken } = load.told()

/** The first quarter is warm-up; of the rest the second half is compared with the first. */
const after = samples.slice(Math.floor(samples.length / 4))
const halves = [after.slice(0, Math.floor(after.length / 2)), after.slice(Math.floor(after.length / 2))] as const
const medians = (of: (sample: Sample) => number) => halves.map(half => median(half.map(of))) as [number, number]
const [memoryThen, memoryNow] = medians(({ pssMb }) => pssMb)
const [filesThen, filesNow] = medians(({ descriptors }) => descriptors)
const last = samples.at(-1)!
const logPerThousand = (last.logBytes / last.answered) * 1000
const failures = Object.entries(statuses).filter(([status]) => status.startsWith('5'))
console.log(
  [
    `${minutes} minutes at ${perSecond} requests/s (it takes ${taken} leads/s); ${fresh?.version ?? 'embedded PostgreSQL'}, load average ${before} before.`,
    '',
    '| | second quarter and half of the third | the rest | |',
    '|---|---|---|---|',
    `| memory (Pss), MB | ${memoryThen.toFixed(1)} | ${memoryNow.toFixed(1)} | ${(memoryNow / memoryThen).toFixed(2)} x (bar 1.10) |`,
    `| descriptors | ${filesThen} | ${filesNow} | bar: 20 more |`,
    '',
    `Answers: ${Object.entries(statuses)
      .map(([status, n]) => `${n} x ${status}`)
      .join(
        ', ',
      )}; ${broken} broken. Log: ${last.logBytes} bytes, ${logPerThousand.toFixed(0)} per 1,000 answers (bar 1,000).`,
  ].join('\n'),
)
if (
  memoryNow > memoryThen * 1.1 ||
  filesNow > filesThen + 20 ||
  failures.length > 0 ||
  broken > 0 ||
  logPerThousand > 1_000
)
  process.exitCode = 1
