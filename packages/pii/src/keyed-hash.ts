import { hash, type KeyObject } from 'node:crypto'

/** HMAC-SHA-256 of a text under one key, as hexadecimal text. */
export type KeyedHash = (text: string) => string

const blockBytes = 64
const digestBytes = 32
/** Room for the text beside each key; a longer one gets its own. */
const roomBytes = 1024

/**
 * The same bytes as `createHmac('sha256', key)` (RFC 2104). The two blocks of the key are laid out once, each with room for what
 * is hashed behind it: making an Hmac object for every text costs ten times the hashing itself, and a case needs eight. No text
 * stays in its room.
 */
export function keyedHash(key: KeyObject): KeyedHash {
  const exported = key.export()
  const short = exported.length > blockBytes ? hash('sha256', exported, 'buffer') : exported
  const inner = Buffer.alloc(blockBytes + roomBytes)
  const outer = Buffer.alloc(blockBytes + digestBytes)
  for (let at = 0; at < blockBytes; at++) {
    inner[at] = 0x36 ^ (short[at] ?? 0)
    outer[at] = 0x5c ^ (short[at] ?? 0)
  }
  return text => {
    const most = text.length * 3
    const room = most <= roomBytes ? inner : Buffer.concat([inner.subarray(0, blockBytes)], blockBytes + most)
    const end = blockBytes + room.write(text, blockBytes, 'utf8')
    // As text of one character a byte, because a Buffer for each digest costs more than the hash.
    outer.write(hash('sha256', room.subarray(0, end), 'binary'), blockBytes, 'binary')
    room.fill(0, blockBytes, end)
    return hash('sha256', outer, 'hex')
  }
}
