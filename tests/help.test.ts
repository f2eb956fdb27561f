import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

const main = new URL('../packages/server/src/main.ts', import.meta.url)

/** One process for all of them, which tells what each said. */
const runAll = `
  import { main } from ${JSON.stringify(main.href)}
  const write = { stdout: process.stdout.write, stderr: process.stderr.write }
  process.on('message', async asked => {
    const said = []
    for (const words of asked) {
      const heard = { stdout: '', stderr: '' }
      for (const to of ['stdout', 'stderr']) process[to].write = text => ((heard[to] += text), true)
      const code = await main(words)
      for (const to of ['stdout', 'stderr']) process[to].write = write[to]
      said.push({ code, out: heard.stdout, err: heard.stderr })
    }
    process.send(said)
  })`

/** Where help needed a database or a folder it would fail: there are none. */
const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', DATA_DIR: '/nonexistent/surety' }

function openCommands() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', runAll], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, ...nowhere },
  })
  return {
    async ask(asked: readonly (readonly string[])[]): Promise<readonly Said[]> {
      child.send(asked)
      const [said] = await once(child, 'message')
      return said
    },
    [Symbol.dispose]: () => void child.kill(),
  }
}

/** An auditor's file, run alone as a process of its own: what it prints goes past this one. */
const alone = 'verify-receipt'

/** The words that stand after the name of a command in its own usage: `surety keys create` has the verb create. */
const verbsOf = (command: string, usage: string): readonly string[] => [
  ...new Set(
    [...usage.matchAll(new RegExp(`surety ${command} ([a-z][a-z-]*)(?=[ |\\n])`, 'g'))].map(([, verb]) => verb!),
  ),
]

test('every command, and every verb of one, prints its usage for --help and ends with code 0', async () => {
  using surety = openCommands()
  const [help] = await surety.ask([['--help']])
  const commands = [...help!.out.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name!)
  assert.ok(commands.includes('keys') && commands.includes('installation-keys') && commands.length >= 20)
  const check = (words: readonly string[], { code, out, err }: Said) => {
    assert.deepEqual([code, err], [0, ''], words.join(' '))
    if (words[0] !== alone) assert.ok(out.startsWith(`usage: surety ${words[0]}`), `${words.join(' ')} says ${out}`)
  }
  const said = await surety.ask(commands.map(command => [command, '--help']))
  for (const [k, command] of commands.entries()) check([command], said[k]!)
  const verbs = commands.flatMap((command, k) => verbsOf(command, said[k]!.out).map(verb => [command, verb]))
  for (const verb of ['keys create', 'keys list', 'tasks run', 'entities import'])
    assert.ok(
      verbs.some(words => words.join(' ') === verb),
      verb,
    )
  const answers = await surety.ask(verbs.map(words => [...words, '--help']))
  for (const [k, words] of verbs.entries()) check(words, answers[k]!)
})
