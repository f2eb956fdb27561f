import { access, constants, lstat, stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { glibcVersion } from './binaries.ts'
import { dataVersion } from './data-folder.ts'
import { reasonOf } from './embedded-error.ts'
import { layout } from './layout.ts'
import { readLinks } from './links.ts'
import { lockHolder } from './lock.ts'
import { type Machine, packageName, thisMachine } from './machine.ts'
import { missingData } from './missing-data.ts'
import { existingPlace } from './place.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { isAlive } from './process-state.ts'
import { chooseRunAs, reachable } from './run-as.ts'
import { runProgram } from './run-program.ts'
import { socketPathFits } from './sockets.ts'

export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly sentence: string
}

/** Looks for what keeps the embedded PostgreSQL from starting, in plain words; changes and starts nothing. */
export const embeddedDoctor = (dataDir: string): Promise<readonly Check[]> => examine(thisMachine(), dataDir)

export async function examine(machine: Machine, dataDir: string): Promise<readonly Check[]> {
  const found = await existingPlace(machine, dataDir)
  const place = found ?? resolve(dataDir)
  return Promise.all(
    [
      named('package', () => checkPackage(machine)),
      named('C library', () => checkGlibc(machine)),
      named('library links', () => checkLinks(machine)),
      named('user', () => checkUser(machine)),
      named('programs', () => checkPrograms(machine)),
      named('data folder', () => checkFolder(machine, dataDir, found)),
      named('data version', () => checkVersion(machine, place)),
      named('lock', () => checkLock(place)),
      named('server', () => checkServer(place)),
      named('socket path', () => checkSocket(machine, place)),
      named('disk space', () => checkSpace(place)),
    ].map(check => check()),
  )
}

type Finding = readonly [ok: boolean, sentence: string]

/** A check that itself fails is a finding too. */
const named = (name: string, check: () => Promise<Finding>) => async (): Promise<Check> => {
  const [ok, sentence] = await check().catch((error): Finding => [false, `Could not be checked: ${reasonOf(error)}.`])
  return { name, ok, sentence }
}

async function checkPackage({ packageRoot, platform, arch }: Machine): Promise<Finding> {
  return packageRoot === undefined
    ? [
        false,
        `The npm package ${packageName(platform, arch)} is not installed: set DATABASE_URL, or run npm ci without --omit=optional.`,
      ]
    : [true, `The programs come from ${packageRoot}.`]
}

async function checkGlibc({ platform }: Machine): Promise<Finding> {
  if (platform !== 'linux') return [true, 'Only asked for on Linux.']
  const version = glibcVersion()
  if (version === undefined) return [false, 'This system has no glibc (Alpine?): set DATABASE_URL.']
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const enough = major > 2 || (major === 2 && minor >= 27)
  return [enough, enough ? `glibc ${version} is new enough.` : `glibc ${version} is older than 2.27: set DATABASE_URL.`]
}

async function checkLinks({ packageRoot }: Machine): Promise<Finding> {
  if (packageRoot === undefined) return [false, 'There is no package to look at.']
  const links = await readLinks(packageRoot)
  const there = await Promise.all(
    links.map(link =>
      lstat(join(packageRoot, link.target)).then(
        () => true,
        () => false,
      ),
    ),
  )
  const missing = there.filter(each => !each).length
  if (missing === 0) return [true, `All ${links.length} library links are there.`]
  const writable = await access(packageRoot, constants.W_OK).then(
    () => true,
    () => false,
  )
  const next = writable
    ? 'they are made on the next start'
    : 'the next start works on a copy, as the package is read-only'
  return [true, `${missing} of ${links.length} library links are missing; ${next}.`]
}

async function checkUser(machine: Machine): Promise<Finding> {
  const user = await chooseRunAs(machine, undefined)
  return [true, `PostgreSQL runs as user ${user.name}${user.switched ? ', because it refuses to run as root' : ''}.`]
}

async function checkPrograms(machine: Machine): Promise<Finding> {
  if (machine.packageRoot === undefined) return [false, 'There are no programs to run.']
  const user = await chooseRunAs(machine, undefined)
  const { ok, output } = await runProgram(user, join(machine.packageRoot, 'native/bin/postgres'), ['--version'])
  if (ok) return [true, `${output.trim()} runs as user ${user.name}.`]
  const closed = !(await reachable(machine.packageRoot, user))
  const why = closed ? `user ${user.name} cannot reach the package` : reasonOf(output)
  return [
    closed,
    `The programs do not run where they are (${why}); the next start copies them to ${machine.stateRoots[0]}.`,
  ]
}

async function checkFolder(machine: Machine, dataDir: string, found: string | undefined): Promise<Finding> {
  const missing = await missingData(machine, dataDir)
  if (missing !== null) return [false, missing]
  const place = found ?? resolve(dataDir)
  if (found === undefined) {
    const parent = await nearest(place)
    const writable = await access(parent, constants.W_OK).then(
      () => true,
      () => false,
    )
    return writable
      ? [true, `There are no data in ${place} yet; the first start makes them.`]
      : [false, `${parent} cannot be written: choose another data folder or set DATABASE_URL.`]
  }
  const { uid, mode } = await stat(join(place, 'pgdata'))
  const user = await chooseRunAs(machine, uid)
  if (uid !== user.uid)
    return [false, `${place} belongs to user id ${uid} and Surety runs as ${user.name}: start it as the owner.`]
  if ((mode & 0o077) !== 0)
    return [false, `Others may read ${place}/pgdata: chmod 0700 it, PostgreSQL refuses it like this.`]
  return [true, `The data are in ${place} and belong to ${user.name} alone.`]
}

async function checkVersion(machine: Machine, place: string): Promise<Finding> {
  const found = await dataVersion(layout(place).pgdata)
  if (found === undefined) return [true, 'There are no data yet.']
  if (machine.packageRoot === undefined) return [false, `The data were made by PostgreSQL ${found}.`]
  const user = await chooseRunAs(machine, undefined)
  const { output } = await runProgram(user, join(machine.packageRoot, 'native/bin/postgres'), ['--version'])
  const ours = /\) (\d+)/.exec(output)?.[1] ?? found
  return [
    ours === found,
    `The data were made by PostgreSQL ${found}, the programs are ${ours}${ours === found ? '.' : ': dump and load, or set DATABASE_URL.'}`,
  ]
}

async function checkLock(place: string): Promise<Finding> {
  const holder = await lockHolder(layout(place).lock)
  return holder === undefined
    ? [true, 'No Surety holds the data folder.']
    : [true, `The data folder is held by a running Surety (process ${holder.pid}); a second one on it is refused.`]
}

async function checkServer(place: string): Promise<Finding> {
  const file = await readPostmasterFile(layout(place).pgdata)
  const holder = await lockHolder(layout(place).lock)
  if (file !== undefined && (await isAlive(file.pid)))
    return [true, `The server runs as process ${file.pid}, its socket is in ${file.sockets}.`]
  if (holder !== undefined)
    return [
      false,
      `Surety runs (process ${holder.pid}) and its PostgreSQL does not${file === undefined ? '' : ` (process ${file.pid} was killed)`}: it starts it again by itself within seconds, or ends. If this stays so restart Surety; ${layout(place).log} says why PostgreSQL ends.`,
    ]
  return file === undefined
    ? [true, 'No server is running.']
    : [true, `The last server (process ${file.pid}) was killed; the next start cleans up and recovers.`]
}

async function checkSocket(machine: Machine, place: string): Promise<Finding> {
  const { sockets } = layout(place)
  if (socketPathFits(sockets)) return [true, `The socket fits beside the data, in ${sockets}.`]
  return [
    socketPathFits(join(machine.tempDir, 'surety-xxxxxx')),
    `The data path is too long for a socket, so that goes below ${machine.tempDir}.`,
  ]
}

async function checkSpace(place: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearest(place))
  const freeMb = Math.floor((bavail * bsize) / 1e6)
  return [freeMb >= 1000, `${freeMb} MB are free${freeMb >= 1000 ? '.' : '; PostgreSQL wants 1000: make room.'}`]
}

/** The folder itself, or the nearest one above it that exists. */
async function nearest(folder: string): Promise<string> {
  const there = await stat(folder).then(
    () => true,
    () => false,
  )
  return there || folder === dirname(folder) ? folder : nearest(dirname(folder))
}
