// The load generator, a process of its own: a plan comes in on stdin as JSON, what was measured goes out on stdout.
import { text } from 'node:stream/consumers'
import { type Connection, openConnection } from './connection.ts'
import { batchSize, type Measured, type Plan } from './plan.ts'
import { requestsOf } from './requests.ts'

/** How long answers may take after the last request was sent. */
const patienceMs = 10_000

const plan = JSON.parse(await text(process.stdin)) as Plan
process.stdout.write(JSON.stringify(await run(plan)))

/** One connection and the request it is busy with. */
interface Lane {
  connection: Connection
  next: () => Buffer
  dueMs: number
  busy: boolean
}

async function run({ load, connections, warmUpSeconds, seconds, port, body }: Plan): Promise<Measured> {
  const requests = requestsOf(plan)
  const statuses: { [status: string]: number } = {}
  let broken = 0
  let recorded = 0
  let sentEvents = 0
  const latencies: number[] = []
  let from = Number.POSITIVE_INFINITY
  let until = Number.POSITIVE_INFINITY
  let stopping = false
  const idle: Lane[] = []
  /** Open loop: moments at which a request was due while every connection was busy. */
  const overdue: number[] = []
  let busy = 0
  let onQuiet: () => void = () => undefined

  const send = (lane: Lane, dueMs: number): void => {
    lane.dueMs = dueMs
    lane.busy = true
    busy++
    if (body === 'events') sentEvents += batchSize
    lane.connection.send(lane.next())
  }
  const answered = (lane: Lane, status: number, bytes: Buffer): void => {
    const now = performance.now()
    lane.busy = false
    busy--
    statuses[status] = (statuses[status] ?? 0) + 1
    if (body === 'events') recorded += count(bytes, '"status":"recorded"')
    if (now >= from && now <= until) latencies.push(now - lane.dueMs)
    if (stopping) {
      if (busy === 0) onQuiet()
      return
    }
    const due = load.kind === 'closed' ? now : overdue.shift()
    if (due === undefined) idle.push(lane)
    else send(lane, due)
  }

  const lanes = await Promise.all(
    Array.from({ length: connections }, async () => {
      const connection = await openConnection(
        port,
        ({ status, bytes }) => answered(lane, status, bytes),
        () => {
          broken++
          if (!lane.busy) return
          lane.busy = false
          if (--busy === 0 && stopping) onQuiet()
        },
      )
      const lane: Lane = { connection, next: requests(), dueMs: 0, busy: false }
      return lane
    }),
  )

  const start = performance.now()
  from = start + warmUpSeconds * 1000
  until = from + seconds * 1000
  let stopPacing: () => void = () => undefined
  if (load.kind === 'closed') for (const lane of lanes) send(lane, performance.now())
  else {
    idle.push(...lanes)
    stopPacing = pace(load.perSecond, () => {
      const now = performance.now()
      const lane = idle.shift()
      if (lane === undefined) overdue.push(now)
      else send(lane, now)
    })
  }
  await wait(from - performance.now())
  const cpuBefore = process.cpuUsage()
  await wait(until - performance.now())
  const cpu = process.cpuUsage(cpuBefore)
  stopping = true
  stopPacing()
  if (busy > 0) {
    await new Promise<void>(resolve => {
      onQuiet = resolve
      // The sockets keep the process alive while it waits; a finished wait must not.
      setTimeout(resolve, patienceMs).unref()
    })
  }
  for (const { connection } of lanes) connection.close()

  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number): number =>
    sorted.length === 0 ? 0 : round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!)
  return {
    answered: sorted.length,
    seconds,
    statuses,
    // Requests that were never answered count as broken, too.
    broken: broken + busy,
    recorded,
    sentEvents,
    ms: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
    generatorCores: round((cpu.user + cpu.system) / 1e6 / seconds),
  }
}

/** Calls `due` at even distances; a timer that fires late is followed by the calls it missed. */
function pace(perSecond: number, due: () => void): () => void {
  const every = 1000 / perSecond
  let next = performance.now() + every
  const tick = (): void => {
    for (; next <= performance.now(); next += every) due()
    timer = setTimeout(tick, Math.max(1, next - performance.now()))
  }
  let timer = setTimeout(tick, every)
  return () => clearTimeout(timer)
}

function count(bytes: Buffer, word: string): number {
  let found = 0
  for (let at = bytes.indexOf(word); at !== -1; at = bytes.indexOf(word, at + word.length)) found++
  return found
}

function wait(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, Math.max(0, ms)))
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
