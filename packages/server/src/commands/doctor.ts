import { examine } from '../app/examine.ts'
import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'

/** `surety doctor`: what is wrong, in plain words; exit code 4 when something is. */
export async function doctor(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    process.stdout.write('usage: surety doctor\n')
    return args[0] === '--help' ? 0 : 2
  }
  const checks = await examine(buildConfig(readEnv()), () => new Date())
  for (const { name, ok, sentence } of checks) process.stdout.write(`${ok ? 'ok  ' : 'BAD '} ${name}: ${sentence}\n`)
  const bad = checks.filter(check => !check.ok).length
  process.stdout.write(bad === 0 ? 'Nothing is wrong.\n' : `${bad} thing${bad === 1 ? ' is' : 's are'} wrong.\n`)
  return bad === 0 ? 0 : 4
}
