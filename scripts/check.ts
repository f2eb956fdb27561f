// npm run check: everything that can be said about the code without running it. Quick enough for every commit.
import { spawn } from 'node:child_process'

interface Step {
  readonly name: string
  readonly command: readonly string[]
  readonly hint: string
}

const steps: readonly Step[] = [
  { name: 'types', command: ['tsc', '-p', '.', '--noEmit'], hint: 'mend the types' },
  { name: 'format and lint', command: ['biome', 'ci', '--colors=off', '.'], hint: 'npm run format mends most of it' },
  { name: 'lint with types', command: ['oxlint', '--type-aware', '--deny-warnings'], hint: 'mend what it names' },
  {
    name: 'architecture',
    command: [
      'node',
      'scripts/test.ts',
      'all',
      'tests/architecture.test.ts',
      'tests/retention-page.test.ts',
      'tests/mutations.test.ts',
      'bench/growth/door-list.test.ts',
    ],
    hint: 'ARCHITECTURE.md says who may import what; docs/retention.md names every table, bench/growth/door-list.ts every route',
  },
  {
    name: 'generated docs',
    command: ['node', 'scripts/generate-docs.ts', '--check'],
    hint: 'npm run docs:generate writes them',
  },
  {
    name: 'schema snapshot',
    command: ['node', 'scripts/schema.ts', '--check'],
    hint: 'npm run schema:generate writes it',
  },
]

const results = await inTurns(2, steps, run)
const failed = results.filter(result => !result.ok)
for (const note of new Set(results.flatMap(({ output }) => output.match(/^note: .*$/gm) ?? []))) console.log(note)
for (const { step, output } of failed) console.log(`\n--- ${step.name}: ${step.hint}\n${output.trimEnd()}`)
console.log(failed.length === 0 ? '\nAll checks passed.' : `\n${failed.length} of ${steps.length} checks failed.`)
process.exitCode = failed.length === 0 ? 0 : 1

interface Result {
  readonly step: Step
  readonly ok: boolean
  readonly output: string
}

function run(step: Step): Promise<Result> {
  return new Promise(resolve => {
    const started = performance.now()
    const [program = '', ...args] = step.command
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (chunk: Buffer) => {
      output += chunk.toString()
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', error => {
      output += `${program} did not start (${error.message}): run "npm ci", and this through "npm run check".`
      resolve({ step, ok: false, output })
    })
    child.on('close', code => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)`)
      resolve({ step, ok: code === 0, output })
    })
  })
}

async function inTurns<T, R>(width: number, items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const waiting = [...items]
  const done: R[] = []
  async function next(): Promise<void> {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) done.push(await work(item))
  }
  await Promise.all(Array.from({ length: width }, next))
  return done
}
