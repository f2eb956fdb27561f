// Speed and memory of the line, on both databases and beside the usual stack:
// node bench/line/main.ts [--quick] [--only local|embedded] [--no-peer]
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, loadavg, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { againstPeer } from './against-peer.ts'
import { barsOf } from './bars.ts'
import { type Extra, onDatabase } from './on-database.ts'
import { type DatabaseKind, isPhase, type LineResults, type OnDatabase } from './results.ts'
import { tableOf } from './table.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    'no-peer': { type: 'boolean', default: false },
  },
})
const serverUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432'
const quick = values.quick
const timing = quick ? { seconds: 10, warmUpSeconds: 1 } : { seconds: 60, warmUpSeconds: 3 }
const peerPace = quick
  ? { pairs: 2, timing: { seconds: 4, warmUpSeconds: 1 } }
  : { pairs: 3, timing: { seconds: 20, warmUpSeconds: 3 } }

const loadAverageBefore = loadavg()[0] ?? 0
const databases: OnDatabase[] = []
let peer: LineResults['peer'] = null

for (const kind of ['local', 'embedded'] as const satisfies readonly DatabaseKind[]) {
  if (values.only !== undefined && values.only !== kind) continue
  const extra: Extra = async (target, key) => {
    if (kind === 'embedded' || values['no-peer']) return []
    const found = await againstPeer(serverUrl, target, key, peerPace)
    peer = found
    return typeof found === 'string' ? [] : found.rounds.map(round => round.ours)
  }
  databases.push(await onDatabase(kind, serverUrl, { quick, timing }, extra))
}

const results: LineResults = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 1e9)} GB, Node ${process.versions.node}, ${databases.map(run => run.version).join(' and ')}`,
  mode: quick ? 'quick' : 'full',
  loadAverageBefore,
  databases,
  peer,
}
const folder = fileURLToPath(new URL('../results/', import.meta.url))
await mkdir(folder, { recursive: true })
await writeFile(`${folder}line-${results.date}.json`, `${JSON.stringify(results, null, 2)}\n`)
console.log(tableOf(results))
const unmet = databases.flatMap(barsOf).some(bar => bar.met !== true)
const lost = databases.some(({ audit }) => audit !== null && audit.acknowledged !== audit.found)
if (unmet || lost || !databases.every(run => run.phases.every(isPhase))) process.exitCode = 1
