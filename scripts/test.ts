// npm test, npm run test:services, test:browser, test:promises, test:faults. Words after the suite's name choose files by path:
//   npm test -- stats/src/model        npm run test:promises -- --quick
import { existsSync } from 'node:fs'
import type { Tuning } from '../packages/server/src/store/embedded/settings.ts'
import { batches } from './test/batches.ts'
import { add, closingLine, none } from './test/report.ts'
import { runBatch } from './test/run-batch.ts'
import { scratchFolder } from './test/scratch.ts'
import { servicesOf } from './test/services.ts'
import { filesOf, type Suite, suites } from './test/suites.ts'

const args = process.argv.slice(2)
const suite = suites.find(({ name }) => name === args[0])
const words = args.slice(1).filter(word => !word.startsWith('--'))
const quick = args.includes('--quick')
const verbose = args.includes('--verbose')

if (suite === undefined) {
  console.error(`Say which suite: ${suites.map(({ name, meaning }) => `\n  ${name}: ${meaning}`).join('')}`)
  process.exitCode = 2
} else {
  try {
    process.exitCode = await runSuite(suite)
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    console.log(closingLine({ ...none, failed: 1 }))
    process.exitCode = 1
  }
}

async function runSuite(chosen: Suite): Promise<number> {
  const started = performance.now()
  const files = filesOf(chosen, words)
  if (files.length === 0) {
    console.log(`Suite "${chosen.name}" has no test files${words.length > 0 ? ` named ${words.join(', ')}` : ''} yet.`)
    console.log(closingLine(none))
    return words.length > 0 ? 1 : 0
  }
  // Promises are proven on what a user has.
  const durable = chosen.name === 'promises'
  await using scratch = await scratchFolder(durable)
  await using server = await serverOf(chosen, files, scratch.path, durable ? 'durable' : 'replay')
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...(chosen.name === 'services' ? await servicesOf(files) : {}),
    TMPDIR: scratch.path,
    ...(server === null ? {} : { SURETY_TEST_DATABASE: server.address }),
    ...(quick ? { SURETY_TEST_QUICK: '1' } : chosen.env),
    ...(chosen.name === 'browser' ? { CHROMIUM: chromium() } : {}),
    NODE_COMPILE_CACHE: 'node_modules/.cache/node-compile',
  }
  console.log(`${files.length} test files ${server?.sentence ?? 'without a database'}`)
  let counts = none
  let ended = 0
  const waiting = batches(files)
  const failures: string[] = []
  async function work(): Promise<void> {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      const from = performance.now()
      const result = await runBatch(batch, env, chosen.patienceMs)
      counts = add(counts, result.counts)
      ended += batch.length
      failures.push(...result.failures)
      const mark = result.counts.failed > 0 ? 'FAILED' : 'ok'
      const what = batch.length === 1 ? batch[0] : `${batch[0]} and ${batch.length - 1} more`
      console.log(`${ended}/${files.length} ${mark} ${what} (${closingLine(result.counts)}, ${seconds(from)})`)
      if (result.output !== '' && (verbose || result.counts.failed > 0)) console.log(result.output.trimEnd())
      else for (const note of result.output.match(/^note: .*$/gm) ?? []) console.log(note)
    }
  }
  await Promise.all(Array.from({ length: chosen.processes }, work))
  for (const failure of failures) console.log(`\nFAILED ${failure}`)
  console.log(`\nSuite "${chosen.name}" took ${seconds(started)}.`)
  console.log(closingLine(counts))
  return counts.failed > 0 || counts.passed === 0 ? 1 : 0
}

async function serverOf(chosen: Suite, files: readonly string[], folder: string, tuning: Tuning) {
  const wanted = chosen.name !== 'all' || files.some(file => /\.(db|e2e)\.test\.ts$/.test(file))
  if (!wanted) return null
  const { embeddedServer, givenServer } = await import('./test/database.ts')
  const given = chosen.database === 'DATABASE_URL' || (chosen.database === 'either' && process.env['DATABASE_URL'])
  if (given) return givenServer(chosen.name === 'services')
  return embeddedServer(folder, tuning)
}

function chromium(): string {
  const path = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
  if (existsSync(path)) return path
  throw new Error(`No Chromium at ${path}: install it (Debian: apt-get install chromium), or set CHROMIUM to its path.`)
}

function seconds(from: number): string {
  return `${((performance.now() - from) / 1000).toFixed(1)} s`
}
