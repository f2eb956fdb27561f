import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const entry = join(dirname(fileURLToPath(import.meta.url)), '../bin/surety.js')
const folder = await mkdtemp(join(tmpdir(), 'surety-nothing-'))
after(() => rm(folder, { recursive: true, force: true }))
await writeFile(join(folder, 'rows.csv'), 'pred_prob,outcome\n0.5,1\n')

const forTenant = ['--tenant', 'main']
const why = [...forTenant, '--reason', 'tried']
const commands = [
  ['verify', '--audit'],
  ['verify', '--receipts'],
  ['receipt', '--heads'],
  ['receipt', '--public-key'],
  ['receipt', 'dec_1'],
  ['keys', 'list', ...forTenant],
  // Nobody said which installation is prepared.
  ['keys', 'create', ...forTenant, '--role', 'admin'],
  ['mode', 'stopped', ...why],
  ['tasks', 'list'],
  ['entities', 'list', '--kind', 'product', ...forTenant],
  ['explain', 'dec_1', ...forTenant],
  ['erase', 'lead_1', '--pod', 'customer-ops', ...why],
  ['certificates', 'accept', '0190a6b2-7c1d-7e3f-8a4b-5c6d7e8f9a0b', ...why],
  ['imports', 'accept', 'key', ...why],
  ['installation-keys', 'accept', 'DATA_KEY', '--reason', 'tried'],
  ['calibrate', 'rows.csv', '--pod', 'customer-ops', ...forTenant],
]

for (const command of commands) {
  test(`where nothing was ever started, surety ${command.join(' ')} says so and makes nothing`, async () => {
    const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'] }
    const child = spawn(process.execPath, [entry, ...command], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = new Promise<number | null>(resolve => void child.on('close', resolve))
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
    assert.deepEqual([await ended, out], [1, ''], err)
    assert.match(err, /^surety: There is no installation in .*\/\.surety: set the environment of the service \(.*\n$/)
    assert.deepEqual(await readdir(folder), ['rows.csv'])
  })
}
