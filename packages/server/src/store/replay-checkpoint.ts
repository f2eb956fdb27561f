import type { Db } from './db.ts'

/** A replay's own database remembers how far it got: beside the rows it speaks of, so that both are there or neither. */
export async function readReplayCheckpoint(db: Db): Promise<string | null> {
  await db.query(
    'create table if not exists replay_checkpoint (one boolean primary key check (one), state text not null)',
  )
  const { rows } = await db.query<{ state: string }>('select state from replay_checkpoint')
  return rows[0]?.state ?? null
}

export async function writeReplayCheckpoint(db: Db, state: string): Promise<void> {
  await db.query({
    name: 'replay_checkpoint',
    text: `insert into replay_checkpoint values (true, $1) on conflict (one) do update set state = excluded.state`,
    values: [state],
  })
}

/** Something was recorded here already. */
export async function holdsDecisions(db: Db): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>('select exists (select from event_keys) as there')
  return rows[0]?.there === true
}
