// Boosted trees and their explanations beside XGBoost on the same bytes: node bench/stats/trees.ts [pairs] [filter]
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  compileTrees,
  explainTrees,
  fitTrees,
  importXgboost,
  logLoss,
  rocAuc,
  sigmoid,
  type TreeTable,
} from '../../packages/stats/src/index.ts'
import { type Peer, type PeerRun, startPeer } from './peer.ts'

const columns = 28

interface TreeTask {
  readonly name: string
  readonly bar: number
  /** Milliseconds of one run, and what it answers. */
  run(): PeerRun
  /** What is wrong with the answer beside the peer's, or a word on how near they are. */
  parity(ours: PeerRun, peer: PeerRun): { readonly ok: boolean; readonly say: string }
}

async function treeTasks(folder: string): Promise<readonly TreeTask[]> {
  const doubles = async (name: string) => {
    const bytes = await readFile(join(folder, name))
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)
  }
  const [x, margin, contributions] = await Promise.all(['trees.x', 'trees.margin', 'trees.contributions'].map(doubles))
  const y = Uint8Array.from(await readFile(join(folder, 'trees.y')))
  const rows = (from: number, to: number): TreeTable => ({
    rows: to - from,
    columns,
    values: x!.subarray(from * columns, to * columns),
  })
  const [train, later, few] = [rows(0, 100_000), rows(100_000, 120_000), rows(100_000, 110_000)]
  const features = Array.from({ length: columns }, (_, k) => ({ name: `x${k}`, kind: 'numeric' as const }))
  // The peer's own model, so that both sides score and explain the same trees.
  const { model } = answered(importXgboost(JSON.parse(await readFile(join(folder, 'trees.json'), 'utf8'))))
  const compiled = compileTrees(model)
  const explainer = explainTrees(model)
  const row = Array.from(train.values.subarray(0, columns))
  const fit = (workers: number): TreeTask => ({
    name: `fit, ${workers} thread${workers > 1 ? 's' : ''}`,
    bar: 1.5,
    run: () => {
      const start = performance.now()
      const fitted = answered(fitTrees(features, train, y.subarray(0, 100_000), { workers }))
      const ms = performance.now() - start
      const z = compileTrees(fitted.model).scoreTable(later)
      const labels = y.subarray(100_000)
      return { ms, values: [answered(rocAuc(z, labels)).value, answered(logLoss(z.map(sigmoid), labels)).value] }
    },
    parity: (ours, peer) => ({
      ok: ours.values[0]! >= peer.values[0]! - 0.002 && ours.values[1]! <= peer.values[1]! * 1.005,
      say: `AUC ${ours.values[0]!.toFixed(4)} for ${peer.values[0]!.toFixed(4)}, log loss ${ours.values[1]!.toFixed(4)} for ${peer.values[1]!.toFixed(4)}`,
    }),
  })
  const near = (apart: number, allowed: number) => ({
    ok: apart <= allowed,
    say: `${apart.toExponential(1)} from single precision`,
  })
  return [
    fit(1),
    fit(2),
    {
      name: 'predict 100k rows, 1 thread',
      bar: 1,
      run: () => timed(() => compiled.scoreTable(train)),
      parity: ours => near(furthest(ours.values, margin!), 1e-4),
    },
    {
      name: 'predict one row',
      bar: 0.25,
      run: () => timed(() => Float64Array.of(compiled.score(row).z)),
      parity: ours => near(furthest(ours.values, margin!.subarray(0, 1)), 1e-4),
    },
    {
      name: 'tree shap 10k rows, 1 thread',
      bar: 0.5,
      run: () => timed(() => answered(explainer.explainTable(few)).contributions),
      parity: ours => {
        // The peer's rows end with the base.
        const peers = contributions!.filter((_, k) => k % (columns + 1) < columns)
        return near(furthest(ours.values, peers), 1e-3)
      },
    },
  ]
}

function timed(run: () => Float64Array): PeerRun & { readonly values: readonly number[] } {
  const start = performance.now()
  const values = run()
  return { ms: performance.now() - start, values: Array.from(values) }
}

function furthest(ours: readonly number[], peers: Float64Array): number {
  return ours.length === peers.length
    ? ours.reduce((most, v, i) => Math.max(most, Math.abs(v - peers[i]!)), 0)
    : Infinity
}

async function compare(task: TreeTask, peer: Peer, pairs: number): Promise<string> {
  const [first, theirs] = [task.run(), await peer.run(task.name)]
  const { ok, say } = task.parity(first, theirs)
  if (!ok) process.exitCode = 1
  if (!ok) return `| ${task.name} | no time: ${say} | | | | FAIL |`
  const ms = { ours: [] as number[], peers: [] as number[] }
  for (let pair = 0; pair < pairs; pair++) {
    ms.ours.push(task.run().ms)
    ms.peers.push((await peer.run(task.name)).ms)
  }
  const ratio = median(ms.ours) / median(ms.peers)
  if (ratio > task.bar) process.exitCode = 1
  const verdict = `${ratio.toFixed(2)} | ${task.bar}${ratio > task.bar ? ' missed' : ''}`
  return `| ${task.name} | ${show(ms.ours)} | ${show(ms.peers)} | ${verdict} | ${say} |`
}

/** Compares and prints; a missing peer is reported as missing. */
export async function benchTrees(pairs: number, filter: string): Promise<void> {
  const peer = await startPeer(process.env['PYTHON'] ?? '/usr/bin/python3', './peer_trees.py')
  if ('missing' in peer) {
    console.log(`peer missing, trees are not compared: ${peer.missing}`)
    console.log('on Debian: apt-get install python3-xgboost python3-sklearn')
    process.exitCode = 1
    return
  }
  const folder = await mkdtemp(join(tmpdir(), 'trees-bench-'))
  try {
    await peer.make(folder)
    const versions = Object.entries(peer.versions).map(pair => pair.join(' '))
    console.log(`node ${process.version}, ${versions.join(', ')}, ${pairs} pairs, load ${loadavg()[0]!.toFixed(2)}`)
    console.log('| task | ours, ms (min..max) | XGBoost, ms (min..max) | ratio | bar | parity |')
    console.log('|---|---|---|---|---|---|')
    for (const task of await treeTasks(folder))
      if (task.name.includes(filter)) console.log(await compare(task, peer, pairs))
    console.log(`load at the end ${loadavg()[0]!.toFixed(2)}`)
  } finally {
    await peer[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
}

function answered<R extends { readonly ok: boolean }>(result: R): Extract<R, { readonly ok: true }> {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result)}`)
  return result as Extract<R, { readonly ok: true }>
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2
}

function show(values: readonly number[]): string {
  return `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)}..${Math.max(...values).toFixed(2)})`
}

if (import.meta.main) await benchTrees(Number(process.argv[2] ?? 5), process.argv[3] ?? '')
