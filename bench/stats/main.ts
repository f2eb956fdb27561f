// Our statistics beside scikit-learn, SciPy, statsmodels, XGBoost and numpy on the same bytes, interleaved:
// node bench/stats/main.ts [pairs] [filter]
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPeers } from './debian-peers.ts'
import { benchMemory } from './memory.ts'
import { type Peer, type PeerRun, startPeer } from './peer.ts'
import { held, line, median, spread } from './table.ts'
import { benchTasks, type Task } from './tasks.ts'
import { benchTrees } from './trees.ts'

const pairs = Number(process.argv[2] ?? 7)
const filter = process.argv[3] ?? ''
const python = process.env['PYTHON'] ?? '/usr/bin/python3'
/** Tasks whose peer was not there: no comparison, never a win. */
const uncompared: string[] = []

const missing = installPeers(python)
if (missing.length > 0) console.log(`missing here: ${missing.join(', ')}; their tasks are not compared`)
const peer = await startPeer(python)
if ('missing' in peer) {
  console.log(`nothing was measured: the inputs are made by NumPy, and it cannot be had (${peer.missing})`)
  process.exitCode = 1
} else {
  const folder = await mkdtemp(join(tmpdir(), 'stats-bench-'))
  try {
    await peer.make(folder)
    const versions = Object.entries(peer.versions).map(pair => pair.join(' '))
    console.log(`node ${process.version}, ${versions.join(', ')}`)
    console.log(`${cpus().length} cores, one thread each side, ${pairs} pairs, load ${load()}`)
    console.log(line('task', 'ours, ms (min..max)', 'peer, ms (min..max)', 'ratio', 'bar', 'parity'))
    console.log('|---|---|---|---|---|---|')
    for (const task of benchTasks(folder)) {
      if (!task.name.includes(filter)) continue
      for (const row of await compare(task, peer)) console.log(row)
    }
    console.log(`load at the end ${load()}`)
  } finally {
    await peer[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
  uncompared.push(...(await benchTrees(Math.min(pairs, 5), filter)))
  benchMemory(filter)
  if (uncompared.length > 0) {
    console.log(`not compared, so nothing is said about their bars: ${uncompared.join('; ')}`)
    process.exitCode = 1
  }
}

async function compare(task: Task, against: Peer): Promise<readonly string[]> {
  const ours = task.run()
  const exact = await against.exact(task.name)
  const rows = [exact.missing === undefined ? await beside(task, ours, exact, against) : alone(task, exact.missing)]
  // Packages the guide compares with and no Debian release has: our own time, and no ratio.
  if (task.notInDebian)
    rows.push(line(`${task.name}, beside ${task.notInDebian}`, 'as above', 'missing in Debian', '', '', ''))
  return rows
}

async function beside(task: Task, ours: readonly number[], exact: PeerRun, against: Peer): Promise<string> {
  const differences = ours.map((value, i) => value - exact.values[i]!)
  const apart = Math.max(...differences.map(difference => (task.atMost ? difference : Math.abs(difference))))
  if (!(apart <= task.tolerance)) {
    process.exitCode = 1
    return line(task.name, `no time: the answers differ by ${apart}, allowed ${task.tolerance}`, '', '', '', 'FAIL')
  }
  const parity = task.atMost ? `${ours[0]!.toFixed(4)} for ${exact.values[0]!.toFixed(4)}` : apart.toExponential(1)
  if (task.limitMs !== undefined) {
    const ms = Array.from({ length: pairs }, () => timed(task))
    return line(
      task.name,
      spread(ms),
      `${task.notInDebian}: missing in Debian`,
      '',
      held(median(ms), task.limitMs, ' ms'),
      parity,
    )
  }
  await against.run(task.name)
  const oursMs: number[] = []
  const peerMs: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    oursMs.push(timed(task))
    peerMs.push((await against.run(task.name)).ms)
  }
  const ratio = median(oursMs) / median(peerMs)
  return line(task.name, spread(oursMs), spread(peerMs), ratio.toFixed(2), held(ratio, task.bar), parity)
}

function alone(task: Task, why: string): string {
  uncompared.push(task.name)
  const ms = Array.from({ length: pairs }, () => timed(task))
  return line(task.name, spread(ms), `missing: ${why}`, '', `${task.bar} not judged`, 'not checked')
}

function timed(task: Task): number {
  const start = performance.now()
  task.run()
  return performance.now() - start
}

function load(): string {
  return loadavg()
    .map(value => value.toFixed(2))
    .join(' ')
}
