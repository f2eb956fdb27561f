// Our statistics beside scikit-learn and numpy on the same bytes, interleaved: node bench/stats/main.ts [pairs] [filter]
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Peer, startPeer } from './peer.ts'
import { benchTasks, type Task } from './tasks.ts'
import { benchTrees } from './trees.ts'

const pairs = Number(process.argv[2] ?? 7)
const filter = process.argv[3] ?? ''

const peer = await startPeer(process.env['PYTHON'] ?? '/usr/bin/python3')
if ('missing' in peer) {
  console.log(`peer missing, nothing to compare with: ${peer.missing}`)
  console.log('on Debian: apt-get install python3-sklearn; another interpreter: PYTHON=... node bench/stats/main.ts')
  process.exitCode = 1
} else {
  const folder = await mkdtemp(join(tmpdir(), 'stats-bench-'))
  try {
    await peer.make(folder)
    const { versions } = peer
    console.log(
      `node ${process.version}, ${Object.entries(versions)
        .map(pair => pair.join(' '))
        .join(', ')}`,
    )
    console.log(
      `${cpus().length} cores, one thread each side, ${pairs} pairs, load ${loadavg()
        .map(l => l.toFixed(2))
        .join(' ')}`,
    )
    console.log('| task | ours, ms (min..max) | peer, ms (min..max) | ratio | bar | parity |')
    console.log('|---|---|---|---|---|---|')
    for (const task of benchTasks(folder)) if (task.name.includes(filter)) console.log(await compare(task, peer))
    console.log(
      `load at the end ${loadavg()
        .map(l => l.toFixed(2))
        .join(' ')}`,
    )
  } finally {
    await peer[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
  await benchTrees(Math.min(pairs, 5), filter)
}

async function compare(task: Task, against: Peer): Promise<string> {
  const ours = task.run()
  const { values, missing } = await against.exact(task.name)
  if (missing !== undefined) {
    process.exitCode = 1
    return `| ${task.name} | no comparison: ${missing} | | | | missing |`
  }
  const apart = Math.max(...ours.map((value, i) => Math.abs(value - values[i]!)))
  if (!(apart <= task.tolerance)) {
    process.exitCode = 1
    return `| ${task.name} | no time: the answers differ by ${apart}, allowed ${task.tolerance} | | | | FAIL |`
  }
  if (task.limitMs !== undefined) return alone(task, task.limitMs, apart)
  await against.run(task.name)
  const oursMs: number[] = []
  const peerMs: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const start = performance.now()
    task.run()
    oursMs.push(performance.now() - start)
    peerMs.push((await against.run(task.name)).ms)
  }
  const ratio = median(oursMs) / median(peerMs)
  if (ratio > task.bar) process.exitCode = 1
  const verdict = `${ratio.toFixed(2)} | ${task.bar}${ratio > task.bar ? ' missed' : ''}`
  return `| ${task.name} | ${show(oursMs)} | ${show(peerMs)} | ${verdict} | ${apart.toExponential(1)} |`
}

function alone(task: Task, limitMs: number, apart: number): string {
  const ms: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const start = performance.now()
    task.run()
    ms.push(performance.now() - start)
  }
  const missed = median(ms) > limitMs
  if (missed) process.exitCode = 1
  const verdict = `${limitMs} ms${missed ? ' missed' : ''}`
  return `| ${task.name} | ${show(ms)} | missing in Debian | | ${verdict} | ${apart.toExponential(1)} |`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2
}

function show(values: readonly number[]): string {
  return `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)}..${Math.max(...values).toFixed(1)})`
}
