import type { Explanation } from '@surety/contract'
import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { Problem } from '../errors.ts'
import { answer, type CommandIo, type ExitCode, readArguments } from './command-io.ts'
import { explanationText } from './explanation-text.ts'
import { explainOnce } from './open-explain.ts'

const usage = 'usage: surety explain DECISION_ID --tenant T [--json]'

export interface ExplainIo extends CommandIo {
  explain(tenant: string, id: string): Promise<Explanation>
}

const explainIo = (): ExplainIo => ({
  out: line => void process.stdout.write(`${line}\n`),
  err: line => void process.stderr.write(`${line}\n`),
  explain: (tenant, id) => explainOnce(buildConfig(readEnv()), tenant, id),
})

/** `surety explain`: why a case ended as it did, for people; --json for machines. */
export async function explain(args: readonly string[], io: ExplainIo = explainIo()): Promise<ExitCode> {
  const options = { tenant: { type: 'string' }, json: { type: 'boolean' } } as const
  const parsed = readArguments(args, io, { usage, options, words: 1 })
  if (typeof parsed === 'number') return parsed
  const { tenant, json } = parsed.values
  const [id] = parsed.words
  if (typeof tenant !== 'string' || id === undefined) {
    io.err(usage)
    return 2
  }
  try {
    const found = await io.explain(tenant, id)
    if (json === true) answer(io, found)
    else io.out(explanationText(found))
    return 0
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    io.err(error.message)
    return 3
  }
}
