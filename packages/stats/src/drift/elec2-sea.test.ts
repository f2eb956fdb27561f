import assert from 'node:assert/strict'
import { test } from 'node:test'
import { driftFile, readColumns } from '../testing/drift-data.ts'
import { adwin } from './adwin.ts'

const elec2 = driftFile('elec2.csv.gz')
const sea = driftFile('sea.csv.gz')

test('Elec2: saying the previous label is right in .8533, the majority in .5755', { skip: elec2.skip }, () => {
  const y = readColumns(elec2.path)
    .text('class')
    .map(label => label === 'UP')
  let same = 0
  for (let i = 1; i < y.length; i++) if (y[i] === y[i - 1]) same++
  const up = y.filter(Boolean).length
  assert.deepEqual([y.length, up], [45_312, 19_237])
  assert.ok(Math.abs(same / y.length - 0.8533) < 5e-5, `${same / y.length}`)
  assert.ok(Math.abs(1 - up / y.length - 0.5755) < 5e-5)
})

test('SEA: ADWIN on the errors of the rule of the first block finds each change; the dummy beside it', {
  skip: sea.skip,
}, context => {
  const data = readColumns(sea.path)
  const [f1, f2, y] = [data.numbers('f1'), data.numbers('f2'), data.labels('class')]
  const changes = [12_500, 25_000, 37_500]
  const watch = adwin({ delta: 0.002 })
  const alarms: number[] = []
  // The rule that was right until the last change is kept, so that each change shows in its errors.
  const thresholds = [8, 9, 7, 9.5]
  let rule = 0
  for (let i = 0; i < y.length; i++) {
    // After a change has been found the rule of the new block is learned; until then the old one goes on.
    const block = Math.min(3, Math.floor(i / 12_500))
    const said = f1[i]! + f2[i]! <= thresholds[rule]! ? 1 : 0
    if (watch.add(said === y[i] ? 0 : 1)) {
      alarms.push(i)
      rule = block
    }
  }
  const report = (name: string, times: readonly number[]) => {
    const delays = changes.map(change => (times.find(t => t >= change) ?? Infinity) - change)
    const near = new Set(changes.map(change => times.find(t => t >= change)))
    const falseAlarms = times.filter(t => !near.has(t)).length
    context.diagnostic(`${name}: delays ${delays.join(', ')}, other alarms ${falseAlarms}`)
    return { delays, falseAlarms }
  }
  const dummy = Array.from({ length: 500 }, (_, i) => 100 * i + 99)
  report('alarm every 100 rows', dummy)
  const { delays, falseAlarms } = report('ADWIN', alarms)
  assert.ok(
    delays.every(delay => delay < 2000),
    `${delays}`,
  )
  assert.ok(falseAlarms < 20, `${falseAlarms}`)
})
