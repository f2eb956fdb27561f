// npm run mutate: makes each known mistake in a copy of the packages and asks the tests whether they notice. Words choose
// mutations by name or file (`npm run mutate -- redactor "a token without"`), `--owed` those that have no line on their page yet or
// were missed. Renews the lines of what ran. All of them take an hour and more.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { lists } from './mutate/lists.ts'
import type { Mutation } from './mutate/mutations.ts'
import { caughtBy, notTried, renewPage, type Tried } from './mutate/page.ts'
import { embeddedServer } from './test/database.ts'
import { scratchFolder } from './test/scratch.ts'

const words = process.argv.slice(2).filter(word => word !== '--owed')
const owed = process.argv.includes('--owed')
const pageOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '')
const chosen = lists
  .flatMap(({ page, listed }) => (owed ? notTried(pageOf(page), listed) : listed))
  .filter(({ name, file }) => words.length === 0 || words.some(word => name.includes(word) || file.includes(word)))
const root = mkdtempSync(join(tmpdir(), 'surety-mutate-'))
const packages = ['stats', 'pii', 'server']
/** A mutation that makes a test run for ever is caught too. */
const leastPatienceMs = 30_000
const soundness = new Map<string, Ended>()

interface Ended {
  /** Title of the first test that failed. */
  readonly failed: string | null
  readonly ms: number
}

try {
  for (const name of packages)
    cpSync(`packages/${name}`, join(root, 'packages', name), {
      recursive: true,
      filter: path => !path.endsWith('node_modules'),
    })
  // Whatever else a test may look at is where it always is.
  for (const name of readdirSync('.')) if (name !== 'packages') symlinkSync(resolve(name), join(root, name))
  process.exitCode = await run()
} finally {
  rmSync(root, { recursive: true, force: true })
}

async function run(): Promise<number> {
  const files = [...new Set(chosen.flatMap(({ tests }) => tests))]
  await using scratch = await scratchFolder(false)
  const wanted = files.some(file => /\.(?:db|e2e)\.test\.ts$/.test(file))
  await using server = wanted ? await embeddedServer(scratch.path, 'replay') : null
  if (server !== null) process.env['SURETY_TEST_DATABASE'] = server.address
  console.log(`${chosen.length} mutations, ${files.length} files of tests.`)
  let missed = 0
  for (const mutation of chosen) {
    const row: Tried = { name: mutation.name, file: mutation.file, by: await attempt(mutation) }
    // At once, so that a run that is broken off has done what it did.
    for (const { page, listed } of lists) writeFileSync(page, renewPage(pageOf(page), listed, [row]))
    console.log(`${caughtBy(row) ? 'caught' : 'MISSED'}  ${row.name} (${row.file}): ${row.by}`)
    if (!caughtBy(row)) missed++
  }
  console.log(missed === 0 ? 'Every mutation was caught.' : `${missed} of ${chosen.length} were not caught.`)
  return missed === 0 ? 0 : 1
}

/** Who noticed. */
async function attempt({ file, from, to, tests }: Mutation): Promise<string> {
  const path = join(root, file)
  const source = readFileSync(path, 'utf8')
  const parts = source.split(from)
  if (parts.length !== 2) return `the text to change occurs ${parts.length - 1} times`
  let ms = 0
  for (const test of tests) {
    const sound = await soundOf(test)
    if (sound.failed !== null) return `the tests do not pass without it: ${sound.failed}`
    ms += sound.ms
  }
  writeFileSync(path, parts.join(to))
  const { failed } = await firstFailure(tests, Math.max(leastPatienceMs, 5 * ms))
  writeFileSync(path, source)
  return failed === null ? 'nobody noticed' : `failed: ${failed}`
}

/** How a file of tests ends without any mutation, and how long it takes: a machine that is busy is no reason to fail. */
async function soundOf(test: string): Promise<Ended> {
  const known = soundness.get(test) ?? (await firstFailure([test], 20 * leastPatienceMs))
  soundness.set(test, known)
  return known
}

/** The first test that fails, whose title is all that is asked for: the others need not end. null: none does. */
function firstFailure(tests: readonly string[], patienceMs: number): Promise<Ended> {
  const began = performance.now()
  // In a group of its own, so that none of its files outlives it.
  const child = spawn(process.execPath, ['--test', '--test-reporter=tap', ...tests], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let failed: string | null = null
  let passed = 0
  const end = (why: string): void => {
    failed ??= why
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
  const late = setTimeout(end, patienceMs, 'the run did not end')
  const lines = createInterface(child.stdout).on('line', line => {
    const title = /^not ok \d+ - (.*)$/.exec(line)?.[1]
    if (title !== undefined) end(title.replaceAll('\\', '').replaceAll('|', '/'))
    else if (line.startsWith('ok ')) passed++
  })
  return new Promise(resolve => {
    child.on('close', code => {
      clearTimeout(late)
      lines.close()
      if (code !== 0 || passed === 0) failed ??= 'the file does not load'
      resolve({ failed, ms: performance.now() - began })
    })
  })
}
