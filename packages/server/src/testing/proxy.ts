import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { DbAddress } from '../store/db.ts'

/** A way to a real server that can be frozen: connections are taken and stand, and nothing passes. */
export interface Proxy extends AsyncDisposable {
  readonly address: DbAddress
  /** New connections, too. */
  freeze(): void
  thaw(): void
  /** Those that there are stand still for ever; new ones pass. */
  forget(): void
}

interface Way {
  readonly here: Socket
  readonly there: Socket
}

export async function openProxy(to: DbAddress): Promise<Proxy> {
  const url = to.url === undefined ? null : new URL(to.url)
  const { host = '', port = 5432 } = url === null ? to : { host: url.hostname, port: Number(url.port || 5432) }
  const ways = new Set<Way>()
  const all = new Set<Socket>()
  let frozen = false
  const open = ({ here, there }: Way): void => {
    here.pipe(there)
    there.pipe(here)
  }
  const shut = ({ here, there }: Way): void => {
    here.unpipe().pause()
    there.unpipe().pause()
  }
  const server = createServer(here => {
    const there = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
    const way = { here, there }
    for (const one of [here, there]) {
      all.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        ways.delete(way)
        all.delete(one)
      })
    }
    here.once('close', () => there.destroy())
    there.once('close', () => here.destroy())
    ways.add(way)
    if (!frozen) open(way)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const place = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  if (url !== null) Object.assign(url, { hostname: place.host, port: String(place.port) })
  return {
    address: url === null ? { ...to, ...place } : { url: url.href },
    freeze() {
      frozen = true
      ways.forEach(shut)
    },
    thaw() {
      frozen = false
      ways.forEach(open)
    },
    forget() {
      ways.forEach(shut)
      ways.clear()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of all) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
