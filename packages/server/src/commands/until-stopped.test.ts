import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

const program = `
  import { untilStopped } from '${new URL('./until-stopped.ts', import.meta.url).href}'
  const alive = setInterval(() => {}, 1000)
  const stopped = untilStopped()
  console.log('waiting')
  await stopped
  process.stdout.write('stopping ')
  process.stdin.once('data', () => {
    clearInterval(alive)
    process.stdin.destroy()
  })`

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`a second ${signal} at once does not cut the stop that the first one began`, async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    child.kill(signal)
    child.kill(signal)
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    child.stdin.on('error', () => {})
    setTimeout(() => child.stdin.write('x'), 200)
    assert.deepEqual(await ended, [0, null])
  })

test('whoever read what it says may have ended before it, as in `surety start | tee log`: the stop is not cut', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  child.stdout.destroy()
  await once(child.stdout, 'close')
  child.kill('SIGINT')
  child.stdin.write('x')
  assert.deepEqual(await ended, [0, null])
})

test('a service that can serve no more ends with code 1 and says why', async () => {
  const lost = `
    import { untilOver } from '${new URL('./until-stopped.ts', import.meta.url).href}'
    process.exit(await untilOver({ lost: Promise.resolve(new Error('The database has ended.')) }))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', lost], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', chunk => {
    said += chunk
  })
  assert.deepEqual(await once(child, 'close'), [1, null])
  assert.match(said, /^surety: The database has ended\. The service ends/)
})
