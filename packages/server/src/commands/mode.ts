import type { Gate, Mode } from '@surety/contract'
import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { Problem } from '../errors.ts'
import { answer, type CommandIo, type ExitCode, readArguments } from './command-io.ts'
import { setModeDirectly } from './open-modes.ts'

const usage = `usage: surety mode acting|asking|dry_run|stopped --tenant T --reason R [--pod P] [--question Q] [--action A] [--gate certified|threshold]
Without --action all actions are meant, without --pod and --question all of them. Works while the service runs, which follows in under a second.`

const modes: readonly string[] = ['acting', 'asking', 'dry_run', 'stopped']
const gates: readonly string[] = ['certified', 'threshold']
const options = {
  tenant: { type: 'string' },
  reason: { type: 'string' },
  pod: { type: 'string' },
  question: { type: 'string' },
  action: { type: 'string' },
  gate: { type: 'string' },
} as const

const terminal: CommandIo = {
  out: line => void process.stdout.write(`${line}\n`),
  err: line => void process.stderr.write(`${line}\n`),
}

/** `surety mode`: how far the machine goes by itself, set on the database directly. */
export async function mode(args: readonly string[], io: CommandIo = terminal): Promise<ExitCode> {
  const parsed = readArguments(args, io, { usage, options, words: 1 })
  if (typeof parsed === 'number') return parsed
  const given = (name: string): string | undefined => parsed.values[name] as string | undefined
  const [word] = parsed.words
  const [tenant, reason, gate] = [given('tenant'), given('reason'), given('gate')]
  const wrong = (sentence: string): ExitCode => {
    io.err(sentence)
    io.err(usage)
    return 2
  }
  if (word === undefined || !modes.includes(word)) return wrong(`The mode must be one of ${modes.join(', ')}.`)
  if (gate !== undefined && !gates.includes(gate)) return wrong(`The gate must be one of ${gates.join(', ')}.`)
  if (tenant === undefined) return wrong('--tenant is missing.')
  if (reason === undefined || reason.trim() === '')
    return wrong('--reason is missing; it is written into the audit log.')
  try {
    const items = await setModeDirectly(buildConfig(readEnv()), {
      tenant,
      reason,
      pod: given('pod') ?? null,
      question: given('question') ?? null,
      action: given('action') ?? '*',
      mode: word as Mode,
      gate: gate as Gate | undefined,
    })
    answer(io, { ok: true, items })
    return 0
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const detail = error.errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
    return wrong(detail === '' ? error.message : detail)
  }
}
