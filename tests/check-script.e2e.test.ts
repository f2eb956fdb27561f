// The check scripts of deploy/check, asked about a service that is really running, healthy and broken.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { askForTask } from '../packages/server/src/store/tasks.ts'
import { startWorld, type World } from '../packages/server/src/testing/start-world.ts'
import { openSuperuser } from '../packages/server/src/testing/superuser.ts'

const script = 'deploy/check/surety-check.sh'
const windows = 'deploy/check/surety-check.ps1'
const has = (tool: string): boolean => spawnSync(tool, ['-version']).error === undefined
const languages = [
  { name: 'sh', command: ['sh', script] },
  { name: 'pwsh', command: ['pwsh', '-NoProfile', '-File', windows] },
]

interface Said {
  readonly code: number
  readonly lines: readonly string[]
}

type Env = { readonly [name: string]: string }

/** Not awaited by the same process that it asks: it would never be answered. */
function run(command: readonly string[], env: Env): Promise<Said> {
  const [program = '', ...args] = command
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SURETY_')))
  return new Promise(resolve => {
    const child = execFile(program, args, { env: { ...inherited, ...env } }, (_, stdout, stderr) => {
      assert.equal(stderr, '')
      resolve({ code: child.exitCode ?? -1, lines: stdout.trimEnd().split('\n') })
    })
  })
}

/** By name of the check: its level. */
const levels = ({ lines }: Said) =>
  Object.fromEntries(lines.slice(1).map(line => [/^\w+ (\w+):/.exec(line)?.[1], line.split(' ')[0]]))
const lineOf = ({ lines }: Said, name: string): string => lines.find(line => line.includes(` ${name}: `)) ?? ''

const healthy = {
  health: 'OK',
  ready: 'OK',
  tasks: 'OK',
  schedule: 'OK',
  clock: 'OK',
  audit: 'OK',
  disk: 'OK',
}

async function taskRan(world: World, task: string): Promise<void> {
  const read = () =>
    world.app.db.transaction([], async handle => {
      const { rows } = await handle.query<{ ended: Date | null }>(
        'select ended_at as ended from task_runs where task = $1 and asked_at is null',
        [task],
      )
      return rows[0]?.ended?.getTime() ?? 0
    })
  const before = await read()
  await world.app.db.transaction([], handle => askForTask(handle, task, 'test', new Date()))
  world.app.tasks?.missed()
  for (const end = performance.now() + 20_000; (await read()) <= before; await wait(20))
    assert.ok(performance.now() < end, `${task} does not end`)
}

for (const { name, command } of languages)
  test(`${name}: of a healthy service all is well, and what is broken in it is named with what to do`, async context => {
    if (!has(name)) return context.skip(`${name} is not installed`)
    await using world = await startWorld({ jobs: true, env: { METRICS_TOKEN: 'a-token' } })
    await using superuser = await openSuperuser(world.database.address)
    const key = await world.key('viewer')
    const env: Env = {
      SURETY_URL: world.url,
      SURETY_API_KEY: key,
      SURETY_METRICS_TOKEN: 'a-token',
      SURETY_DATA_DIR: world.dataDir,
      SURETY_LEAST_FREE_MB: '1',
    }
    const ask = (change: Env = {}) => run(command, { ...env, ...change })
    const bad = async (check: string, level: string, sentence: RegExp, change: Env = {}): Promise<void> => {
      const said = await ask(change)
      assert.deepEqual(levels(said), { ...healthy, [check]: level }, said.lines.join('\n'))
      assert.match(lineOf(said, check), sentence)
      assert.match(lineOf(said, check), / Do: ./)
      assert.deepEqual([said.code, said.lines[0]], [level === 'WARNING' ? 1 : 2, `SURETY ${level}`])
    }
    await taskRan(world, 'audit-self-check')
    const said = await ask()
    assert.deepEqual(levels(said), healthy, said.lines.join('\n'))
    assert.deepEqual([said.code, said.lines[0]], [0, 'SURETY OK'])
    assert.ok(said.lines.slice(1).every(line => !line.includes(' Do: ')))

    await bad('tasks', 'CRITICAL', /answers 401/, { SURETY_API_KEY: `${key}x` })
    await bad('tasks', 'WARNING', /SURETY_API_KEY is not set/, { SURETY_API_KEY: '' })
    await bad('disk', 'CRITICAL', /Only \d+ MB are free/, { SURETY_LEAST_FREE_MB: '900000000' })
    await bad('disk', 'CRITICAL', /There is no folder/, { SURETY_DATA_DIR: '/nowhere/surety' })
    const { disk: _, ...remote } = healthy
    assert.deepEqual(levels(await ask({ SURETY_DATA_DIR: '-' })), remote)
    assert.deepEqual(levels(await ask({ SURETY_METRICS_TOKEN: '' }))['metrics'], 'CRITICAL')

    await superuser.query(`update task_runs set paused = true where task = 'retention'`)
    await bad('tasks', 'WARNING', /Paused by a person: retention\./)
    await superuser.query(`update task_runs set paused = false, state = 'failed', attempts = 2, started_at = now(),
      retry_at = now() + interval '30 minutes' where task = 'retention'`)
    await bad('tasks', 'CRITICAL', /Failed last time and tried again: retention\./)
    await superuser.query(`update task_runs set state = 'ok', attempts = 0, retry_at = null where task = 'retention'`)

    await superuser.query(
      `update task_runs set paused = true, last_success = now() - interval '3 days' where task = 'conservation'`,
    )
    world.app.tasks?.missed()
    await wait(500)
    const late = await ask()
    assert.match(lineOf(late, 'schedule'), /^CRITICAL schedule: Not run for two periods: conservation\./)
    await superuser.query(`update task_runs set paused = false, last_success = now() where task = 'conservation'`)
    world.app.tasks?.missed()
    await wait(500)

    await superuser.query(`update audit set actor = 'key:x' where tenant_id = 'acme' and seq = 1`)
    await taskRan(world, 'audit-self-check')
    await bad('audit', 'CRITICAL', /does not hold together/)
  })

for (const { name, command } of languages)
  test(`${name}: a service whose database takes no writes, or that does not answer, is critical`, async context => {
    if (!has(name)) return context.skip(`${name} is not installed`)
    let url: string
    {
      await using world = await startWorld({ jobs: true })
      url = world.url
      await using superuser = await openSuperuser(world.database.address)
      await superuser.query(`do $$ begin
        execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`)
      await superuser.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`)
      const said = await run(command, { SURETY_URL: url, SURETY_DATA_DIR: '-' })
      assert.match(lineOf(said, 'ready'), /^CRITICAL ready: It answers 503/)
      assert.equal(said.code, 2)
    }
    const gone = await run(command, { SURETY_URL: url, SURETY_DATA_DIR: '-' })
    assert.deepEqual([gone.code, levels(gone)], [2, { health: 'CRITICAL' }])
    assert.match(gone.lines[1]!, /^CRITICAL health: Nobody answers at .*Do: see whether it runs/)
  })

test('the shell script hands no key to the command line of anything that it starts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'surety-check-'))
  try {
    const real = spawnSync('sh', ['-c', 'command -v curl'], { encoding: 'utf8' }).stdout.trim()
    writeFileSync(join(folder, 'curl'), `#!/bin/sh\necho "$*" >>${folder}/seen\nexec ${real} "$@"\n`)
    chmodSync(join(folder, 'curl'), 0o755)
    await using world = await startWorld({ jobs: true, env: { METRICS_TOKEN: 'a-token' } })
    const key = await world.key('viewer')
    const said = await run(['sh', script], {
      PATH: `${folder}${delimiter}${process.env['PATH']}`,
      SURETY_URL: world.url,
      SURETY_API_KEY: key,
      SURETY_METRICS_TOKEN: 'a-token',
      SURETY_DATA_DIR: '-',
    })
    assert.equal(lineOf(said, 'tasks').split(' ')[0], 'OK')
    const seen = readFileSync(join(folder, 'seen'), 'utf8')
    assert.match(seen, /\/v1\/tasks/)
    assert.ok(!seen.includes(key) && !seen.includes('a-token'), seen)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('both scripts ask the same paths with the same settings, look at the same figures and say the same', () => {
  const [unix, other] = [script, windows].map(path => readFileSync(path, 'utf8'))
  const found = (text: string, pattern: RegExp) => [...new Set(text.match(pattern))].sort()
  for (const pattern of [
    /\/(healthz|ready|v1\/tasks|metrics)\b/g,
    /SURETY_[A-Z_]+/g,
    /\b(scheduler_task|audit|database)_[a-z_]+/g,
    /docs\/[a-z]+\.md/g,
    /surety (tasks|verify|keys)( [a-z-]+)*/g,
    /36 \* 3600|\b300\b/g,
  ]) {
    assert.deepEqual(found(other!, pattern), found(unix!, pattern), String(pattern))
    assert.ok(found(unix!, pattern).length > 1, String(pattern))
  }
})

test('the shell script is one that any POSIX shell reads, and has a usage', context => {
  assert.equal(spawnSync('sh', ['-n', script]).status, 0)
  const help = spawnSync('sh', [script, '--help'], { encoding: 'utf8' })
  assert.deepEqual([help.status, help.stdout.includes('SURETY_API_KEY')], [0, true])
  assert.equal(spawnSync('sh', [script, '--key', 'x']).status, 2)
  if (!has('shellcheck')) return context.diagnostic('shellcheck is not installed')
  const { status, stdout } = spawnSync('shellcheck', [script], { encoding: 'utf8' })
  assert.equal(status, 0, stdout)
})
