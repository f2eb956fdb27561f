import { KeyRefused } from '../app/installation-keys.ts'
import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { answer, type CommandIo, type ExitCode, readArguments } from './command-io.ts'
import { acceptKeyDirectly } from './open-acceptance.ts'

const settings = { DATA_KEY: 'data_key', PII_KEY: 'pii_key', MODEL_SIGNING_KEY: 'signing_key' } as const

const usage = `usage: surety installation-keys accept DATA_KEY|PII_KEY|MODEL_SIGNING_KEY --reason R [--lose-contacts]
Every process of an installation has the same three keys; one that has others refuses to start. Whoever changes a key on purpose sets the
new one and accepts it with this, while no process runs (docs/keys.md says what each change costs). DATA_KEY needs it only to leave an old key out:
a new one is put in front of the old one, separated by a comma.
--lose-contacts  gives up contacts that are sealed with a key that is not in DATA_KEY any more: nobody reads them again without it
Exit codes: 0 accepted, 2 usage, 3 refused and nothing written: a process runs, or contacts would be lost.`

const options = { reason: { type: 'string' }, 'lose-contacts': { type: 'boolean' } } as const

export interface InstallationKeysIo extends CommandIo {
  accept(order: Parameters<typeof acceptKeyDirectly>[1]): ReturnType<typeof acceptKeyDirectly>
}

const terminal: InstallationKeysIo = {
  out: line => void process.stdout.write(`${line}\n`),
  err: line => void process.stderr.write(`${line}\n`),
  accept: order => acceptKeyDirectly(buildConfig(readEnv()), order),
}

/** `surety installation-keys accept`: on the database directly. */
export async function installationKeys(args: readonly string[], io: InstallationKeysIo = terminal): Promise<ExitCode> {
  const parsed = readArguments(args, io, { usage, options, words: 2 })
  if (typeof parsed === 'number') return parsed
  const [verb, setting = ''] = parsed.words
  const reason = parsed.values['reason'] as string | undefined
  const wrong = (sentence: string): ExitCode => {
    io.err(sentence)
    io.err(usage)
    return 2
  }
  if (verb !== 'accept') return wrong('Say accept.')
  if (!Object.hasOwn(settings, setting)) return wrong('Say which key: DATA_KEY, PII_KEY or MODEL_SIGNING_KEY.')
  if (reason === undefined || reason.trim() === '')
    return wrong('--reason is missing; it is written into the audit log.')
  const loseContacts = parsed.values['lose-contacts'] === true
  if (loseContacts && setting !== 'DATA_KEY') return wrong('--lose-contacts is for DATA_KEY alone.')
  const name = settings[setting as keyof typeof settings]
  try {
    answer(io, { ok: true, ...(await io.accept({ name, reason, loseContacts })) })
    return 0
  } catch (error) {
    if (!(error instanceof KeyRefused)) throw error
    io.err(`surety installation-keys: ${error.message}`)
    return 3
  }
}
