import { openConnection } from '../line/connection.ts'
import { readingStream } from './readings.ts'

export interface OverHttp {
  readonly events: number
  readonly seconds: number
  readonly batchMs: readonly number[]
}

/** Callers at the door, each sending its next batch once the last one was answered. @throws Error where an event was not recorded */
export async function overHttp(
  { url, key }: { readonly url: string; readonly key: string },
  { seconds, callers, size }: { readonly seconds: number; readonly callers: number; readonly size: number },
): Promise<OverHttp> {
  const next = readingStream()
  const { port } = new URL(url)
  const startedMs = performance.now()
  const batchMs: number[] = []
  const call = () =>
    new Promise<void>((resolve, reject) => {
      let sentMs = 0
      const opened = openConnection(
        Number(port),
        ({ status, bytes }) => {
          batchMs.push(performance.now() - sentMs)
          if (status !== 200 || count(bytes, '"status":"recorded"') !== size)
            reject(new Error(`answered ${status}: ${bytes.toString().slice(0, 1_000)}`))
          else void send()
        },
        reason => reject(new Error(reason)),
      )
      async function send(): Promise<void> {
        const connection = await opened
        if (performance.now() - startedMs > seconds * 1000) {
          connection.close()
          resolve()
          return
        }
        const bytes = request(key, Array.from({ length: size }, next))
        sentMs = performance.now()
        connection.send(bytes)
      }
      send().catch(reject)
    })
  await Promise.all(Array.from({ length: callers }, call))
  return { events: batchMs.length * size, seconds: (performance.now() - startedMs) / 1000, batchMs }
}

function request(key: string, events: readonly ReturnType<ReturnType<typeof readingStream>>[]): Buffer {
  const body = JSON.stringify(
    events.map(({ eventId, kind, occurredAt, data }) => ({
      event_id: eventId,
      type: kind,
      occurred_at: occurredAt.toISOString(),
      source: 'bench',
      data,
    })),
  )
  const head = ['POST /v1/events HTTP/1.1', 'host: 127.0.0.1', 'content-type: application/json', `x-api-key: ${key}`]
  return Buffer.from([...head, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'))
}

function count(bytes: Buffer, word: string): number {
  let found = 0
  for (let at = bytes.indexOf(word); at !== -1; at = bytes.indexOf(word, at + word.length)) found++
  return found
}
