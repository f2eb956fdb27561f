import { type Bar, barsOf, thousands } from './bars.ts'
import { median } from './median.ts'
import { isPhase, type LineResults, type Phase, type Refused } from './results.ts'

/** The results as Markdown, for the terminal and for bench/README.md. */
export function tableOf(results: LineResults): string {
  const head = `${results.date}, ${results.mode} run, ${results.machine}; load average before: ${results.loadAverageBefore.toFixed(2)}`
  return [
    head,
    '',
    bars(results.databases.flatMap(barsOf)),
    '',
    phases(results),
    '',
    peer(results),
    ...audits(results),
  ].join('\n')
}

function bars(rows: readonly Bar[]): string {
  return [
    '| database | what | bar | found | met | cores used by others |',
    '|---|---|---|---|---|---|',
    ...rows.map(
      ({ database, what, bar, found, met, othersCores }) =>
        `| ${database} | ${what} | ${bar} | ${found} | ${met === null ? 'not counted' : met ? 'yes' : 'NO'} | ${othersCores ?? ''} |`,
    ),
  ].join('\n')
}

function phases(results: LineResults): string {
  return [
    '| database | phase | per second | p50 | p95 | p99 | max, ms | cores: Surety | PostgreSQL | generator | others | Surety, us a lead |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...results.databases.flatMap(({ kind, phases: runs }) => runs.map(run => `| ${kind} | ${phase(run)} |`)),
  ].join('\n')
}

function phase(run: Phase | Refused): string {
  if (!isPhase(run)) return `${run.name} | ${run.refused} | | | | | | | | |`
  const { ms, generatorCores } = run.measured
  const times = [ms.p50, ms.p95, ms.p99, ms.max].map(value => value.toFixed(2))
  const { server, postgres, others } = run.cores
  const perLead = Math.round((server * 1e6) / run.perSecond)
  return [
    run.name,
    thousands(run.perSecond),
    ...times,
    server,
    postgres,
    generatorCores.toFixed(2),
    others,
    perLead,
  ].join(' | ')
}

function peer({ peer: found }: LineResults): string {
  if (found === null) return 'No comparison with a peer: it needs the local server.'
  if (typeof found === 'string') return `Peer missing, nothing to compare with: ${found}`
  const connections = [...new Set(found.rounds.map(round => round.connections))]
  return [
    `Peer: ${found.versions}; ${found.workers} workers.`,
    '',
    '| connections | ours/s | peer/s | ratio | ours p99 | peer p99, ms | rounds ours | rounds peer | cores: ours | peer |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...connections.map(count => {
      const rounds = found.rounds.filter(round => round.connections === count)
      const ours = rounds.map(round => round.ours).filter(isPhase)
      const theirs = rounds.map(round => round.peer).filter(isPhase)
      if (ours.length < rounds.length || theirs.length < rounds.length)
        return `| ${count} | not counted | | | | | | | | |`
      const [a, b] = [median(ours.map(run => run.perSecond)), median(theirs.map(run => run.perSecond))]
      const p99 = (runs: readonly Phase[]): string => median(runs.map(run => run.measured.ms.p99)).toFixed(1)
      const each = (runs: readonly Phase[]): string => runs.map(run => thousands(run.perSecond)).join(', ')
      const cores = (runs: readonly Phase[]): string => median(runs.map(run => run.cores.server)).toFixed(2)
      const cells = [
        count,
        thousands(a),
        thousands(b),
        (a / b).toFixed(2),
        p99(ours),
        p99(theirs),
        each(ours),
        each(theirs),
      ]
      return `| ${cells.join(' | ')} | ${cores(ours)} | ${cores(theirs)} |`
    }),
  ].join('\n')
}

function audits({ databases }: LineResults): readonly string[] {
  return databases.flatMap(({ kind, audit }) =>
    audit === null
      ? []
      : [
          '',
          `${kind}: ${thousands(audit.acknowledged)} leads acknowledged, ${thousands(audit.found)} decisions in the database.`,
        ],
  )
}
