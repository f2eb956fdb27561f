import { openApp } from '../app.ts'
import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { untilOver } from './until-stopped.ts'

const usage = 'usage: surety start     (configuration: docs/config.md)\n'

/** `surety start`: the service until it is told to stop. */
export async function start(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    process.stdout.write(usage)
    return args[0] === '--help' ? 0 : 2
  }
  const config = buildConfig(readEnv())
  await using app = await openApp(config)
  const address = await app.listen()
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  for (const note of app.notes) say(note)
  if (app.firstKey !== null) {
    say('')
    say(`Your admin key for tenant ${config.tenant}, shown only this once:`)
    say(`  ${app.firstKey}`)
    say('')
  }
  say(`Surety listens on ${address} (API reference: ${address}/docs)`)
  const code = await untilOver(app)
  app.log('service_stopping', { code })
  say('stopping: finishing what was taken in')
  return code
}
