/**
 * Arrays for the hot statement in PostgreSQL's binary format (what `array_recv` reads): the server neither unescapes
 * text nor parses numbers and times, and nothing has to be quoted here. Measured against text literals: a fifth less time
 * for a batch on both sides.
 *
 * Layout: dimensions (1), has-null flag, element type, length, lower bound (1), then each element as length and bytes;
 * length -1 is null. All big-endian.
 */
const headBytes = 20

const oids = {
  text: 25,
  json: 114,
  bytea: 17,
  timestamptz: 1184,
  uuid: 2950,
  float8: 701,
  int8: 20,
  int4: 23,
  int2: 21,
  bool: 16,
} as const
export type ElementType = keyof typeof oids

// Arrays are written one behind the other into one slab and handed out as parts of it, never written to again: a copy of each
// and a piece of memory for each cost 4 % of a batch. A full slab is left to whoever still holds a part.
const slabBytes = 256 * 1024
let slab = Buffer.allocUnsafe(slabBytes)
let start = 0
let end = 0

function room(bytes: number): void {
  if (end + bytes <= slab.length) return
  const written = end - start
  const next = Buffer.allocUnsafe(Math.max(slabBytes, (written + bytes) * 2))
  slab.copy(next, 0, start, end)
  slab = next
  start = 0
  end = written
}

function begin(type: ElementType, length: number): void {
  end = start
  room(headBytes)
  slab.writeInt32BE(length === 0 ? 0 : 1, start)
  slab.writeInt32BE(0, start + 4)
  slab.writeInt32BE(oids[type], start + 8)
  slab.writeInt32BE(length, start + 12)
  slab.writeInt32BE(1, start + 16)
  end = start + (length === 0 ? 12 : headBytes)
}

function writeNull(): void {
  room(4)
  slab.writeInt32BE(-1, end)
  slab.writeInt32BE(1, start + 4)
  end += 4
}

function finish(): Buffer {
  const done = slab.subarray(start, end)
  start = end
  return done
}

export function textArray(type: 'text' | 'json', values: readonly (string | null)[]): Buffer {
  begin(type, values.length)
  for (const value of values) {
    if (value === null) {
      writeNull()
      continue
    }
    room(4 + value.length * 3)
    const bytes = slab.write(value, end + 4, 'utf8')
    slab.writeInt32BE(bytes, end)
    end += 4 + bytes
  }
  return finish()
}

export function bytesArray(values: readonly (Buffer | null)[]): Buffer {
  begin('bytea', values.length)
  for (const value of values) {
    if (value === null) {
      writeNull()
      continue
    }
    room(4 + value.length)
    slab.writeInt32BE(value.length, end)
    value.copy(slab, end + 4)
    end += 4 + value.length
  }
  return finish()
}

/** Bytes given as hexadecimal text. */
export function hexArray(values: readonly (string | null)[]): Buffer {
  begin('bytea', values.length)
  for (const value of values) {
    if (value === null) {
      writeNull()
      continue
    }
    const bytes = value.length / 2
    room(4 + bytes)
    slab.writeInt32BE(bytes, end)
    if (slab.write(value, end + 4, 'hex') !== bytes) throw new Error('that is not hexadecimal')
    end += 4 + bytes
  }
  return finish()
}

/** The value of each hexadecimal digit by its character code; 16: it is none. */
const digits = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(digit) ? 16 : digit
})
const hyphen = 45

/** Digit by digit: taking the hyphens out first and a call for the rest cost three times as much. */
export function uuidArray(values: readonly (string | null)[]): Buffer {
  begin('uuid', values.length)
  for (const value of values) {
    if (value === null) {
      writeNull()
      continue
    }
    room(20)
    slab.writeInt32BE(16, end)
    end += 4
    const last = end + 16
    for (let at = 0; at < value.length; at += 2) {
      if (value.charCodeAt(at) === hyphen) at++
      const high = digits[value.charCodeAt(at)] ?? 16
      const low = digits[value.charCodeAt(at + 1)] ?? 16
      if (high > 15 || low > 15 || end === last) throw new Error('that is not a uuid')
      slab[end++] = (high << 4) | low
    }
    if (end !== last) throw new Error('that is not a uuid')
  }
  return finish()
}

const epoch2000Ms = 946_684_800_000

export function timeArray(values: readonly (Date | null)[]): Buffer {
  begin('timestamptz', values.length)
  for (const value of values) {
    if (value === null) {
      writeNull()
      continue
    }
    room(12)
    slab.writeInt32BE(8, end)
    writeInt64((value.getTime() - epoch2000Ms) * 1000)
    end += 12
  }
  return finish()
}

/** A whole number within 2^53, as eight bytes behind the length that was just written. */
function writeInt64(value: number): void {
  if (!Number.isSafeInteger(value)) throw new Error('a number or time is out of range')
  slab.writeInt32BE(Math.floor(value / 4_294_967_296), end + 4)
  slab.writeUInt32BE(((value % 4_294_967_296) + 4_294_967_296) % 4_294_967_296, end + 8)
}

const widths = { float8: 8, int8: 8, int4: 4, int2: 2 } as const

export function numberArray(type: keyof typeof widths, values: readonly (number | null)[]): Buffer {
  const width = widths[type]
  begin(type, values.length)
  for (const value of values) {
    if (value === null) {
      writeNull()
      continue
    }
    room(4 + width)
    slab.writeInt32BE(width, end)
    if (type === 'float8') slab.writeDoubleBE(value, end + 4)
    else if (type === 'int8') writeInt64(value)
    else if (type === 'int4') slab.writeInt32BE(value, end + 4)
    else slab.writeInt16BE(value, end + 4)
    end += 4 + width
  }
  return finish()
}

export function boolArray(values: readonly (boolean | null)[]): Buffer {
  begin('bool', values.length)
  for (const value of values) {
    if (value === null) {
      writeNull()
      continue
    }
    room(5)
    slab.writeInt32BE(1, end)
    slab[end + 4] = value ? 1 : 0
    end += 5
  }
  return finish()
}
