import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const entry = join(dirname(fileURLToPath(import.meta.url)), '../bin/surety.js')

test('whatever is left open, a command that has ended ends its process with its code', async () => {
  const leftOpen = 'data:text/javascript,setInterval(() => {}, 1000)'
  const child = spawn(process.execPath, ['--import', leftOpen, entry, 'nosuchcommand'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', chunk => {
    said += chunk
  })
  assert.deepEqual(await once(child, 'exit'), [2, null])
  assert.match(said, /nosuchcommand/)
})
