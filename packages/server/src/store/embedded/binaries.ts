import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedError, reasonOf } from './embedded-error.ts'
import { makeLinks } from './links.ts'
import { type Machine, packageName } from './machine.ts'
import type { RunAs } from './run-as.ts'
import { runProgram } from './run-program.ts'
import { isSafelyOurs, openStateRoot } from './state-root.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** "18.4" */
  readonly version: string
  /** "18", as it stands in a data folder's PG_VERSION */
  readonly major: string
  readonly copiedTo: string | undefined
}

/** Finds binaries that really run as that user: those of the package, else a copy of them outside the clone. */
export async function locateBinaries(machine: Machine, user: RunAs): Promise<Binaries> {
  const root = machine.packageRoot
  if (root === undefined) throw new EmbeddedError('unsupported', noPackage(machine))
  const inPlace = await tryBinaries(root, user)
  if (inPlace.binaries !== undefined) return inPlace.binaries
  if (isMusl(machine.platform)) throw new EmbeddedError('unsupported', MUSL)
  const copy = await copyOnce(machine, root)
  const copied = await tryBinaries(copy, user)
  if (copied.binaries !== undefined) return { ...copied.binaries, copiedTo: copy }
  throw new EmbeddedError(
    'unsupported',
    `The bundled PostgreSQL does not run on this machine (${reasonOf(copied.reason)}): set DATABASE_URL to a PostgreSQL of yours, version 15 or later.`,
  )
}

const MUSL =
  'The bundled PostgreSQL needs glibc 2.27 or later and this system has another C library (Alpine?): set DATABASE_URL to a PostgreSQL of yours, version 15 or later.'
const noPackage = ({ platform, arch }: Machine) =>
  `There is no bundled PostgreSQL for ${platform} on ${arch} (npm package ${packageName(platform, arch)} is not installed): set DATABASE_URL to a PostgreSQL of yours, version 15 or later, or run npm ci without --omit=optional.`

interface Tried {
  readonly binaries?: Binaries
  readonly reason: string
}

async function tryBinaries(root: string, user: RunAs): Promise<Tried> {
  // A package folder that is read-only for us may still have its links; whether it runs is what counts.
  await makeLinks(root)
  const postgres = join(root, 'native/bin/postgres')
  const { ok, output } = await runProgram(user, postgres, ['--version'])
  const version = /\(PostgreSQL\) ((\d+)\S*)/.exec(output)
  if (!ok || version === null) return { reason: output }
  const binaries = {
    initdb: join(root, 'native/bin/initdb'),
    postgres,
    version: version[1]!,
    major: version[2]!,
    copiedTo: undefined,
  }
  return { binaries, reason: '' }
}

/** One copy for each package version and machine. It appears under its name only when it is whole. */
async function copyOnce(machine: Machine, root: string): Promise<string> {
  const stateRoot = await openStateRoot(machine)
  const { version }: { version: string } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const copy = join(stateRoot, `postgresql-${version}-${machine.platform}-${machine.arch}`)
  if (await isSafelyOurs(copy, machine.uid).catch(() => false)) return copy
  try {
    const partial = await mkdtemp(`${copy}.partial-`)
    await cp(join(root, 'native'), join(partial, 'native'), { recursive: true, verbatimSymlinks: true })
    await cp(join(root, 'package.json'), join(partial, 'package.json'))
    await makeLinks(partial)
    await openToAll(partial)
    await rename(partial, copy).catch(async error => {
      await rm(partial, { recursive: true, force: true })
      if (!(await isSafelyOurs(copy, machine.uid).catch(() => false))) throw error
    })
    return copy
  } catch (error) {
    throw new EmbeddedError(
      'not_writable',
      `PostgreSQL's programs could not be copied to ${stateRoot} (${reasonOf(error)}): make room there or set DATABASE_URL.`,
      error,
    )
  }
}

/** Under a strict umask npm leaves files that only their owner may read. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    const runs = entry.isDirectory() || ((await stat(path)).mode & 0o100) !== 0
    await chmod(path, runs ? 0o755 : 0o644)
  }
}

/** Only asked when the binaries failed to run: the report takes tens of milliseconds. */
export function isMusl(platform: string): boolean {
  if (platform !== 'linux') return false
  return glibcVersion() === undefined
}

export function glibcVersion(): string | undefined {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime
}
