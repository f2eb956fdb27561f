#!/usr/bin/env node
// Plain JavaScript that every Node since 20 can read: finds a Node that runs TypeScript, then hands over to it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const oldestMajor = 24
const entry = fileURLToPath(import.meta.url)
const root = dirname(dirname(entry))
const args = process.argv.slice(2)

// The server holds little and allocates much: with 6 MB a fifth of its time went into collecting, with 16 a tenth, for 20 MB more.
// Left alone it would mark all that it holds from 60 MB on, several times a second under load; from 80 on it does so half as often.
const serverFlags = ['--max-old-space-size=512', '--max-semi-space-size=16', '--initial-old-space-size=80']
// History goes through as fast as it can: a larger young generation is a tenth faster, and the process ends afterwards.
const historyFlags = ['--max-semi-space-size=64']
const flagsOf = { start: serverFlags, demo: historyFlags, replay: historyFlags }

const node = majorOf(process.versions.node) >= oldestMajor ? process.execPath : packagedNode()
if (node === null) {
  console.error(
    `Surety needs Node ${oldestMajor} or newer and this is ${process.version}: run "npm ci" in ${root}, which brings the right one for Linux and macOS (arm64), or install Node ${oldestMajor} yourself.`,
  )
  process.exitCode = 1
} else {
  const missing = (Object.hasOwn(flagsOf, args[0] ?? '') ? flagsOf[args[0]] : []).filter(flag => !alreadySet(flag))
  if (node !== process.execPath || missing.length > 0) runAgain(node, missing)
  else await run()
}

async function run() {
  nodeModule.enableCompileCache?.()
  const { main } = await import('../packages/server/src/main.ts')
  process.exitCode = await main(args)
  // A start that failed must be seen to have failed: what is left open by mistake keeps nothing alive whose work is done.
  setTimeout(() => process.exit(), 2_000).unref()
}

/** Replaces this process where Node can (same process id, no second one in memory), else starts a child. */
function runAgain(file, flags) {
  const nodeArgs = [...process.execArgv, ...flags, entry, ...args]
  // Commands started from here find the same Node first.
  const env = { ...process.env, PATH: [dirname(file), process.env.PATH ?? ''].join(delimiter) }
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(file, [file, ...nodeArgs], env)
  }
  const child = spawn(file, nodeArgs, { stdio: 'inherit', env })
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => child.kill(signal))
  // A terminal sends Ctrl-C to both of us, and a second one would mean "at once".
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  child.on('error', error => {
    console.error(`${file} could not be started: ${error.message}. Run "npm ci" again.`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
  })
}

function packagedNode() {
  const modules = join(root, 'node_modules')
  const places = [
    join(modules, `node-${process.platform}-${process.arch}`, 'bin', 'node'),
    join(modules, `node-bin-${process.platform}-${process.arch}`, 'bin', 'node'),
    join(modules, '.bin', 'node'),
  ]
  return places.find(place => place !== process.execPath && existsSync(place)) ?? null
}

/** What the operator sets in NODE_OPTIONS or on the command line wins. */
function alreadySet(flag) {
  const name = flag.slice(0, flag.indexOf('='))
  const given = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)]
  return given.some(option => option.replaceAll('_', '-').startsWith(name))
}

function majorOf(version) {
  return Number(version.split('.')[0])
}
