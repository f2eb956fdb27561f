import { openBeside } from '../app/open-beside.ts'
import { redactFor } from '../app/tenant-privacy.ts'
import { buildConfig, type Config } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { Problem } from '../errors.ts'
import { eraseCase } from '../manage/erasure/erase.ts'
import { answer, type CommandIo, type ExitCode, readArguments } from './command-io.ts'

const usage = `usage: surety erase ID --tenant T --pod P --reason R
Erases what is known of the person of a case, such as a lead: contact, text, tokens, features, search words and what was not
done yet. How it was decided and ended stays, so that books, receipts and certificates hold (docs/erasure.md). It cannot be taken back.
The reason goes into the audit log, where nothing is ever erased: name nobody in it.`

const options = { tenant: { type: 'string' }, reason: { type: 'string' }, pod: { type: 'string' } } as const

interface Order {
  readonly tenant: string
  readonly pod: string
  readonly caseId: string
  readonly reason: string
}

export interface EraseIo extends CommandIo {
  erase(order: Order): Promise<object>
}

const terminal: EraseIo = {
  out: line => void process.stdout.write(`${line}\n`),
  err: line => void process.stderr.write(`${line}\n`),
  erase: order => eraseDirectly(buildConfig(readEnv()), order),
}

/** `surety erase`: on the database directly, while the service runs or not. */
export async function erase(args: readonly string[], io: EraseIo = terminal): Promise<ExitCode> {
  const parsed = readArguments(args, io, { usage, options, words: 1 })
  if (typeof parsed === 'number') return parsed
  const [caseId] = parsed.words
  const { tenant, reason, pod } = parsed.values as { readonly [name: string]: string | undefined }
  const missing =
    caseId === undefined
      ? 'The id of the case is missing.'
      : tenant === undefined
        ? '--tenant is missing.'
        : pod === undefined
          ? '--pod is missing.'
          : reason === undefined || reason.trim() === ''
            ? '--reason is missing; it is written into the audit log.'
            : null
  if (missing !== null) {
    io.err(missing)
    io.err(usage)
    return 2
  }
  try {
    answer(io, { ok: true, ...(await io.erase({ tenant: tenant!, pod: pod!, caseId: caseId!, reason: reason! })) })
    return 0
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    io.err(`surety erase: ${error.message}`)
    return 1
  }
}

/** @throws Problem `case_not_found` */
export async function eraseDirectly(config: Config, { tenant, pod, caseId, reason }: Order) {
  await using beside = await openBeside(config)
  const { piiRoot } = await beside.secrets()
  const redacted = await beside.db.transaction([tenant], handle => redactFor(handle, piiRoot, tenant, reason))
  const order = { tenant, pod, caseId, actor: 'cli', reason: redacted, requestId: undefined }
  const { erasedAt, records, cancelled, again } = await eraseCase(beside, order)
  return { pod, case_id: caseId, erased_at: erasedAt.toISOString(), records, cancelled, again }
}
