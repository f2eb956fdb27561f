import pg from 'pg'

/**
 * A connection of its own, outside of the pool; not connected yet. That it was lost is told by the statement that runs on it: an
 * `error` event that nobody hears would end the process without a word. Whoever opened it ends it.
 */
export function ownClient(config: pg.ClientConfig): pg.Client {
  const client = new pg.Client(config)
  client.on('error', () => undefined)
  return client
}
