import { redactForShow } from '../app/show-text.ts'
import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'

/** `surety redact TEXT`: one JSON line, under the key of the configured tenant. */
export async function redact(args: readonly string[]): Promise<number> {
  if (args.length !== 1 || args[0] === '--help') {
    process.stdout.write('usage: surety redact TEXT\n')
    return args[0] === '--help' ? 0 : 2
  }
  process.stdout.write(`${JSON.stringify(await redactForShow(buildConfig(readEnv()), args[0]!))}\n`)
  return 0
}
