import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { Problem } from '../errors.ts'
import { answer, type CommandIo, type ExitCode, readArguments } from './command-io.ts'
import { acceptImportDirectly, type ImportOrder } from './open-acceptance.ts'

const usage = `usage: surety imports accept KEY_ID --tenant T --reason R
       surety imports accept --no-key --tenant T --reason R
Takes what a key imported until now as the tenant's own history: the next training may begin a record with it, and none of the rules
for labels in bulk binds it any more. --no-key: what was imported before keys were kept with outcomes. Look at who told outcomes
first: GET /ops/labels. Works while the service runs.`

const options = { tenant: { type: 'string' }, reason: { type: 'string' }, 'no-key': { type: 'boolean' } } as const

export interface ImportsIo extends CommandIo {
  accept(order: ImportOrder): ReturnType<typeof acceptImportDirectly>
}

const terminal: ImportsIo = {
  out: line => void process.stdout.write(`${line}\n`),
  err: line => void process.stderr.write(`${line}\n`),
  accept: order => acceptImportDirectly(buildConfig(readEnv()), order),
}

/** `surety imports accept`: on the database directly. */
export async function imports(args: readonly string[], io: ImportsIo = terminal): Promise<ExitCode> {
  const parsed = readArguments(args, io, { usage, options, words: 2 })
  if (typeof parsed === 'number') return parsed
  const [verb, id] = parsed.words
  const tenant = parsed.values['tenant'] as string | undefined
  const reason = parsed.values['reason'] as string | undefined
  const noKey = parsed.values['no-key'] === true
  const wrong = (sentence: string): ExitCode => {
    io.err(sentence)
    io.err(usage)
    return 2
  }
  if (verb !== 'accept') return wrong('Say accept.')
  if (id === undefined && !noKey) return wrong('The id of the key is missing; surety keys list shows them.')
  if (id !== undefined && noKey) return wrong('Name a key or say --no-key, not both.')
  // A whole key lies in the history of the shell by now, and must not lie in the audit log as well.
  if (id !== undefined && !/^[A-Za-z0-9-]{1,64}$/.test(id)) return wrong('That is not the id of a key.')
  if (tenant === undefined) return wrong('--tenant is missing.')
  if (reason === undefined || reason.trim() === '')
    return wrong('--reason is missing; it is written into the audit log.')
  try {
    answer(io, { ok: true, ...(await io.accept({ tenant, key: id ?? null, reason })) })
    return 0
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    io.err(error.message)
    return 3
  }
}
