import { EmbeddedError } from './embedded-error.ts'
import type { Machine } from './machine.ts'
import { type EmbeddedOptions, startOn } from './start.ts'

// Another Surety, for tests of what happens between two processes: says how its start went, lives until its input ends.
const { machine, options }: { machine: Machine; options: EmbeddedOptions } = JSON.parse(process.argv[2] ?? '{}')
try {
  const embedded = await startOn({ ...machine, uid: process.getuid!(), gid: process.getgid!() }, options)
  console.log(JSON.stringify(embedded))
  process.stdin.resume().once('end', () => void embedded.stop())
} catch (error) {
  if (!(error instanceof EmbeddedError)) throw error
  console.log(JSON.stringify({ code: error.code, message: error.message }))
}
