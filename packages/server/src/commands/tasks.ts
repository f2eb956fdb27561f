import { openBeside } from '../app/open-beside.ts'
import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { Problem } from '../errors.ts'
import { taskService } from '../manage/tasks/tasks.ts'
import { answer, type CommandIo, type ExitCode, readArguments } from './command-io.ts'

const usage = `usage: surety tasks list
       surety tasks run|pause|resume NAME
       surety tasks schedule NAME --cron "30 2 * * *" [--zone Europe/Berlin]
       surety tasks schedule NAME --usual
What recurs, and how its last run went. Works while the service runs, which hears of it at once; what is asked for while it
does not run is done when it starts.`

const options = { cron: { type: 'string' }, zone: { type: 'string' }, usual: { type: 'boolean' } } as const

const terminal: CommandIo = {
  out: line => void process.stdout.write(`${line}\n`),
  err: line => void process.stderr.write(`${line}\n`),
}

/** `surety tasks`: on the database directly, as the platform. */
export async function tasks(args: readonly string[], io: CommandIo = terminal): Promise<ExitCode> {
  const parsed = readArguments(args, io, { usage, options, words: 2 })
  if (typeof parsed === 'number') return parsed
  const [verb, name] = parsed.words
  const cron = parsed.values['cron'] as string | undefined
  const timeZone = (parsed.values['zone'] as string | undefined) ?? 'UTC'
  const usual = parsed.values['usual'] === true
  const wrong = (sentence: string): ExitCode => {
    io.err(sentence)
    io.err(usage)
    return 2
  }
  const asker = { tenant: '*', actor: 'cli' }
  const known = ['list', 'run', 'pause', 'resume', 'schedule']
  if (verb === undefined || !known.includes(verb)) return wrong(`Say one of ${known.join(', ')}.`)
  if (verb !== 'list' && name === undefined)
    return wrong('The name of the task is missing; surety tasks list has them.')
  if (verb === 'schedule' && usual === (cron !== undefined))
    return wrong('Give --cron, or --usual for the usual times.')
  await using beside = await openBeside(buildConfig(readEnv()))
  const service = taskService(beside)
  const task = name ?? ''
  const does: { readonly [verb: string]: () => Promise<object> } = {
    list: () => service.list(asker),
    run: () => service.run(asker, task),
    pause: () => service.pause(asker, task),
    resume: () => service.resume(asker, task),
    schedule: () => service.schedule(asker, task, cron === undefined ? null : { cron, timeZone }),
  }
  try {
    answer(io, { ok: true, ...(await does[verb]!()) })
    return 0
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const detail = error.errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
    return wrong(detail === '' ? error.message : detail)
  }
}
