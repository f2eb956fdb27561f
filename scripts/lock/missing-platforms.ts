export interface LockEntry {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>
}

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const machines = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x']

/** Entries for optional packages of exact version that a package of the lock file names and the lock file lacks. */
export function missingPlatforms({ packages }: Lock): Record<string, LockEntry> {
  const missing: Record<string, LockEntry> = {}
  for (const parent of Object.values(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const place = `node_modules/${name}`
      if (packages[place] !== undefined || !/^\d/.test(version)) continue
      missing[place] = { version, ...platformOf(name), ...(parent.dev ? { dev: true } : {}), optional: true }
    }
  }
  return missing
}

function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[/-]/)
  const os = systems.find(system => words.includes(system))
  const cpu = machines.find(machine => words.includes(machine))
  if (os === undefined) throw new Error(`${name} says no system in its name: add it to the lock file by hand`)
  const arm = words.some(word => word.startsWith('arm')) ? ['arm'] : undefined
  return {
    ...(cpu === undefined ? (arm === undefined ? {} : { cpu: arm }) : { cpu: [cpu] }),
    ...(words.some(word => word.startsWith('musl')) ? { libc: ['musl'] } : {}),
    os: [os],
  }
}
