import pg from 'pg'

/** One statement as the service sent it, with the values of its slowest call. */
export interface Seen {
  readonly name: string
  readonly text: string
  values: readonly unknown[]
  slowestMs: number
}

/** Listens to every statement of this process, by the name it is prepared under. */
export function listen(): { take(): readonly Seen[] } {
  const seen = new Map<string, Seen>()
  // biome-ignore lint/suspicious/noExplicitAny: the many forms of pg's own function
  const original = pg.Client.prototype.query as any
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const heard = function (this: pg.Client, query: any, ...rest: any[]) {
    const text: string | undefined = typeof query === 'string' ? query : query?.text
    const startedMs = performance.now()
    const answer = original.call(this, query, ...rest)
    if (text !== undefined && typeof answer?.then === 'function') {
      const name = (typeof query === 'string' ? undefined : query.name) ?? text.replaceAll(/\s+/g, ' ').slice(0, 60)
      const one = seen.get(name) ?? { name, text, values: [], slowestMs: -1 }
      seen.set(name, one)
      const values: readonly unknown[] = (Array.isArray(rest[0]) ? rest[0] : query?.values) ?? []
      answer.then(
        () => {
          const ms = performance.now() - startedMs
          if (ms > one.slowestMs) Object.assign(one, { values, slowestMs: ms })
        },
        () => {},
      )
    }
    return answer
  }
  pg.Client.prototype.query = heard as typeof pg.Client.prototype.query
  return {
    take() {
      const all = [...seen.values()]
      seen.clear()
      return all
    },
  }
}

/** What one execution read, and how. */
export interface Explained {
  readonly name: string
  readonly plan: 'custom' | 'generic'
  /** Pages of 8 kB, found in memory or not. */
  readonly buffers: number
  readonly ms: number
  /** Tables read from one end to the other. */
  readonly scans: readonly string[]
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Actual Loops'?: number
  readonly Plans?: readonly PlanNode[]
}

const readable = /^\s*(select|with|insert|update|delete)\b/i

/**
 * Runs a statement again as the service's plain role sees it, in a transaction that is rolled back: once with a plan for
 * its values and once with the general plan that PostgreSQL may keep from the sixth execution on.
 */
export async function explain(sql: pg.Client, tenants: readonly string[], seen: Seen): Promise<readonly Explained[]> {
  const found: Explained[] = []
  if (!readable.test(seen.text)) return found
  // What the line writes is sent in binary, which no literal can say: it is explained with its parameters, planned for them.
  const binary = seen.values.some(value => Buffer.isBuffer(value))
  for (const plan of ['custom', 'generic'] as const) {
    await sql.query('begin')
    try {
      await sql.query('set local role surety_app; set local search_path = surety; set local jit = off')
      await sql.query(`select set_config('surety.tenants', $1, true), set_config('statement_timeout', '60s', true)`, [
        tenants.join(','),
      ])
      const forced = seen.values.length > 0 ? plan : 'custom'
      await sql.query(`set local plan_cache_mode = force_${forced}_plan`)
      const { rows } = binary
        ? await sql.query({ text: `${explaining} ${seen.text}`, values: [...seen.values] })
        : await sql.query(await executable(sql, seen))
      const [{ Plan: top, 'Execution Time': ms }] = rows[0]['QUERY PLAN']
      const buffers = top['Shared Hit Blocks'] + top['Shared Read Blocks']
      found.push({ name: seen.name, plan, buffers, ms, scans: [...new Set(scansOf(top))] })
    } catch (error) {
      found.push({
        name: `${seen.name} (${error instanceof Error ? error.message : error})`,
        plan,
        buffers: 0,
        ms: 0,
        scans: [],
      })
    } finally {
      await sql.query('rollback; deallocate all')
    }
    if (seen.values.length === 0 || binary) break
  }
  return found
}

const explaining = 'explain (analyze, buffers, timing off, format json)'

/** `execute` takes no parameters, so values are written out, quoted by the driver. */
async function executable(sql: pg.Client, { text, values }: Seen): Promise<string> {
  if (values.length === 0) return `${explaining} ${text}`
  await sql.query(`prepare explained as ${text}`)
  const written = values.map(value => literal(sql, value))
  return `${explaining} execute explained (${written.join(', ')})`
}

function literal(sql: pg.Client, value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (value instanceof Date) return sql.escapeLiteral(value.toISOString())
  if (Array.isArray(value)) {
    const items = value.map(one => {
      if (one === null || one === undefined) return 'NULL'
      const text = one instanceof Date ? one.toISOString() : String(one)
      return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
    })
    return sql.escapeLiteral(`{${items.join(',')}}`)
  }
  return sql.escapeLiteral(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

function* scansOf(node: PlanNode): Generator<string> {
  if (node['Node Type'] === 'Seq Scan' && (node['Actual Loops'] ?? 0) > 0) yield node['Relation Name'] ?? '?'
  for (const child of node.Plans ?? []) yield* scansOf(child)
}
