import { spawn } from 'node:child_process'
import type { RunAs } from './run-as.ts'

/** PG* variables of the caller must not reach the server, and its messages should be in one language. */
export const cleanEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/** The caller's folder may be closed to the other user, so every program starts at the root. */
export const spawnAs = (user: RunAs) => ({
  cwd: '/',
  env: cleanEnvironment,
  ...(user.switched ? { uid: user.uid, gid: user.gid } : {}),
})

export interface Ran {
  readonly ok: boolean
  readonly output: string
}

/** Runs one program to its end; a program that cannot be started at all is a result too, not an exception. */
export function runProgram(user: RunAs, program: string, args: readonly string[]): Promise<Ran> {
  return new Promise(resolve => {
    const child = spawn(program, args, { ...spawnAs(user), stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    let output = ''
    child.stdout.on('data', chunk => (output += chunk))
    child.stderr.on('data', chunk => (output += chunk))
    child.on('error', error => resolve({ ok: false, output: error.message }))
    child.on('close', code => resolve({ ok: code === 0, output }))
  })
}
