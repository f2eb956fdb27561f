import { performance } from 'node:perf_hooks'
import type { EventResult, JsonObject } from '@surety/contract'
import { openDemo } from '../app/open-demo.ts'
import { readEnv } from '../config/env.ts'
import { atTheStart } from '../replay/checkpoint.ts'
import { type Demo, demoHistory, demos, isDemoEvent } from '../replay/demo-source.ts'
import { progressLine } from '../replay/progress-line.ts'
import { replayHistory } from '../replay/replay-history.ts'
import { reportOf } from '../replay/report-of.ts'
import { summaryLines } from '../replay/summary.ts'
import type { HistoryItem, HistorySource, World } from '../replay/world.ts'
import { writeReport } from '../replay/write-report.ts'
import { stopSignal } from './stop-signal.ts'
import { untilStopped } from './until-stopped.ts'

const usage = `usage: surety demo [shop|bank] [--once] [--out DIR]

Replays a public file as leads on a virtual clock, then serves them (data/README.md):
  shop       12,330 visitors of a web shop over a year, the default
  bank       41,188 calls of a bank, 2008 to 2010: the truth moves, so hardly anything can be certified
  --once     ends after the replay
  --out DIR  where report.html and report.json are written (default surety-report)`

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** `surety demo`: real history through the line, with every verdict, then the same data behind the API. */
export async function demo(args: readonly string[]): Promise<number> {
  const once = args.includes('--once')
  const outAt = args.indexOf('--out')
  const out = outAt < 0 ? 'surety-report' : args[outAt + 1]
  const words = args.filter((arg, at) => arg !== '--once' && arg !== '--out' && (outAt < 0 || at !== outAt + 1))
  const [name = 'shop'] = words
  if (words.length > 1 || !(name === 'shop' || name === 'bank') || out === undefined) {
    say(usage)
    return args.includes('--help') ? 0 : 2
  }
  const startedMs = performance.now()
  const chosen: Demo = demos[name]
  say(`Surety demo: ${chosen.words} Names and addresses are made up.`)
  const { items, columns } = await demoHistory(chosen, 'demo')
  const readMs = performance.now() - startedMs
  await using opened = await openDemo(readEnv(), chosen, new Date(items[0]?.at ?? 0))
  const { app, world } = opened
  if (!once) say(`Serving meanwhile on ${await app.listen()}`)
  const progress = progressLine(process.stderr, () => performance.now())
  const { signal, release } = stopSignal(() => progress.say('Stopping.'))
  try {
    const { finished, state } = await replayHistory(inPieces(items), world, {
      from: atTheStart('demo'),
      monotonicMs: () => performance.now(),
      startedMs: performance.now() - readMs,
      signal,
      onFirst: eventResult => progress.say(firstLine(eventResult, performance.now() - startedMs)),
      onProgress: progress.show,
      onLook: firstCertificate(world, startedMs, line => progress.say(line)),
      onNight: night => progress.say(`${night.at.slice(0, 10)}  model of ${night.n_train} rows. ${night.sentence}`),
    })
    progress.end()
    if (!finished) return 130
    await opened.goLive()
    const report = await reportOf(
      world,
      state,
      {
        title: chosen.title,
        pod: 'customer-ops',
        label: 'outcome',
        positive: 'booked',
        timeColumn: null,
        delayMs: chosen.delayMs,
        seed: 1,
        columns,
        warnings: chosen.warnings,
        runAt: new Date().toISOString(),
      },
      eventId => isDemoEvent(chosen.file, eventId),
    )
    const written = await writeReport(out, report)
    say('')
    for (const line of summaryLines(report)) say(line)
    say(`report: ${written.page}`)
    say(`numbers: ${written.numbers}`)
  } finally {
    progress.end()
    release()
  }
  if (once) return 0
  const { port, host } = app.config
  const address = `http://${host}:${port}`
  say('')
  say(
    `Surety is serving these leads on ${address} (API reference: ${address}/docs). Its clock runs on from ${app.now().toISOString()}.`,
  )
  say('Try:')
  say(`  curl -s ${address}/v1/lead -H 'x-api-key: ${app.firstKey}' -H 'content-type: application/json' \\`)
  say(`    -d '${JSON.stringify(tryLead(items))}'`)
  say(`  curl -s '${address}/v1/lead?limit=3' -H 'x-api-key: ${app.firstKey}'`)
  say('Ctrl-C ends it.')
  await untilStopped()
  return 0
}

/** Says so the first time that something may be done without a person. */
function firstCertificate(world: World, startedMs: number, tell: (line: string) => void): () => Promise<void> {
  let found = false
  return async () => {
    if (found) return
    const first = (await world.autonomy()).actions.find(({ from }) => from !== null)
    if (first === undefined) return
    found = true
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
    tell(
      `First certificate after ${seconds} s: ${first.action} at most ${(100 * first.alpha).toFixed(0)} % wrong, from ${first.from!.slice(0, 10)} on. What it covers is done without a person.`,
    )
  }
}

/** The last lead of the history once more, under a name of its own. */
function tryLead(items: readonly HistoryItem[]): JsonObject {
  const data = items.at(-1)?.ask.data as JsonObject
  return {
    name: 'Ada Demo',
    email: 'ada.demo@example.invalid',
    details: 'Please call me back',
    attributes: data['attributes'] ?? {},
  }
}

async function* inPieces(items: readonly HistoryItem[]): HistorySource {
  for (let from = 0; from < items.length; from += 2000)
    yield { items: items.slice(from, from + 2000), share: Math.min(1, (from + 2000) / items.length) }
}

function firstLine(eventResult: EventResult, ms: number): string {
  if (eventResult.status === 'rejected' || eventResult.decision === null) return 'The first lead was refused.'
  const { caseId, state, reason, recordedAt } = eventResult.decision
  return `First decision after ${(ms / 1000).toFixed(1)} s: lead ${caseId} of ${recordedAt.toISOString()} is ${state} for a person (${reason}).`
}
