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
import { answered } from './inputs.ts'
import { type Peer, type PeerRun, startPeer } from './peer.ts'
import { held, line, median, spread } from './table.ts'

const columns = 28

interface TreeTask {
  readonly name: string
  readonly bar: number
  /** Milliseconds of one run, and what it answers. */
  run(): PeerRun
  /** What is wrong with the answer beside the peer's, or a word on how near they are. */
  parity(ours: PeerRun, peer: PeerRun): { readonly ok: boolean; readonly say: string }
}

/** @param peerModel whether the peer has written its model; else our own is scored and explained, for the time alone */
async function treeTasks(folder: string, peerModel: boolean): Promise<readonly TreeTask[]> {
  const doubles = async (name: string) => {
    const bytes = await readFile(join(folder, name))
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)
  }
  const files = peerModel ? ['trees.x', 'trees.margin', 'trees.contributions'] : ['trees.x']
  const [x, margin, contributions] = await Promise.all(files.map(doubles))
  const y = Uint8Array.from(await readFile(join(folder, 'trees.y')))
  const rows = (from: number, to: number): TreeTable => ({
    rows: to - from,
    columns,
    values: x!.subarray(from * columns, to * columns),
  })
  const [train, later, few] = [rows(0, 100_000), rows(100_000, 120_000), rows(100_000, 110_000)]
  const features = Array.from({ length: columns }, (_, k) => ({ name: `x${k}`, kind: 'numeric' as const }))
  // The peer's own model, so that both sides score and explain the same trees.
  const { model } = peerModel
    ? answered(importXgboost(JSON.parse(await readFile(join(folder, 'trees.json'), 'utf8'))))
    : answered(fitTrees(features, train, y.subarray(0, 100_000)))
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
  if (!ok) return line(task.name, `no time: ${say}`, '', '', '', 'FAIL')
  const ms = { ours: [] as number[], peers: [] as number[] }
  for (let pair = 0; pair < pairs; pair++) {
    ms.ours.push(task.run().ms)
    ms.peers.push((await peer.run(task.name)).ms)
  }
  const ratio = median(ms.ours) / median(ms.peers)
  return line(task.name, spread(ms.ours, 2), spread(ms.peers, 2), ratio.toFixed(2), held(ratio, task.bar), say)
}

/** Our time alone, where there is no peer. */
function alone(task: TreeTask, why: string, times: number): string {
  const ms = Array.from({ length: times }, () => task.run().ms)
  return line(task.name, spread(ms, 2), `missing: ${why}`, '', `${task.bar} not judged`, 'not checked')
}

/** Compares and prints; a missing peer is reported as missing. Answers the tasks that were not compared. */
export async function benchTrees(pairs: number, filter: string): Promise<readonly string[]> {
  const peer = await startPeer(process.env['PYTHON'] ?? '/usr/bin/python3', './peer_trees.py')
  if ('missing' in peer) {
    console.log(`trees were not measured: the inputs are made by NumPy, and it cannot be had (${peer.missing})`)
    return ['all of trees']
  }
  const folder = await mkdtemp(join(tmpdir(), 'trees-bench-'))
  const uncompared: string[] = []
  try {
    const { missing } = await peer.make(folder)
    const tasks = (await treeTasks(folder, missing === undefined)).filter(({ name }) => name.includes(filter))
    if (tasks.length === 0) return []
    const versions = Object.entries(peer.versions).map(pair => pair.join(' '))
    console.log(`node ${process.version}, ${versions.join(', ')}, ${pairs} pairs, load ${loadavg()[0]!.toFixed(2)}`)
    console.log(line('task', 'ours, ms (min..max)', 'XGBoost, ms (min..max)', 'ratio', 'bar', 'parity'))
    console.log('|---|---|---|---|---|---|')
    for (const task of tasks) {
      console.log(missing === undefined ? await compare(task, peer, pairs) : alone(task, missing, pairs))
      if (missing !== undefined) uncompared.push(task.name)
    }
    console.log(`load at the end ${loadavg()[0]!.toFixed(2)}`)
  } finally {
    await peer[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
  return uncompared
}

if (import.meta.main) await benchTrees(Number(process.argv[2] ?? 5), process.argv[3] ?? '')
