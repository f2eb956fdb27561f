// Peak memory of training, each fit in a process of its own: node bench/stats/memory.ts [filter]
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { denseDesign, fitLogistic, fitTrees, type Rng, rng } from '../../packages/stats/src/index.ts'
import { answered } from './inputs.ts'
import { held, line } from './table.ts'

interface Training {
  readonly name: string
  readonly rows: number
  readonly columns: number
  /** Most that the process may ever have had resident, inputs and engine included. */
  readonly barMb: number
  fit(values: Float64Array, y: Uint8Array): void
}

/** What the process that fitted says: megabytes resident at most, with the inputs made and after the fit. */
interface Peak {
  readonly inputsMb: number
  readonly beforeMb: number
  readonly peakMb: number
  readonly seconds: number
}

const trees = (workers: number): Training => ({
  name: `trees 1M x 28, 100 of depth 6, ${workers} thread${workers > 1 ? 's' : ''}`,
  rows: 1_000_000,
  columns: 28,
  barMb: 1000,
  fit: (values, y) => {
    const features = Array.from({ length: 28 }, (_, k) => ({ name: `x${k}`, kind: 'numeric' as const }))
    answered(fitTrees(features, { rows: y.length, columns: 28, values }, y, { workers }))
  },
})

const trainings: readonly Training[] = [
  {
    name: 'logistic 1M x 10',
    rows: 1_000_000,
    columns: 10,
    barMb: 400,
    fit: (values, y) => void answered(fitLogistic(denseDesign(values, y.length, 10), y, { c: 1 })),
  },
  trees(1),
  trees(2),
]

/** Fits each in a fresh process and prints its peak beside the bar. */
export function benchMemory(filter = ''): void {
  const chosen = trainings.filter(({ name }) => name.includes(filter))
  if (chosen.length === 0) return
  console.log(line('training', 'inputs, MB', 'resident before the fit, MB', 'peak, MB', 'bar, MB', 'seconds'))
  console.log('|---|---|---|---|---|---|')
  for (const { name, barMb } of chosen) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--fit', name], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${name}: ${stderr}`)
    const { inputsMb, beforeMb, peakMb, seconds } = JSON.parse(stdout) as Peak
    const cells = [inputsMb, beforeMb, peakMb].map(mb => mb.toFixed(0))
    console.log(line(name, ...cells, held(peakMb, barMb), seconds.toFixed(1)))
  }
}

function fitHere(name: string): Peak {
  const { rows, columns, fit } = trainings.find(training => training.name === name)!
  const values = new Float64Array(rows * columns)
  const y = new Uint8Array(rows)
  fillInputs(values, y, columns, rng(name))
  const beforeMb = residentMb()
  const start = performance.now()
  fit(values, y)
  const seconds = (performance.now() - start) / 1000
  return { inputsMb: (values.byteLength + y.byteLength) / 1e6, beforeMb, peakMb: residentMb(), seconds }
}

/** Spread-out columns, of which three and a product decide. */
function fillInputs(values: Float64Array, y: Uint8Array, columns: number, draw: Rng): void {
  for (let k = 0; k < values.length; k++) values[k] = draw.uniform() + draw.uniform() + draw.uniform() - 1.5
  for (let i = 0; i < y.length; i++) {
    const at = i * columns
    const z = 2 * values[at]! - values[at + 1]! + 3 * values[at + 2]! * values[at + 3]! - 1.8
    y[i] = draw.uniform() < 1 / (1 + Math.exp(-z)) ? 1 : 0
  }
}

/** The most this process has ever had resident, threads included. */
function residentMb(): number {
  return (process.resourceUsage().maxRSS * 1024) / 1e6
}

if (import.meta.main) {
  if (process.argv[2] === '--fit') console.log(JSON.stringify(fitHere(process.argv[3]!)))
  else benchMemory(process.argv[2])
}
