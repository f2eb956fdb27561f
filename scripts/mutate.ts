// npm run mutate: makes each known mistake in a copy of the packages and asks the tests whether they notice. Words choose
// mutations by name or file. Writes the pages of the mutations when all of them ran. By hand: some minutes.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Mutation, statsMutations } from './mutate/mutations.ts'
import { serviceMutations } from './mutate/service-mutations.ts'
import { embeddedServer } from './test/database.ts'
import { scratchFolder } from './test/scratch.ts'

const words = process.argv.slice(2)
const chosen = [...statsMutations, ...serviceMutations].filter(
  ({ name, file }) => words.length === 0 || words.some(word => name.includes(word) || file.includes(word)),
)
const root = mkdtempSync(join(tmpdir(), 'surety-mutate-'))
const packages = ['stats', 'pii', 'server']
/** A mutation that makes a test run for ever is caught too. */
const patienceMs = 30_000

try {
  for (const name of packages)
    cpSync(`packages/${name}`, join(root, 'packages', name), {
      recursive: true,
      filter: path => !path.endsWith('node_modules'),
    })
  for (const name of ['node_modules', 'data', 'bin', 'tests', 'package.json'])
    symlinkSync(resolve(name), join(root, name))
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
  const sound = failures(files, 10 * patienceMs)
  if (sound.failed > 0 || sound.passed === 0) {
    console.error(`The tests do not pass without a mutation: ${sound.first}`)
    return 1
  }
  console.log(`${chosen.length} mutations; ${sound.passed} tests in ${files.length} files pass without any of them.`)
  const rows = chosen.map(mutation => {
    const row = { mutation, ...attempt(mutation) }
    console.log(`${row.caught ? 'caught' : 'MISSED'}  ${mutation.name} (${mutation.file}): ${row.by}`)
    return row
  })
  const missed = rows.filter(({ caught }) => !caught).length
  console.log(missed === 0 ? 'Every mutation was caught.' : `${missed} of ${rows.length} were not caught.`)
  if (words.length === 0) {
    const pageOf = (own: readonly Mutation[]) => page(rows.filter(({ mutation }) => own.includes(mutation)))
    writeFileSync('packages/stats/mutations.md', pageOf(statsMutations))
    writeFileSync('packages/server/mutations.md', pageOf(serviceMutations))
  }
  return missed === 0 ? 0 : 1
}

function attempt({ file, from, to, tests }: Mutation): { readonly caught: boolean; readonly by: string } {
  const path = join(root, file)
  const source = readFileSync(path, 'utf8')
  const parts = source.split(from)
  if (parts.length !== 2) return { caught: false, by: `the text to change occurs ${parts.length - 1} times` }
  writeFileSync(path, parts.join(to))
  const { failed, first } = failures(tests)
  writeFileSync(path, source)
  return failed > 0
    ? { caught: true, by: `${failed} failed, first: ${first}` }
    : { caught: false, by: 'nobody noticed' }
}

/** Runs test files of the copy; a file that does not even load counts as one failure. */
function failures(tests: readonly string[], timeout = patienceMs) {
  const { stdout, status } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', ...tests], {
    cwd: root,
    encoding: 'utf8',
    timeout,
    maxBuffer: 1 << 28,
  })
  const count = (name: string) => Number(stdout.match(new RegExp(`^# ${name} (\\d+)$`, 'm'))?.[1] ?? 0)
  const first = stdout.match(/^not ok \d+ - (.*)$/m)?.[1]?.replaceAll('\\', '') ?? 'the run did not end'
  const failed = status === 0 ? 0 : Math.max(1, count('fail'))
  return { passed: count('pass'), failed, first: first.replaceAll('|', '/') }
}

function page(rows: readonly { mutation: Mutation; caught: boolean; by: string }[]): string {
  const lines = rows.map(({ mutation, by }) => `| ${mutation.name} | \`${mutation.file}\` | ${by} |`)
  const missed = rows.filter(({ caught }) => !caught).length
  return `# Mutations

Each line is a mistake made on purpose in a copy of the packages, and the test that noticed. \`npm run mutate\` makes them
again and rewrites this page; the lists are in \`scripts/mutate/\`.

${lines.length} mutations, ${missed === 0 ? 'all caught' : `${missed} missed`}, Node ${process.versions.node.split('.')[0]}.

| mistake | in | noticed by |
|---|---|---|
${lines.join('\n')}
`
}
