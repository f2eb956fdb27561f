import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** Of the bytes of the file and of everything that changes what comes out: the same one may go on, another starts anew. */
export async function fingerprintOf(file: string, options: { readonly [name: string]: unknown }): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(options))
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex').slice(0, 32)
}
