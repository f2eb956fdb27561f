import { createHash } from 'node:crypto'
import { chmod, chown, lstat, mkdir, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { EmbeddedError, reasonOf } from './embedded-error.ts'
import { isOurName } from './layout.ts'
import { notWritable } from './lock.ts'
import type { Machine } from './machine.ts'
import { chooseRunAs, type RunAs, reachable } from './run-as.ts'
import { openStateRoot } from './state-root.ts'

/** Where the data really are, and whose they are. */
export interface Place {
  readonly asked: string
  readonly folder: string
  readonly user: RunAs
  /** Said at start when the data are not in the folder asked for. */
  readonly note: string | undefined
}

/** Left in the asked folder, so that the data stay where they are even when the folder becomes reachable later. */
const SIGNPOST = 'DATA-ELSEWHERE.txt'
/** Below a folder that also holds other things, the data get a folder of their own. */
const BELOW = 'postgresql'

export async function choosePlace(machine: Machine, dataDir: string): Promise<Place> {
  const asked = resolve(dataDir)
  try {
    await mkdir(asked, { recursive: true, mode: machine.uid === 0 ? 0o755 : 0o700 })
    return await placeFor(machine, asked, await realpath(asked))
  } catch (error) {
    if (error instanceof EmbeddedError) throw error
    throw new EmbeddedError('not_writable', notWritable(asked, reasonOf(error)), error)
  }
}

async function placeFor(machine: Machine, asked: string, real: string): Promise<Place> {
  for (const folder of [real, join(real, BELOW)]) {
    const owner = await ownerOf(join(folder, 'pgdata'))
    if (owner === undefined) continue
    // Data that are there stay there, whoever starts them and whatever else came to lie beside them.
    const user = await chooseRunAs(machine, owner)
    if (!(await reachable(dirname(folder), user))) throw new EmbeddedError('not_yours', cutOff(folder, user.name))
    return { asked, folder: await own(folder, user), user, note: undefined }
  }
  const user = await chooseRunAs(machine, undefined)
  if (await exists(join(real, SIGNPOST))) return elsewhere(machine, asked, real, user)
  const alone = await isOursAlone(real, user)
  if (!(await reachable(alone ? dirname(real) : real, user))) return elsewhere(machine, asked, real, user)
  const folder = alone ? await own(real, user) : await makeOwn(join(real, BELOW), user)
  return { asked, folder, user, note: undefined }
}

const cutOff = (folder: string, name: string): string =>
  `The data in ${folder} can no longer be reached by user ${name}, who runs PostgreSQL: open the folders above it for that user (chmod o+x) or set DATABASE_URL.`

/** The same asked path always maps to the same folder; the readable part is for people, the hash decides. */
async function elsewhere(machine: Machine, asked: string, real: string, user: RunAs): Promise<Place> {
  const signpost = join(real, SIGNPOST)
  if (machine.uid !== 0) throw new EmbeddedError('not_yours', madeByRoot(asked, signpost))
  const folder = await makeOwn(join(await openStateRoot(machine), mappedName(real)), user)
  const note = `The data of ${asked} are in ${folder}, because user ${user.name}, who runs PostgreSQL for root, cannot reach that folder.`
  await putUp(signpost, `${note}\n`)
  return { asked, folder, user, note }
}

/** Written anew where the data came with a copy of the folder. */
async function putUp(signpost: string, text: string): Promise<void> {
  if ((await readFile(signpost, 'utf8').catch(() => null)) === text) return
  await rm(signpost, { force: true })
  await writeFile(signpost, text, { flag: 'wx' })
}

export const signpostOf = (dataDir: string): string => join(dataDir, SIGNPOST)

/** Where data that are elsewhere are looked for. */
export const expectedPlace = async (machine: Machine, dataDir: string): Promise<string> =>
  join(machine.stateRoots[0]!, mappedName(await realpath(resolve(dataDir))))

const mappedName = (real: string): string => {
  const readable = basename(real).replace(/[^A-Za-z0-9-]/g, '')
  return `${readable.slice(0, 20)}-${createHash('sha256').update(real).digest('hex').slice(0, 16)}`
}

/** The folder the data are in by now, for looking only; undefined before the first start. */
export async function existingPlace(machine: Machine, dataDir: string): Promise<string | undefined> {
  const real = await realpath(resolve(dataDir)).catch(() => resolve(dataDir))
  const mapped = (await exists(join(real, SIGNPOST)))
    ? machine.stateRoots.map(root => join(root, mappedName(real)))
    : []
  for (const folder of [real, join(real, BELOW), ...mapped]) {
    if (await exists(join(folder, 'pgdata'))) return folder
  }
  return undefined
}

/** Whether there is nothing in the folder, nor a word of data elsewhere; a folder that may not be looked into is not nothing. */
export async function neverStarted(machine: Machine, dataDir: string): Promise<boolean> {
  if ((await existingPlace(machine, dataDir)) !== undefined) return false
  const names = await readdir(resolve(dataDir)).catch(error => (error.code === 'ENOENT' ? [] : [SIGNPOST]))
  return !names.includes(SIGNPOST) && !names.includes(BELOW)
}

const madeByRoot = (asked: string, signpost: string): string =>
  `The data of ${asked} were made by root and lie elsewhere (${signpost} says where): start Surety as root, choose another data folder, or set DATABASE_URL.`

export async function makeOwn(folder: string, user: RunAs): Promise<string> {
  await mkdir(folder, { mode: 0o700 }).catch(error => {
    if (error.code !== 'EEXIST') throw error
  })
  return own(folder, user)
}

/** PostgreSQL insists on owner and mode; the folder of a third user is refused, never taken over. */
async function own(folder: string, user: RunAs): Promise<string> {
  const found = await lstat(folder)
  if (!found.isDirectory() || (found.uid !== user.uid && !(user.switched && found.uid === 0))) {
    throw new EmbeddedError(
      'not_yours',
      `The folder ${folder} belongs to user id ${found.uid}, not to ${user.name}: choose another data folder or set DATABASE_URL.`,
    )
  }
  if (found.uid !== user.uid) await chown(folder, user.uid, user.gid)
  if ((found.mode & 0o777) !== 0o700) await chmod(folder, 0o700)
  return realpath(folder)
}

async function isOursAlone(folder: string, user: RunAs): Promise<boolean> {
  const { uid } = await lstat(folder)
  return (uid === user.uid || (user.switched && uid === 0)) && (await readdir(folder)).every(isOurName)
}

const exists = async (path: string): Promise<boolean> => (await ownerOf(path)) !== undefined
const ownerOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    found => found.uid,
    () => undefined,
  )
