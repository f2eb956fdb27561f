import { join } from 'node:path'

/** What lies where inside the folder that is ours. */
export const layout = (place: string) => ({
  place,
  pgdata: join(place, 'pgdata'),
  lock: join(place, 'surety.lock'),
  log: join(place, 'server.log'),
  sockets: join(place, 'run'),
  boot: join(place, 'unsynced-since-boot'),
})

export type Layout = ReturnType<typeof layout>

/** Where a service that has started says how its database is reached; it stays when the service ends. */
export const addressFile = (dataDir: string): string => join(dataDir, 'database.json')

/** Names that may be in a data folder that counts as ours alone; anything else means it is also somebody else's. */
export const isOurName = (name: string): boolean =>
  /^(pgdata.*|surety\.lock.*|server\.log.*|run|unsynced-since-boot)$/.test(name)

export const PORT = 5432
