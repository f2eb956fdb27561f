import { hash, type KeyObject } from 'node:crypto'

/** HMAC-SHA-256 of a text under one key, as hexadecimal text. */
export type KeyedHash = (text: string) => string

const blockBytes = 64
const digestBytes = 32
// What is hashed is laid out here: first the key's block, then the text. One room for all keys; the text does not stay in it.
let room = Buffer.alloc(16 * 1024)
const outerRoom = Buffer.alloc(blockBytes + digestBytes)

/**
 * The same bytes as `createHmac('sha256', key)` (RFC 2104). The two blocks of the key are made once: making an Hmac object
 * for every text costs three times the hashing itself, and a case needs eight.
 */
export function keyedHash(key: KeyObject): KeyedHash {
  const exported = key.export()
  const short = exported.length > blockBytes ? hash('sha256', exported, 'buffer') : exported
  const inner = Buffer.alloc(blockBytes, 0x36)
  const outer = Buffer.alloc(blockBytes, 0x5c)
  for (let at = 0; at < short.length; at++) {
    inner[at]! ^= short[at]!
    outer[at]! ^= short[at]!
  }
  return text => {
    const most = blockBytes + text.length * 3
    if (most > room.length) room = Buffer.alloc(Math.max(room.length * 2, most))
    room.set(inner)
    const bytes = room.write(text, blockBytes, 'utf8')
    outerRoom.set(outer)
    outerRoom.write(hash('sha256', room.subarray(0, blockBytes + bytes), 'hex'), blockBytes, 'hex')
    room.fill(0, 0, blockBytes + bytes)
    return hash('sha256', outerRoom, 'hex')
  }
}
