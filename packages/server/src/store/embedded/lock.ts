import { randomBytes } from 'node:crypto'
import { readFileSync, unlinkSync } from 'node:fs'
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { EmbeddedError, reasonOf } from './embedded-error.ts'
import { pidSpace, startMark, until } from './process-state.ts'

interface Holder {
  readonly pid: number
  readonly started: string
  readonly space: string
}

const HEARTBEAT_MS = 2000

/** One Surety for each data folder. Held by a file that names its holder; released by calling the result. */
export async function takeLock(path: string, shownFolder: string): Promise<() => void> {
  const mine: Holder = { pid: process.pid, started: (await startMark(process.pid)) ?? '', space: await pidSpace() }
  const text = JSON.stringify({ ...mine, nonce: randomBytes(6).toString('hex') })
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(draft, text, { flag: 'wx', mode: 0o644 })
    // link() shows the file whole or not at all, and fails when there is one: no reader sees half a lock.
    while (!(await tryLink(draft, path))) await removeStale(path, shownFolder)
  } catch (error) {
    if (error instanceof EmbeddedError) throw error
    throw new EmbeddedError('not_writable', notWritable(shownFolder, reasonOf(error)), error)
  } finally {
    await rm(draft, { force: true })
  }
  const heart = setInterval(() => void beat(path), HEARTBEAT_MS).unref()
  return () => {
    clearInterval(heart)
    release(path, text)
  }
}

export const notWritable = (folder: string, reason: string): string =>
  `The data folder ${folder} cannot be written (${reason}): choose a folder that this user may write to, or set DATABASE_URL.`

/** Who holds the folder now; undefined when nobody living does. */
export async function lockHolder(path: string): Promise<{ pid: number } | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text !== '' && (await isHeld(path, text)) ? { pid: parse(text).pid } : undefined
}

async function tryLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function removeStale(path: string, shownFolder: string): Promise<void> {
  const seen = await readFile(path, 'utf8').catch(() => '')
  if (seen === '') return
  if (await isHeld(path, seen)) throw inUse(shownFolder, parse(seen).pid)
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  await rename(path, aside).catch(() => undefined)
  const moved = await readFile(aside, 'utf8').catch(() => seen)
  // Another start may have replaced the stale lock between our look and our move: then it is theirs, give it back.
  if (moved !== seen) await tryLink(aside, path)
  await rm(aside, { force: true })
}

export const inUse = (folder: string, pid: number): EmbeddedError =>
  new EmbeddedError(
    'in_use',
    `The data folder ${folder} is in use by another Surety (process ${pid}): stop that one, choose another folder, or set DATABASE_URL.`,
  )

async function isHeld(path: string, text: string): Promise<boolean> {
  const holder = parse(text)
  if (holder.space === (await pidSpace())) return (await startMark(holder.pid)) === holder.started
  // From before a reboot, or from another container on the same volume, the pid says nothing: only a beating heart does.
  const seen = await modified(path)
  if (Date.now() - seen > 30 * HEARTBEAT_MS) return false
  return until(async () => (await modified(path)) !== seen, 3 * HEARTBEAT_MS)
}

const modified = (path: string): Promise<number> =>
  stat(path).then(
    found => found.mtimeMs,
    () => 0,
  )

const beat = (path: string): Promise<void> => utimes(path, new Date(), new Date()).catch(() => undefined)

function parse(text: string): Holder {
  try {
    return JSON.parse(text)
  } catch {
    return { pid: 0, started: 'unreadable', space: '' }
  }
}

function release(path: string, text: string): void {
  try {
    if (readFileSync(path, 'utf8') === text) unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
