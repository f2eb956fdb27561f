// node scripts/complete-lock.ts: a registry that mirrors only some platforms makes `npm install` leave the others out of the
// lock file, and `npm ci` then refuses it everywhere. This writes their entries back: the version that the parent names, with
// the system it is for, so that machines of another kind skip it and machines of that kind fetch it.
import { readFileSync, writeFileSync } from 'node:fs'
import { type Lock, missingPlatforms } from './lock/missing-platforms.ts'

const path = 'package-lock.json'
const lock: Lock = JSON.parse(readFileSync(path, 'utf8'))
const missing = missingPlatforms(lock)
const packages = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`)
console.log(`${Object.keys(missing).length} packages for other platforms added to ${path}.`)
