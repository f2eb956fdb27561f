import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { type ExitCode, readArguments } from './command-io.ts'
import { makeHeads, makeReceipt, publicKeyOf } from './receipt-tools.ts'

const usage = `usage: surety receipt DECISION_ID [--tenant T] > receipt.json
       surety receipt --heads [--tenant T] > heads.json
       surety receipt --public-key > key.txt
The first writes the proof of one decision as a file, which surety verify-receipt (or bin/verify-receipt.mjs alone) checks
offline; --tenant is TENANT of the configuration when left out. --heads signs and writes the newest signed head of every chain: keep
that file where nobody of this installation can write, and surety verify --receipts --heads finds a past that was written
anew; it holds the heads of the audit logs too, for surety verify --audit --heads. --public-key writes the key an auditor checks with. Works while the service runs or not. docs/receipts.md says more.`

const io = {
  out: (line: string): void => void process.stdout.write(`${line}\n`),
  err: (line: string): void => void process.stderr.write(`${line}\n`),
}

/** `surety receipt`: exit code 3 and a sentence when there is no receipt or head to give, 4 where an audit log could not be signed. */
export async function receipt(args: readonly string[]): Promise<ExitCode> {
  const parsed = readArguments(args, io, {
    usage,
    options: { tenant: { type: 'string' }, heads: { type: 'boolean' }, 'public-key': { type: 'boolean' } },
    words: 1,
  })
  if (typeof parsed === 'number') return parsed
  const { values, words } = parsed
  const config = buildConfig(readEnv())
  const given = typeof values['tenant'] === 'string' ? values['tenant'] : null
  const [id] = words
  const asked = [id !== undefined, values['heads'] === true, values['public-key'] === true].filter(Boolean).length
  if (asked !== 1) {
    io.err(`Name one decision, or --heads, or --public-key.\n${usage}`)
    return 2
  }
  if (values['public-key'] === true) {
    io.out(await publicKeyOf(config))
    return 0
  }
  if (id === undefined) {
    const { file, broken } = await makeHeads(config, given)
    if (file.heads.length === 0 && file.audit.length === 0 && broken.length === 0) {
      io.err(`There is no head${given === null ? '' : ` of tenant ${given}`} yet, so nothing was written.`)
      return 3
    }
    for (const place of broken)
      io.err(`The audit log of ${place}. Its head of before is given; what came later is not signed (docs/audit.md).`)
    io.out(JSON.stringify(file, null, 2))
    return broken.length === 0 ? 0 : 4
  }
  const file = await makeReceipt(config, given ?? config.tenant, id)
  if (typeof file === 'string') {
    io.err(file)
    return 3
  }
  io.out(JSON.stringify(file, null, 2))
  return 0
}
