import { createHash } from 'node:crypto'
import { chmod, chown, lstat, mkdir, readdir, realpath, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { EmbeddedError, reasonOf } from './embedded-error.ts'
import { isOurName } from './layout.ts'
import { notWritable } from './lock.ts'
import type { Machine } from './machine.ts'
import { chooseRunAs, type RunAs, reachable } from './run-as.ts'
import { openStateRoot } from './state-root.ts'

/** Where the data really is, and whose it is. */
export interface Place {
  readonly asked: string
  readonly folder: string
  readonly user: RunAs
}

/** Left in the asked folder so that the data stay where they are even if the folder becomes reachable later. */
const SIGNPOST = 'DATA-ELSEWHERE.txt'

export async function choosePlace(machine: Machine, dataDir: string): Promise<Place> {
  const asked = resolve(dataDir)
  const user = await chooseRunAs(machine, await ownerOf(join(asked, 'pgdata')))
  try {
    await mkdir(asked, { recursive: true, mode: user.switched ? 0o755 : 0o700 })
    const real = await realpath(asked)
    if (await exists(join(real, SIGNPOST))) return await elsewhere(machine, asked, real, user)
    if (!user.switched) return { asked, folder: await own(real, user), user }
    if (!(await reachable(dirname(real), user))) return await elsewhere(machine, asked, real, user)
    if (await isOursAlone(real, user)) return { asked, folder: await own(real, user), user }
    if (!(await reachable(real, user))) return await elsewhere(machine, asked, real, user)
    return { asked, folder: await makeOwn(join(real, 'postgresql'), user), user }
  } catch (error) {
    if (error instanceof EmbeddedError) throw error
    throw new EmbeddedError('not_writable', notWritable(asked, reasonOf(error)), error)
  }
}

/** The same asked path always maps to the same folder; the readable part is for people, the hash decides. */
async function elsewhere(machine: Machine, asked: string, real: string, user: RunAs): Promise<Place> {
  if (machine.uid !== 0) {
    throw new EmbeddedError(
      'not_yours',
      `The data of ${asked} were made by root and lie elsewhere (${join(real, SIGNPOST)} says where): start Surety as root, choose another folder, or set DATABASE_URL.`,
    )
  }
  const name = basename(real)
    .replace(/[^A-Za-z0-9-]/g, '')
    .slice(0, 20)
  const hash = createHash('sha256').update(real).digest('hex').slice(0, 16)
  const folder = join(await openStateRoot(machine), `${name}-${hash}`)
  await makeOwn(folder, user)
  const text = `The data of this folder are in ${folder}, because user ${user.name}, who runs PostgreSQL for root, cannot reach this one.\n`
  if (!(await exists(join(real, SIGNPOST)))) await writeFile(join(real, SIGNPOST), text, { flag: 'wx' })
  return { asked, folder, user }
}

export async function makeOwn(folder: string, user: RunAs): Promise<string> {
  await mkdir(folder, { mode: 0o700 }).catch(error => {
    if (error.code !== 'EEXIST') throw error
  })
  return own(folder, user)
}

/** PostgreSQL insists on owner and mode; a folder of a third user is refused rather than taken over. */
export async function own(folder: string, user: RunAs): Promise<string> {
  const found = await lstat(folder)
  if (!found.isDirectory() || (found.uid !== user.uid && !(user.switched && found.uid === 0))) {
    throw new EmbeddedError(
      'not_yours',
      `The folder ${folder} belongs to user id ${found.uid}, not to ${user.name}: choose another data folder or set DATABASE_URL.`,
    )
  }
  if (found.uid !== user.uid) await chown(folder, user.uid, user.gid)
  if ((found.mode & 0o777) !== 0o700) await chmod(folder, 0o700)
  return folder
}

async function isOursAlone(folder: string, user: RunAs): Promise<boolean> {
  const { uid } = await lstat(folder)
  return (uid === user.uid || uid === 0) && (await readdir(folder)).every(isOurName)
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
const ownerOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    found => found.uid,
    () => undefined,
  )
