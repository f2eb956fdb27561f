import { performance } from 'node:perf_hooks'
import type { EventResult } from '@surety/contract'
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
import { type CommandIo, readArguments } from './command-io.ts'
import { inWords, nowWaiting, tryLines, whoTold } from './demo-words.ts'
import { stopSignal } from './stop-signal.ts'
import { untilOver } from './until-stopped.ts'

const usage = `usage: surety demo [shop|bank] [--once] [--rows N] [--out DIR]

Replays a public file as leads on a virtual clock, then serves them (data/README.md):
  shop       12,330 visitors of a web shop over a year, the default: only who bought is reported, silence tells of the rest
  bank       41,188 calls of a bank, 2008 to 2010: the truth moves, so hardly anything can be certified
  --once     ends after the replay
  --rows N   only the first N of them
  --out DIR  where report.html and report.json are written (default surety-report)`

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const options = { once: { type: 'boolean' }, rows: { type: 'string' }, out: { type: 'string' } } as const
const io: CommandIo = { out: say, err: line => void process.stderr.write(`${line}\n`) }
/** The last of the file are kept back: they come in once it serves, so that there is something to do. */
const keptBack = 200

/** `surety demo`: real history through the line, with every verdict, then the same data behind the API. */
export async function demo(args: readonly string[]): Promise<number> {
  const parsed = readArguments(args, io, { usage, options, words: 1 })
  if (typeof parsed === 'number') return parsed
  const { once, rows, out } = parsed.values
  const folder = typeof out === 'string' ? out : 'surety-report'
  const [name = 'shop'] = parsed.words
  const most = rows === undefined ? Number.POSITIVE_INFINITY : Number(rows)
  if (!(name === 'shop' || name === 'bank') || !(most > keptBack)) {
    say(name === 'shop' || name === 'bank' ? `--rows ${rows}: a number above ${keptBack} is needed.` : usage)
    return 2
  }
  const startedMs = performance.now()
  const chosen: Demo = demos[name]
  say(`Surety demo: ${chosen.words} Names and addresses are made up.`)
  const { items: all, columns } = await demoHistory(chosen, 'demo')
  const items = all.slice(0, Math.min(all.length, most) - keptBack)
  const newest = all.slice(items.length, items.length + keptBack)
  const readMs = performance.now() - startedMs
  await using opened = await openDemo(readEnv(), chosen, new Date(items[0]?.at ?? 0))
  const { app, world } = opened
  if (once !== true) say(`Serving meanwhile on ${await app.listen()}`)
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
    const written = await writeReport(folder, report)
    say('')
    for (const line of summaryLines(report)) say(line)
    say(`report: ${written.page}`)
    say(`numbers: ${written.numbers}`)
    say('')
    for (const line of inWords(report, chosen.minutesPerCase)) say(line)
    if (chosen.silenceDays !== null) say(whoTold(report, chosen.silenceDays))
    await opened.goLive()
    say(nowWaiting(newest.length, await opened.arrive(newest.map(({ ask }) => ask))))
  } finally {
    progress.end()
    release()
  }
  if (once === true) return 0
  const { port, host } = app.config
  for (const line of tryLines(`http://${host}:${port}`, app, newest.at(-1)!)) say(line)
  return await untilOver(app)
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

async function* inPieces(items: readonly HistoryItem[]): HistorySource {
  for (let from = 0; from < items.length; from += 2000)
    yield { items: items.slice(from, from + 2000), share: Math.min(1, (from + 2000) / items.length) }
}

function firstLine(eventResult: EventResult, ms: number): string {
  if (eventResult.status === 'rejected' || eventResult.decision === null) return 'The first lead was refused.'
  const { caseId, state, reason, recordedAt } = eventResult.decision
  return `First decision after ${(ms / 1000).toFixed(1)} s: lead ${caseId} of ${recordedAt.toISOString()} is ${state} for a person (${reason}).`
}
