// npm run bench -- autonomy [--quick] [--seeds] [--bank] [--fraud] [--stages]: what bounds, certificates and modes add to an event, what the
// record costs, and what share is settled of histories against the best single cut. --quick: few rounds; --seeds: twenty made-up histories
// instead of two; --bank and --fraud (a file in SURETY_DATA): histories that take minutes; --stages: no histories. A server of yours: DATABASE_URL.
import { createSecretKey } from 'node:crypto'
import { cpus, loadavg } from 'node:os'
import type { JsonObject } from '@surety/contract'
import { keyedHash } from '@surety/pii'
import { recordShares, rng } from '@surety/stats'
import { autonomyOf } from '../../packages/server/src/manage/autonomy/autonomy-of.ts'
import { budgetsOf } from '../../packages/server/src/manage/autonomy/budgets.ts'
import { buildCalibrator, type ScoredRow } from '../../packages/server/src/manage/autonomy/build-calibrator.ts'
import { toCalibration } from '../../packages/server/src/manage/autonomy/calibrator-body.ts'
import type { AutonomyState } from '../../packages/server/src/manage/autonomy/load-autonomy.ts'
import { decide } from '../../packages/server/src/pipeline/decide/decide.ts'
import { interval } from '../../packages/server/src/pipeline/interval/interval.ts'
import type { Scored, Snapshot } from '../../packages/server/src/pipeline/item.ts'
import { podNamed } from '../../packages/server/src/pods.ts'
import { kernelBars } from './kernel.ts'
import { nightBar } from './night.ts'
import { replayBars } from './replays.ts'

const quick = process.argv.includes('--quick')
const batches = quick ? 200 : 2000
const batchSize = 50
const rounds = quick ? 3 : 9
const barMs = 0.2
const now = new Date('2026-03-01T00:00:00Z')
const digest = 'a'.repeat(64)
const pod = podNamed('customer-ops')
const [question] = pod.questions
const key = createSecretKey(Buffer.alloc(32, 1))

/** @param power 1: scores all over [0, 1]; 8: rare positives, so that the curve has most steps */
function calibrationOf(rows: number, power: number) {
  const random = rng(`bench ${rows} ${power}`)
  const scored = Array.from({ length: rows }, (): ScoredRow => {
    const probability = random.uniform() ** power
    return { probability, label: random.uniform() < probability ? 1 : 0, source: 'live' }
  })
  const startedMs = performance.now()
  const built = buildCalibrator(scored)
  if (!built.ok) throw new Error('too few rows')
  const buildMs = performance.now() - startedMs
  const text = JSON.stringify(built.body)
  const readMs = performance.now()
  const calibration = toCalibration({ version: 1, n: built.n, builtAt: now, body: JSON.parse(text) })
  return { calibration, buildMs, readMs: performance.now() - readMs, bytes: text.length }
}

function snapshotOf(calibration: AutonomyState['calibration']): Snapshot {
  const certificate = (threshold: number, below: number | null) => {
    return { id: crypto.randomUUID(), threshold, below, cut: null, expiresAt: now.getTime() + 86_400_000 }
  }
  const state: AutonomyState = {
    epoch: 1,
    budgets: budgetsOf(question, undefined as JsonObject | undefined),
    states: new Map(),
    digest,
    calibration,
    acting: { version: 1, digest, calibration, cuts: { act: cutsOf('act'), clear: cutsOf('clear') } },
    unpassed: new Set(),
    certificates: new Map([
      [question.actions.act!.name, certificate(0.8, null)],
      [question.actions.clear!.name, certificate(0.1, 0.15)],
    ]),
    waiting: new Set(),
    shortfalls: new Map(),
    acts: new Map(),
    hour: now.getTime(),
  }
  const loaded = { digest, scorerOf: () => null }
  const autonomy = autonomyOf(question, state, loaded, keyedHash(key), () => Number.POSITIVE_INFINITY)
  return {
    enrichment: true,
    model: () => null,
    policy: () => ({ version: 1, threshold: question.threshold }),
    settings: () => pod.defaultSettings,
    autonomy: () => autonomy,
    reference: () => ({ get: () => null, groupsOfCase: () => [] }),
    referenceChange: () => 0,
  }
}

/** Of scores that are spread evenly. */
const cutsOf = (side: 'act' | 'clear') => ({
  side: side === 'act' ? ('yes' as const) : ('no' as const),
  thresholds: recordShares.map(share => (side === 'act' ? 1 - share : share)),
})

function itemsOf(seed: number): readonly Scored[] {
  let made = 0
  const ids = { uuid: () => `00000000-0000-4000-8000-${String(made++).padStart(12, '0')}`, bits24: () => 0 }
  const random = rng(`items ${seed}`)
  return Array.from({ length: batchSize }, (_, k) => {
    const probability = random.uniform()
    // Only what the two stages look at.
    return {
      raw: { tenant: 'acme' },
      pod,
      question,
      eventId: `e${k}`,
      caseId: `c${k}`,
      recordedAt: now,
      ids,
      enrichment: { urgency: 'medium' },
      score: { probability, modelVersion: 1, modelDigest: digest, notes: [] },
      cannot: null,
      acting: null,
    } as unknown as Scored
  })
}

/** Milliseconds per event of both stages. */
function perEvent(snapshot: Snapshot): number {
  const items = itemsOf(1)
  const startedMs = performance.now()
  let decided = 0
  for (let k = 0; k < batches; k++) decided += decide(interval(items, snapshot), snapshot).length
  return (performance.now() - startedMs) / decided
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

const worlds = [
  { name: 'no calibrator', calibration: null, buildMs: 0, readMs: 0, bytes: 0 },
  { name: '1,000 rows', ...calibrationOf(1000, 1) },
  { name: '100,000 rows, scores all over', ...calibrationOf(100_000, 1) },
  { name: '100,000 rows, rare positives', ...calibrationOf(100_000, 8) },
]
console.log(
  `${cpus().length} cores, load ${loadavg()[0]!.toFixed(2)}, Node ${process.version}, ${batches} batches of ${batchSize}, median of ${rounds}\n`,
)
console.log(
  '| calibrator | steps | stored, kB | made, ms | read, ms | interval and decide, us an event | bar, us | met |',
)
console.log('|---|---|---|---|---|---|---|---|')
for (const { name, calibration, buildMs, readMs, bytes } of worlds) {
  const snapshot = snapshotOf(calibration)
  perEvent(snapshot)
  const ms = median(Array.from({ length: rounds }, () => perEvent(snapshot)))
  const met = ms < barMs
  if (!met) process.exitCode = 1
  console.log(
    `| ${name} | ${calibration?.scores.length ?? 0} | ${(bytes / 1000).toFixed(0)} | ${buildMs.toFixed(0)} | ${readMs.toFixed(1)} | ${(1000 * ms).toFixed(1)} | ${1000 * barMs} | ${met ? 'yes' : 'NO'} |`,
  )
}

console.log('\n| the record | us | bar, us | met |\n|---|---|---|---|')
if (!kernelBars(rounds)) process.exitCode = 1
if (!(await nightBar())) process.exitCode = 1
if (!process.argv.includes('--stages')) {
  const has = (word: string): boolean => process.argv.includes(word)
  if (!(await replayBars({ seeds: has('--seeds') ? 20 : 2, bank: has('--bank'), fraud: has('--fraud') })))
    process.exitCode = 1
}
