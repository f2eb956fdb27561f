import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { Problem } from '../errors.ts'
import { answer, type CommandIo, type ExitCode, readArguments } from './command-io.ts'
import { acceptDirectly } from './open-acceptance.ts'

const usage = `usage: surety certificates accept ID --tenant T --reason R
Accepts the first certificate of an action, where the setting first_certificate says that it waits for that. Look at who labelled
first: GET /ops/certificates/ID. Works while the service runs, which follows in under a second.`

const options = { tenant: { type: 'string' }, reason: { type: 'string' } } as const

const terminal: CommandIo = {
  out: line => void process.stdout.write(`${line}\n`),
  err: line => void process.stderr.write(`${line}\n`),
}

/** `surety certificates accept`: on the database directly. */
export async function certificates(args: readonly string[], io: CommandIo = terminal): Promise<ExitCode> {
  const parsed = readArguments(args, io, { usage, options, words: 2 })
  if (typeof parsed === 'number') return parsed
  const [verb, id] = parsed.words
  const tenant = parsed.values['tenant'] as string | undefined
  const reason = parsed.values['reason'] as string | undefined
  const wrong = (sentence: string): ExitCode => {
    io.err(sentence)
    io.err(usage)
    return 2
  }
  if (verb !== 'accept') return wrong('Say accept.')
  if (id === undefined || !/^[0-9a-f-]{36}$/.test(id)) return wrong('The id of the certificate is missing.')
  if (tenant === undefined) return wrong('--tenant is missing.')
  if (reason === undefined || reason.trim() === '')
    return wrong('--reason is missing; it is written into the audit log.')
  try {
    answer(io, { ok: true, ...(await acceptDirectly(buildConfig(readEnv()), { tenant, id, reason })) })
    return 0
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return wrong(error.message)
  }
}
