// npm run bench -- hostile [--quick]: one tenant sends batches in which every second event is hostile; what does the other one notice?
// Beside it, in turn: the same batches with nothing hostile in them, so that what is compared is malice and no load.
import { loadavg } from 'node:os'
import { freshDatabase } from '../line/fresh-database.ts'
import { generate } from '../line/generate.ts'
import { median } from '../line/median.ts'
import type { Measured } from '../line/plan.ts'
import { startSurety } from '../line/surety.ts'
import { hostileEvent, validEvent, wayNames } from './events.ts'

const quick = process.argv.includes('--quick')
const rounds = quick ? 3 : 5
const timing = { seconds: quick ? 8 : 20, warmUpSeconds: 2 }
const batchesPerSecond = 10
const size = 50
const bar = 1.2

type Kind = 'valid' | 'hostile'
interface Sent {
  events: number
  hostile: number
  readonly answers: { [word: string]: number }
}

await using fresh = await freshDatabase(process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres')
await using surety = await startSurety(fresh.url)
const [attacker = '', neighbour = ''] = await surety.keys(['attacker', 'neighbour'])
const before = loadavg()[0]!.toFixed(1)
const url = `http://127.0.0.1:${surety.port}/v1/events`
const sent: Record<Kind, Sent> = {
  valid: { events: 0, hostile: 0, answers: {} },
  hostile: { events: 0, hostile: 0, answers: {} },
}
await post([{ ...validEvent(), event_id: 'taken' }], sent.valid)

const found: Record<Kind, Measured[]> = { valid: [], hostile: [] }
for (let round = 0; round < rounds; round++)
  for (const kind of round % 2 === 0 ? (['valid', 'hostile'] as const) : (['hostile', 'valid'] as const)) {
    const measured = await beside(kind)
    found[kind].push(measured)
    console.error(`  round ${round + 1}, beside ${kind}: p50 ${measured.ms.p50} ms, p99 ${measured.ms.p99} ms`)
  }

const alone = await generate({ ...neighbours(), ...timing })
const p99 = (kind: Kind) => median(found[kind].map(({ ms }) => ms.p99))
const ratio = median(found.hostile.map(({ ms }, round) => ms.p99 / found.valid[round]!.ms.p99))
const failures = [...Object.entries(sent.hostile.answers), ...Object.entries(sent.valid.answers)].filter(([word]) =>
  /^5|broken/.test(word),
)
console.log(
  [
    `${rounds} rounds of ${timing.seconds} s in turn; ${fresh.version}, load average ${before} before. 100 leads/s of the neighbour, ${batchesPerSecond} batches/s of ${size} events of the attacker.`,
    '',
    '| beside the neighbour | its p50, ms | its p99, ms | its answers that are not 200 |',
    '|---|---|---|---|',
    `| nobody | ${alone.ms.p50} | ${alone.ms.p99} | 0 |`,
    ...(['valid', 'hostile'] as const).map(
      kind =>
        `| ${kind === 'valid' ? 'batches of valid events' : 'batches in which every second event is hostile'} | ${median(found[kind].map(({ ms }) => ms.p50))} | ${p99(kind)} | 0 |`,
    ),
    '',
    `p99 beside hostile events / beside valid ones, median of rounds: ${ratio.toFixed(2)} (bar ${bar}).`,
    `${sent.hostile.hostile} hostile events in ${wayNames.length} ways were sent; answers to the attacker: ${words(sent.hostile)}.`,
  ].join('\n'),
)
if (ratio > bar || failures.length > 0) process.exitCode = 1

function neighbours() {
  return {
    port: surety.port,
    path: '/v1/lead',
    body: 'lead',
    keys: [neighbour],
    load: { kind: 'open', perSecond: 100 },
    connections: 16,
  } as const
}

/** The neighbour's phase, which throws where one of its answers is not 200, while the attacker sends. */
async function beside(kind: Kind): Promise<Measured> {
  const to = sent[kind]
  let going = true
  const attack = (async () => {
    const under: Promise<void>[] = []
    for (let next = performance.now(); going; next += 1000 / batchesPerSecond) {
      await new Promise(resolve => setTimeout(resolve, Math.max(0, next - performance.now())))
      under.push(post(batchOf(kind, to), to))
    }
    await Promise.all(under)
  })()
  try {
    return await generate({ ...neighbours(), ...timing })
  } finally {
    going = false
    await attack
  }
}

function batchOf(kind: Kind, to: Sent): readonly object[] {
  return Array.from({ length: size }, (_, n) => {
    if (kind === 'valid' || n % 2 === 0) return validEvent()
    to.hostile++
    return hostileEvent()
  })
}

async function post(events: readonly object[], to: Sent): Promise<void> {
  to.events += events.length
  const count = (word: string): void => {
    to.answers[word] = (to.answers[word] ?? 0) + 1
  }
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'x-api-key': attacker, 'content-type': 'application/json' },
      body: JSON.stringify(events),
    })
    const body = (await response.json()) as { data?: { items?: readonly { status: string; code?: string }[] } }
    if (!response.ok || body.data?.items === undefined) count(String(response.status))
    else for (const { status, code } of body.data.items) count(code ?? status)
  } catch {
    count('broken')
  }
}

function words({ answers }: Sent): string {
  return Object.entries(answers)
    .map(([word, n]) => `${n} ${word}`)
    .join(', ')
}
