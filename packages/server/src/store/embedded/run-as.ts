import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EmbeddedError } from './embedded-error.ts'
import type { Machine } from './machine.ts'

/** The user the server runs as. `switched` when that is not the user Surety runs as. */
export interface RunAs {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly switched: boolean
}

/**
 * PostgreSQL refuses to run as root, and refuses a uid without a passwd entry. Root's choice: the owner of data that
 * is already there, else `postgres`, else `nobody`.
 */
export async function chooseRunAs(machine: Machine, ownerOfData: number | undefined): Promise<RunAs> {
  const accounts = await readAccounts(machine.passwdFile)
  if (machine.uid !== 0) {
    const own = accounts.find(account => account.uid === machine.uid)
    if (own === undefined && machine.platform === 'linux') throw new EmbeddedError('no_such_user', noEntry(machine.uid))
    return { name: own?.name ?? String(machine.uid), uid: machine.uid, gid: machine.gid, switched: false }
  }
  const chosen =
    accounts.find(account => account.uid === ownerOfData && account.uid !== 0) ??
    accounts.find(account => account.name === 'postgres') ??
    accounts.find(account => account.name === 'nobody')
  if (chosen === undefined) throw new EmbeddedError('no_such_user', NOBODY)
  return { ...chosen, switched: true }
}

const NOBODY =
  'PostgreSQL does not run as root and this machine has neither a user postgres nor nobody: start Surety as an ordinary user or set DATABASE_URL.'
const noEntry = (uid: number) =>
  `PostgreSQL needs a user name and user id ${uid} has none in /etc/passwd: start Surety as a named user or set DATABASE_URL.`

interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

async function readAccounts(passwdFile: string): Promise<readonly Account[]> {
  const text = await readFile(passwdFile, 'utf8').catch(() => '')
  return text.split('\n').flatMap(line => {
    const [name, , uid, gid] = line.split(':')
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : []
  })
}

/** Whether that user may walk down to the folder: every folder on the way, itself included, lets it through. */
export async function reachable(path: string, user: RunAs): Promise<boolean> {
  if (!user.switched) return true
  const real = await realpath(path)
  for (let folder = real; ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder)
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
