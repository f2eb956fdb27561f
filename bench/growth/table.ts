import type { Timed } from './doors.ts'

export interface AtSize {
  readonly size: number
  /** The planner has counted the tables. */
  readonly statistics: boolean
  readonly doors: readonly Timed[]
  readonly jobs: readonly Timed[]
}

export function doorTable({ size, statistics, doors, jobs }: AtSize): string {
  const rows = [...doors, ...jobs].map(({ name, status, p50, p95, n, explained }) => {
    const slowest = explained.toSorted((a, b) => b.ms - a.ms)[0]
    const said =
      slowest === undefined
        ? ' | | '
        : `${slowest.name} (${slowest.plan}) | ${slowest.ms.toFixed(1)} | ${slowest.buffers}`
    return `| ${name} | ${status} | ${p50.toFixed(1)} | ${p95.toFixed(1)} | ${n} | ${said} |`
  })
  return [
    `\n## ${size.toLocaleString('en')} leads, ${statistics ? 'with' : 'without'} statistics\n`,
    '| door or job | status | p50, ms | p95, ms | n | slowest statement, explained | ms | pages |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

const fewPages = 500

/** Statements whose pages grow with history, beside what each read at the smallest and at the largest size. */
export function queryTable(all: readonly AtSize[]): string {
  const lines: string[] = []
  for (const statistics of [false, true]) {
    const same = all.filter(one => one.statistics === statistics)
    const [small, large] = [same[0], same.at(-1)]
    if (small === undefined || large === undefined) continue
    const before = new Map(placesOf(small).map(one => [one.key, one.buffers]))
    for (const { key, buffers, scans, ms } of placesOf(large)) {
      const was = before.get(key) ?? 0
      const growth = buffers / Math.max(1, was)
      if (buffers < fewPages || growth < 2) continue
      const scanned = scans.length > 0 ? scans.join(', ') : ''
      const words = statistics ? 'with' : 'without'
      lines.push(`| ${key} | ${words} | ${was} | ${buffers} | ${growth.toFixed(1)} | ${ms.toFixed(0)} | ${scanned} |`)
    }
  }
  return [
    '\n## Statements whose pages grow with history\n',
    '| door or job: statement (plan) | statistics | pages, smallest | pages, largest | times | ms | read whole |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n')
}

const placesOf = ({ doors, jobs }: AtSize) =>
  [...doors, ...jobs].flatMap(({ name, explained }) =>
    explained.map(one => ({ ...one, key: `${name}: ${one.name} (${one.plan})` })),
  )
