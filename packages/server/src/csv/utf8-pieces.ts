import { isUtf8 } from 'node:buffer'

/** A piece of a file as text; `valid` is false when bytes follow that are no UTF-8, and `text` ends before them. */
export interface Piece {
  readonly text: string
  readonly valid: boolean
  readonly last: boolean
  readonly bytesRead: number
}

/** Decodes chunk by chunk, never cutting a character in two. A byte order mark is dropped. */
export async function* utf8Pieces(chunks: AsyncIterable<Buffer>, bytesRead: () => number): AsyncGenerator<Piece> {
  let cut: Buffer = Buffer.alloc(0)
  let first = true
  const decode = (bytes: Buffer): { text: string; valid: boolean } => {
    const valid = isUtf8(bytes)
    const raw = bytes.toString('utf8', 0, valid ? bytes.length : firstInvalid(bytes))
    const text = first && raw.startsWith('\ufeff') ? raw.slice(1) : raw
    first = false
    return { text, valid }
  }
  for await (const chunk of chunks) {
    const bytes = cut.length === 0 ? chunk : Buffer.concat([cut, chunk])
    const whole = bytes.length - unfinished(bytes)
    cut = bytes.subarray(whole)
    if (whole === 0) continue
    const piece = decode(bytes.subarray(0, whole))
    yield { ...piece, last: false, bytesRead: bytesRead() }
    if (!piece.valid) return
  }
  yield { ...decode(cut), last: true, bytesRead: bytesRead() }
}

/** How many bytes at the end begin a character without ending it. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}

/** Length of the longest valid beginning, found by halving. */
function firstInvalid(bytes: Buffer): number {
  let good = 0
  let bad = bytes.length
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    const part = bytes.subarray(good, middle)
    if (isUtf8(part.subarray(0, part.length - unfinished(part)))) good = Math.max(good + 1, middle - unfinished(part))
    else bad = middle
  }
  return isUtf8(bytes.subarray(0, good)) ? good : good - 1
}
