import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { type CommandIo, readArguments } from './command-io.ts'
import { redactForShow } from './show-text.ts'

const usage = `usage: surety redact TEXT [--country CC]

  --country CC   the country of the tenant, ISO 3166 code of two letters (default US)`

/** `surety redact TEXT`: one JSON line, under the key of the configured tenant. */
export async function redact(args: readonly string[]): Promise<number> {
  const io: CommandIo = {
    out: line => void process.stdout.write(`${line}\n`),
    err: line => void process.stderr.write(`${line}\n`),
  }
  const parsed = readArguments(args, io, { usage, options: { country: { type: 'string' } }, words: 1 })
  if (typeof parsed === 'number') return parsed
  const [text] = parsed.words
  const country = String(parsed.values['country'] ?? 'US').toUpperCase()
  const shown = text === undefined ? null : await redactForShow(buildConfig(readEnv()), text, country)
  if (shown === null) {
    io.err(text === undefined ? usage : `surety redact: --country ${country}: a code such as US or DE is needed.`)
    return 2
  }
  io.out(JSON.stringify(shown))
  return 0
}
