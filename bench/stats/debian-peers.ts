import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Python modules of the peers and the Debian packages that bring them. */
export const debianPackages: Readonly<Record<string, string>> = {
  numpy: 'python3-numpy',
  scipy: 'python3-scipy',
  sklearn: 'python3-sklearn',
  statsmodels: 'python3-statsmodels',
  xgboost: 'python3-xgboost',
}

const check = fileURLToPath(new URL('./peer_modules.py', import.meta.url))

/** Modules that this Python does not have, hidden ones among them; all of them when there is no such Python. */
export function missingModules(python: string): readonly string[] {
  const modules = Object.keys(debianPackages)
  const { status, stdout } = spawnSync(python, [check, ...modules], { encoding: 'utf8' })
  return status === 0 ? stdout.split(/\s+/).filter(name => name !== '') : modules
}

/** Why the peers cannot be installed here, or null when they can. */
export function whyNotInstall(python: string, env: NodeJS.ProcessEnv): string | null {
  for (const name of ['SURETY_BENCH_NO_INSTALL', 'SURETY_BENCH_HIDE']) if (env[name]) return `${name} is set`
  if (python !== '/usr/bin/python3') return `${python} is not the Python that Debian packages serve`
  if (process.getuid?.() !== 0) return 'only root may install packages'
  return existsSync('/usr/bin/apt-get') ? null : 'there is no apt-get here'
}

/** Installs what is missing, where that may be done, and says what it did. Answers what is still missing afterwards. */
export function installPeers(python: string, env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const missing = missingModules(python)
  const wanted = missing.map(name => debianPackages[name]!)
  if (wanted.length === 0) return missing
  const why = whyNotInstall(python, env)
  if (why !== null) {
    console.log(`missing: ${wanted.join(', ')}; not installed, because ${why}`)
    return missing
  }
  console.log(`installing ${wanted.join(', ')} ...`)
  const install = () => aptGet('install', '--yes', '--no-install-recommends', ...wanted)
  // A machine that has never asked for the lists of packages knows none.
  if (!install()) {
    aptGet('update')
    if (!install()) console.log('apt-get could not install them')
  }
  return missingModules(python)
}

function aptGet(...words: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stderr } = spawnSync('/usr/bin/apt-get', ['--quiet', ...words], { encoding: 'utf8', env })
  if (status !== 0) console.log(stderr.trim().split('\n').at(-1))
  return status === 0
}
