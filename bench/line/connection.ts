import { connect } from 'node:net'

export interface Answer {
  readonly status: number
  /** The whole answer, head included; valid until the next chunk arrives. */
  readonly bytes: Buffer
}

export interface Connection {
  /** One request at a time: the next one only after its answer. */
  send(bytes: Buffer): void
  close(): void
}

/** One buffer for all connections: a chunk is read and dealt with before the next read begins. */
const shared = Buffer.allocUnsafe(256 * 1024)

/** A kept-alive connection that understands just as much HTTP as the bench needs: status and content-length. */
export function openConnection(
  port: number,
  onAnswer: (answer: Answer) => void,
  onBroken: (reason: string) => void,
): Promise<Connection> {
  let waiting = false
  let closed = false
  /** Bytes of an answer that did not come in one piece. */
  let pieces: Buffer[] = []
  let have = 0
  let want = -1
  let status = 0

  const broken = (reason: string): void => {
    if (closed) return
    closed = true
    socket.destroy()
    onBroken(reason)
  }
  const take = (size: number): void => {
    const chunk = shared.subarray(0, size)
    if (want === -1) {
      const soFar = pieces.length === 0 ? chunk : Buffer.concat([...pieces, chunk])
      const head = readHead(soFar)
      if (head !== null) ({ status, want } = head)
      else if (soFar.length > 16 * 1024) {
        broken('an answer without content-length')
        return
      }
    }
    have += size
    if (want === -1 || have < want) {
      pieces.push(Buffer.from(chunk))
      return
    }
    if (!waiting || have > want) {
      broken('more bytes than were announced')
      return
    }
    const bytes = pieces.length === 0 ? chunk : Buffer.concat([...pieces, chunk])
    pieces = []
    have = 0
    want = -1
    waiting = false
    onAnswer({ status, bytes })
  }

  const onread = {
    buffer: shared,
    callback: (size: number) => {
      take(size)
      return true
    },
  }
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.removeListener('error', reject)
      socket.on('error', error => broken(error.message))
      socket.on('close', () => broken('the server closed the connection'))
      resolve({
        send(bytes) {
          waiting = true
          socket.write(bytes)
        },
        close() {
          closed = true
          socket.destroy()
        },
      })
    })
  })
}

/** null: the head is not complete. `want` is the length of the whole answer. */
function readHead(bytes: Buffer): { status: number; want: number } | null {
  const head = bytes.toString('latin1', 0, Math.min(bytes.length, 4_096))
  const end = head.indexOf('\r\n\r\n')
  if (end === -1) return null
  const length = /\r\ncontent-length: *(\d+)/i.exec(head.slice(0, end))
  return length === null ? null : { status: Number(head.slice(9, 12)), want: end + 4 + Number(length[1]) }
}
