import { once } from 'node:events'
import { createServer, connect as dial, type Socket } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import type { DbAddress } from '../../packages/server/src/store/db.ts'

/** What a process that dies leaves behind: a request that was never sent, or one whose answer nobody heard. */
export type Cut = 'before' | 'after'

/** Everything that one process says to its database goes through here, so that it can die at any word of it. */
export interface Wire extends AsyncDisposable {
  /** As DATABASE_URL. */
  readonly url: string
  /** Words said since it was armed. */
  said(): number
  /** From now on words are counted; at the `word`-th the process is dead: nothing it says is heard any more. */
  arm(word: number, how: Cut): void
  /** Resolves when it is dead. */
  readonly dead: Promise<void>
  isDead(): boolean
}

export async function openWire(address: DbAddress): Promise<Wire> {
  const to = addressOf(address)
  const pairs = new Set<readonly [Socket, Socket]>()
  const died = Promise.withResolvers<void>()
  let said = 0
  let at = Infinity
  let how: Cut = 'before'
  let isDead = false
  let dying: readonly [Socket, Socket] | null = null
  const server = createServer(near => {
    const far = dial(to.socket)
    const pair = [near, far] as const
    pairs.add(pair)
    const end = (): void => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    near.on('data', word => {
      said++
      if (said === at) {
        if (how === 'before') return die()
        // Heard and done; whoever asked is dead before the answer comes.
        dying = pair
      }
      far.write(word)
    })
    far.on('data', word => {
      if (dying === pair) die()
      else near.write(word)
    })
    for (const socket of pair) {
      socket.on('error', end)
      socket.on('close', end)
      socket.setNoDelay(true)
    }
  })
  function die(): void {
    isDead = true
    at = Infinity
    server.close()
    for (const [near, far] of pairs) {
      near.destroy()
      far.destroy()
    }
    died.resolve()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const place = server.address()
  if (place === null || typeof place === 'string') throw new Error('the wire has no port')
  return {
    url: `postgres://${to.user}@127.0.0.1:${place.port}/${to.database}`,
    said: () => said,
    arm(word, kind) {
      said = 0
      dying = null
      at = word
      how = kind
    },
    dead: died.promise,
    isDead: () => isDead,
    async [Symbol.asyncDispose]() {
      die()
    },
  }
}

function addressOf(address: DbAddress) {
  const { user, database, host, port } =
    address.url === undefined ? new pg.Client(address) : new pg.Client({ connectionString: address.url })
  const socket = host.startsWith('/') ? { path: join(host, `.s.PGSQL.${port}`) } : { host, port }
  return { user: user ?? 'postgres', database: database ?? '', socket }
}
