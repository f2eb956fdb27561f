import { setTimeout as wait } from 'node:timers/promises'
import type { Superuser } from '../superuser.ts'

/** The write-ahead log of the server, read as bytes while it is written: a busy server writes its files anew soon. */
export interface WrittenLog {
  begin(): Promise<void>
  /** Reads the files that are full since the last time. */
  follow(): Promise<void>
  /** Reads the rest. @returns false: a file was gone before it was read */
  end(): Promise<boolean>
}

/** @param look is shown each file, a character a byte */
export function openWrittenLog(superuser: Superuser, look: (bytes: string) => void): WrittenLog {
  let next = ''
  let whole = true
  const fileNow = async (): Promise<string> => {
    const [row] = await superuser.query<{ file: string }>('select pg_walfile_name(pg_current_wal_insert_lsn()) as file')
    return row!.file
  }
  const read = async (file: string): Promise<void> => {
    const [row] = await superuser.query<{ bytes: Buffer | null }>(
      `select pg_read_binary_file('pg_wal/${file}', 0, 16777216, true) as bytes`,
    )
    if (row?.bytes == null) whole = false
    else look(row.bytes.toString('latin1'))
  }
  const until = async (last: string): Promise<void> => {
    for (; next < last; next = after(next)) await read(next)
  }
  return {
    async begin() {
      next = await fileNow()
    },
    async follow() {
      await until(await fileNow())
    },
    async end() {
      // A commit that waits for the disk: what was written before it, whether or not it waited, is in the files.
      await superuser.query('create table flushed as select 1 as one')
      await wait(300)
      const last = await fileNow()
      await until(last)
      await read(last)
      return whole
    },
  }
}

/** Files of 16 MB: 256 of them to a number, each of eight digits. */
function after(file: string): string {
  const number = Number.parseInt(file.slice(8, 16), 16) * 256 + Number.parseInt(file.slice(16), 16) + 1
  const eight = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0')
  return `${file.slice(0, 8)}${eight(Math.floor(number / 256))}${eight(number % 256)}`
}
