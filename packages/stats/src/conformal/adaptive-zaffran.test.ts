import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { adaptiveBound, adaptiveLevel, levelInForce, stepLevel } from './adaptive.ts'
import { conformalRank } from './conformal-rank.ts'

const folder = process.env['SURETY_DATA']
const skip =
  folder === undefined ? 'SURETY_DATA is not set: the prices have no clear licence and are not shipped' : false

function read(name: string): string[][] {
  const lines = gunzipSync(readFileSync(`${folder}/conformal/${name}`))
    .toString()
    .trim()
    .split('\n')
  return lines.map(line => line.split(','))
}

/** Midnight prices of every day, with the price 24 hours and a week before. */
function midnights(): readonly { readonly date: string; readonly price: number; readonly guess: number }[] {
  const [head, ...rows] = read('zaffran2022-prices.csv.gz')
  const at = (name: string) => head!.indexOf(name)
  return rows
    .filter(row => Number(row[at('hour')]) === 0)
    .map(row => ({
      date: row[at('Date')]!,
      price: Number(row[at('Spot')]),
      guess: 0.6 * Number(row[at('lag_24_0')]) + 0.4 * Number(row[at('lag_168_0')]),
    }))
}

test('French power prices of 2019: the share of errors keeps the ACI bound at every step', { skip }, context => {
  const days = midnights()
  const first = days.findIndex(({ date }) => date.startsWith('2019-01-01'))
  const residuals = Float64Array.from(days, ({ price, guess }) => Math.abs(price - guess))
  let level = adaptiveLevel(0.1, 0.04)
  const widths: number[] = []
  for (let t = first; t < first + 365; t++) {
    const past = residuals.slice(t - 365, t).sort()
    const alpha = levelInForce(level)
    const rank = alpha <= 0 ? null : alpha >= 1 ? 0 : conformalRank(365, alpha)
    const radius = rank === null ? Infinity : rank === 0 ? -Infinity : past[rank - 1]!
    widths.push(2 * radius)
    level = stepLevel(level, residuals[t]! <= radius)
    const error = level.errors / level.n
    assert.ok(Math.abs(error - 0.1) <= adaptiveBound(level, level.n), `day ${level.n}: ${error}`)
  }
  const median = widths.toSorted((a, b) => a - b)[182]!
  const coverage = 1 - level.errors / 365
  context.diagnostic(
    `coverage ${coverage.toFixed(4)}, median width ${median.toFixed(2)} with two lags as the model (the authors: .8959, 12.24 with a forest)`,
  )
  assert.ok(coverage > 0.88 && coverage < 0.92)
})

test("the authors' own bounds on the same days: coverage .8959, widths 12.24 and 12.84", { skip }, () => {
  const days = midnights()
  const first = days.findIndex(({ date }) => date.startsWith('2019-01-01'))
  const bounds = read('zaffran2022-aci-reference.csv.gz')
    .slice(1)
    .map(row => row.map(Number))
  const covered = bounds.filter(([low, high], i) => days[first + i]!.price >= low! && days[first + i]!.price <= high!)
  const widths = bounds.map(([low, high]) => high! - low!).sort((a, b) => a - b)
  assert.equal((covered.length / 365).toFixed(4), '0.8959')
  assert.equal(widths[182]!.toFixed(2), '12.24')
  assert.equal((widths.reduce((sum, width) => sum + width, 0) / 365).toFixed(2), '12.84')
  assert.ok(Math.abs(1 - covered.length / 365 - 0.1) <= adaptiveBound({ start: 0.1, gamma: 0.04 }, 365))
})
