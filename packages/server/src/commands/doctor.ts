import { parseArgs } from 'node:util'
import { type Check, examine } from '../app/examine.ts'
import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'

const usage = `usage: surety doctor [--whole] [--json]
--whole  walks audit logs and receipts from their beginning and holds every record against its digest, however long that takes;
         without it the newest entries and links and every signed head of the audit, within seconds
--json   the same for machines: {"ok", "as_of", "checks": [{"name", "ok", "sentence", "todo"}]}
Exit codes: 0 nothing is wrong, 2 usage, 4 something is, or could not be looked at. It changes and starts nothing.
What is looked at: docs/operations.md, "What the doctor looks at".
`

/** `surety doctor`: what is wrong and what to do, in plain words. */
export async function doctor(args: readonly string[]): Promise<number> {
  const asked = readAsked(args)
  if (typeof asked === 'number') return asked
  const now = () => new Date()
  const checks = await examine(buildConfig(readEnv()), now, { whole: asked.whole })
  process.stdout.write(asked.json ? asJson(checks, now()) : asText(checks))
  return checks.every(check => check.ok) ? 0 : 4
}

function readAsked(args: readonly string[]): { readonly whole: boolean; readonly json: boolean } | number {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { whole: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    })
    if (values.help !== true) return { whole: values.whole === true, json: values.json === true }
    process.stdout.write(usage)
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}`)
    return 2
  }
}

function asText(checks: readonly Check[]): string {
  const lines = checks.map(
    ({ name, ok, sentence, todo }) =>
      `${ok ? 'ok  ' : 'BAD '} ${name}: ${sentence}${todo === undefined ? '' : `\n     do: ${todo}`}`,
  )
  const bad = checks.filter(check => !check.ok).length
  const end = bad === 0 ? 'Nothing is wrong.' : `${bad} thing${bad === 1 ? ' is' : 's are'} wrong.`
  return `${[...lines, end].join('\n')}\n`
}

const asJson = (checks: readonly Check[], at: Date): string =>
  `${JSON.stringify(
    {
      ok: checks.every(check => check.ok),
      as_of: at.toISOString(),
      checks: checks.map(({ name, ok, sentence, todo = null }) => ({ name, ok, sentence, todo })),
    },
    null,
    2,
  )}\n`
