import type { Database, Tx } from './db.ts'

/** Tells every process that listens to the channel, once the transaction commits. */
export async function tell(db: Tx, channel: string, payload: string): Promise<void> {
  await db.query({ name: 'tell', text: 'select pg_notify($1, $2)', values: [channel, payload] })
}

type Connection = Awaited<ReturnType<Database['connect']>>

/** Everything that is committed from now on is heard on this connection. */
export async function listenTo(connection: Connection, channels: readonly string[]): Promise<void> {
  if (channels.length > 0)
    await connection.query([...new Set(channels)].map(channel => `listen "${channel}"`).join('; '))
}
