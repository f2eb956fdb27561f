// npm run mutate: makes each known mistake in a copy of the packages and asks the tests whether they notice. Words choose
// mutations by name or file (`npm run mutate -- redactor "a token without"`), `--owed` those that have no line on their page yet or
// were missed. Renews the lines of what ran. All of them take an hour and more.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
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
const soundness = new Map<string, ReturnType<typeof failures>>()

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
  const rows = chosen.map((mutation): Tried => {
    const row = { name: mutation.name, file: mutation.file, by: attempt(mutation) }
    // At once, so that a run that is broken off has done what it did.
    for (const { page, listed } of lists) writeFileSync(page, renewPage(pageOf(page), listed, [row]))
    console.log(`${caughtBy(row) ? 'caught' : 'MISSED'}  ${row.name} (${row.file}): ${row.by}`)
    return row
  })
  const missed = rows.filter(row => !caughtBy(row)).length
  console.log(missed === 0 ? 'Every mutation was caught.' : `${missed} of ${rows.length} were not caught.`)
  return missed === 0 ? 0 : 1
}

/** Who noticed. */
function attempt({ file, from, to, tests }: Mutation): string {
  const path = join(root, file)
  const source = readFileSync(path, 'utf8')
  const parts = source.split(from)
  if (parts.length !== 2) return `the text to change occurs ${parts.length - 1} times`
  const sound = tests.map(soundOf)
  const broken = sound.find(({ failed, passed }) => failed > 0 || passed === 0)
  if (broken !== undefined) return `the tests do not pass without it: ${broken.first}`
  writeFileSync(path, parts.join(to))
  const { failed, first } = failures(tests, Math.max(leastPatienceMs, 5 * sound.reduce((sum, { ms }) => sum + ms, 0)))
  writeFileSync(path, source)
  return failed > 0 ? `${failed} failed, first: ${first}` : 'nobody noticed'
}

/** How a file of tests ends without any mutation, and how long it takes: a machine that is busy is no reason to fail. */
function soundOf(test: string): ReturnType<typeof failures> {
  const known = soundness.get(test) ?? failures([test], 20 * leastPatienceMs)
  soundness.set(test, known)
  return known
}

/** Runs test files of the copy; a file that does not even load counts as one failure. */
function failures(tests: readonly string[], timeout: number) {
  const began = performance.now()
  const { stdout, status } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', ...tests], {
    cwd: root,
    encoding: 'utf8',
    timeout,
    maxBuffer: 1 << 28,
  })
  const count = (name: string) => Number(stdout.match(new RegExp(`^# ${name} (\\d+)$`, 'm'))?.[1] ?? 0)
  const first = stdout.match(/^not ok \d+ - (.*)$/m)?.[1]?.replaceAll('\\', '') ?? 'the run did not end'
  const failed = status === 0 ? 0 : Math.max(1, count('fail'))
  return { passed: count('pass'), failed, first: first.replaceAll('|', '/'), ms: performance.now() - began }
}
