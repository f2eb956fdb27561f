import { parseArgs } from 'node:util'
import { type Grant, type Role, readGivenTime } from '@surety/contract'
import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { Problem } from '../errors.ts'
import { openKeys } from './open-keys.ts'

const usage = `usage: surety keys create --tenant T --role ingest|device|viewer|operator|admin [--name N] [--grant pii|fraud ...] [--limit GROUP=PER_MINUTE ...] [--daily-quota N] [--expires ISO] [--country CC] [--system-of-record]
       surety keys list --tenant T
       surety keys disable ID --tenant T
       surety keys rotate ID --tenant T [--overlap 24h] [--reason R]
       surety keys daily-quota ID N|none --tenant T
       surety keys system-of-record ID --tenant T [--off]
Tenant "*" is the platform. The key is printed once, at creation and at each rotation. Limit groups: leads, reads, v1, events, ops, exports.
The grant pii lets its holder reveal contact fields, one at a time, each told to the audit log.
A system of record reports what people found: its outcomes count as a person's, however many come and whoever opened the case.
A rotation gives the key a new secret; the old one stays good for the overlap (30m, 24h, 7d; 0: it ends at once).
A daily quota is requests a day of UTC, over all routes and processes; a list says how many of them were used today.
--country sets the country of the tenant: an ISO 3166 code of two letters, by which phone numbers are read (default US).
`

/** `surety keys`: works on the database directly, while the service runs or not. */
export async function keys(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args
  if (verb === undefined || args.includes('--help')) {
    process.stdout.write(usage)
    return verb === undefined ? 2 : 0
  }
  const { values, positionals } = read(rest)
  const tenant = values.tenant
  if (tenant === undefined) return wrong('--tenant is missing')
  const env = readEnv()
  // An installation is prepared before its first start only where somebody said which one.
  const named = env.DATABASE_URL !== undefined || env.DATA_DIR !== undefined
  await using store = await openKeys(buildConfig(env), verb === 'create' && named)
  const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)
  try {
    if (verb === 'list') print(await store.list(tenant))
    else if (verb === 'disable' && positionals[0] !== undefined) print(await store.disable(tenant, positionals[0]))
    else if (verb === 'rotate' && positionals[0] !== undefined) {
      const { overlap, reason } = values
      const overlapSeconds = overlap === undefined ? undefined : readOverlap(overlap)
      const { key, view } = await store.rotate(tenant, positionals[0], { overlapSeconds, reason })
      print({ key, ...view })
    } else if (verb === 'daily-quota' && positionals[1] !== undefined)
      print(await store.setQuota(tenant, positionals[0]!, positionals[1] === 'none' ? null : Number(positionals[1])))
    else if (verb === 'system-of-record' && positionals[0] !== undefined)
      print(await store.mark(tenant, positionals[0], values.off !== true))
    else if (verb === 'create') {
      if (values.role === undefined) return wrong('--role is missing')
      const limits = Object.fromEntries((values.limit ?? []).map(readLimit))
      const expires = values.expires === undefined ? undefined : readExpiry(values.expires)
      if (expires !== undefined && !(expires instanceof Date)) return wrong(`--expires ${expires.message}`)
      const input = {
        tenant,
        role: values.role as Role,
        name: values.name ?? 'command line',
        limits,
        dailyQuota: values['daily-quota'] === undefined ? undefined : Number(values['daily-quota']),
        grants: (values.grant ?? []) as Grant[],
        systemOfRecord: values['system-of-record'] === true,
        expiresAt: expires,
      }
      const { key, view } = await store.create(input, values.country)
      print({ key, ...view })
    } else return wrong(`there is no "keys ${verb}"`)
    return 0
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const fields = error.errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
    return wrong(fields === '' ? error.message : fields)
  }
}

/** A day stands for its beginning in UTC. */
const readExpiry = (text: string) => readGivenTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)

function read(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      tenant: { type: 'string' },
      role: { type: 'string' },
      name: { type: 'string' },
      grant: { type: 'string', multiple: true },
      limit: { type: 'string', multiple: true },
      'daily-quota': { type: 'string' },
      overlap: { type: 'string' },
      reason: { type: 'string' },
      expires: { type: 'string' },
      country: { type: 'string' },
      'system-of-record': { type: 'boolean' },
      off: { type: 'boolean' },
    },
  })
}

const secondsIn: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** `30m`, `24h`, `7d`, `0`; what is none of these is no number, and refused as one. */
function readOverlap(text: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? []
  return text === '0' ? 0 : Number(count) * (secondsIn[unit ?? ''] ?? Number.NaN)
}

function readLimit(text: string): [string, number] {
  const [group = '', count = ''] = text.split('=')
  return [group, Number(count)]
}

function wrong(sentence: string): number {
  process.stderr.write(`surety keys: ${sentence}\n${usage}`)
  return 2
}
