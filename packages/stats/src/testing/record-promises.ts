import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certifyRecord } from '../record/certify-record.ts'
import { countRows, noCounts } from '../record/counts.ts'
import { recordShares } from '../record/cuts.ts'
import { recordStarts } from '../record/starts.ts'
import { armRestartingTripwire, feedRestartingTripwire, type RestartingTripwire } from '../risk/restarting-tripwire.ts'
import { type Rng, rng } from '../rng.ts'
import { answered } from './oracles.ts'
import { atMost, type PromiseSize, sized } from './promise-size.ts'
import { firstEvening } from './record-first-evening.ts'
import { type LivedAction, liveThrough, liveTraced } from './record-life.ts'
import { adversaries, shareFooled, worstTail } from './record-properties.ts'
import { changingWorlds, jumpingWorld, type LifeWorld, steadyWorlds, uncheckedWorld } from './record-worlds.ts'

/** What the record certificate and its tripwire promise, at three sizes. */
export function recordPromises(size: PromiseSize): void {
  for (const alpha of [0.1, 0.35])
    test(`nobody who sees everything, and keeps the average at ${alpha}, fools the evidence in more than delta of all runs`, t => {
      const [rows, runs] = [1500, sized(size, 150, 300, 20_000)]
      for (const [name, adversary] of Object.entries(adversaries(alpha, 0.05))) {
        const fooled = shareFooled(adversary, alpha, 0.05, rows, runs, rng(`${name} ${alpha}`))
        t.diagnostic(`${name}: ${(100 * fooled).toFixed(2)} % of ${runs}`)
        assert.ok(fooled <= atMost(0.05, runs), `${name}: ${fooled}`)
      }
    })

  test('a plain binomial tail is fooled where the evidence is not: .043 becomes .069', t => {
    const { plain, worst } = worstTail(200, 0.2, 30)
    t.diagnostic(`at most 30 of 200 at .2: ${plain.toFixed(4)}, and at worst ${worst.toFixed(4)}`)
    assert.ok(plain <= 0.05 && Math.abs(plain - 0.043) < 5e-4)
    assert.ok(worst > 0.05 && Math.abs(worst - 0.0693) < 5e-4)
    assert.ok(worst <= 2 * plain, 'twice the tail holds')
  })

  for (const above of [1.03, 1.1])
    for (const plan of [0.02, 0.6])
      test(`errors ${above} times the budget at every cut, planned for a share of ${plan}: hardly ever a certificate`, t => {
        const lives = sized(size, 30, 60, 400)
        const certified = edgeLivesCertified(above, plan, lives)
        t.diagnostic(`a certificate in ${certified} of ${lives} lives of 3,600 rows`)
        assert.ok(certified / lives <= 0.05, `${certified} of ${lives}`)
      })

  test('labels that come later change no cut and no start of what was decided before', () => {
    const [world] = steadyWorlds
    const plain = liveTraced(world!, 'predictable')
    const days = size === 'full' ? [30, 60, 90, 120, 150] : [120]
    for (const day of days) {
      const changed = liveTraced(world!, 'predictable', (y, decided) => (decided >= day ? 1 - y : y))
      // They are mature three days later; what is decided on that day was decided before.
      const known = (day + 3) * world!.perDay
      for (const side of ['yes', 'no'] as const) {
        assert.deepEqual(changed.cuts[side].slice(0, known), plain.cuts[side].slice(0, known))
        assert.notDeepEqual(changed.cuts[side], plain.cuts[side], 'later ones change what is decided after')
        const before = plain.starts[side].length - (day < 100 ? 1 : 0)
        assert.deepEqual(changed.starts[side].slice(0, before), plain.starts[side].slice(0, before))
      }
    }
  })

  const worlds = size === 'subset' ? [steadyWorlds[0]!, changingWorlds[0]!] : [...steadyWorlds, ...changingWorlds]
  const tenants = sized(size, 1, 1, 34)
  test(`the kernel keeps its promise in ${worlds.length * tenants * 2} lives`, t => {
    const lived = worlds.map(world => ({ world, actions: livesOf(world, tenants) }))
    for (const { world, actions } of lived) for (const line of linesOf(world, actions)) t.diagnostic(line)
    const certifiedOf = (some: typeof lived) =>
      some.flatMap(({ actions }) => actions).filter(one => one.firstAfter !== null)
    const [all, steady] = [certifiedOf(lived), certifiedOf(lived.filter(({ world }) => world.steady))]
    const [average, day] = [
      all.filter(one => one.averageBroken).length,
      steady.filter(one => one.brokenDays > 0).length,
    ]
    t.diagnostic(
      `${all.length} were certified; broken on the average ${average}; for the version of the day ${day} of ${steady.length} without a change`,
    )
    assert.ok(average <= 0.03 * all.length, `${average} of ${all.length}`)
    assert.ok(day <= 0.03 * steady.length, `${day} of ${steady.length}`)
    // A promise is easily kept by who certifies nothing.
    const sum = (of: (one: LivedAction) => number) =>
      lived.flatMap(({ actions }) => actions.map(of)).reduce((a, b) => a + b, 0)
    const reached = sum(one => one.covered) / sum(one => one.oracle)
    t.diagnostic(`${(100 * reached).toFixed(0)} % of what an oracle would cover in the last thirty days`)
    assert.ok(reached >= 0.4, `${reached}`)
  })

  test('a history of 1,000 rows lets a strong model act on the first evening, and within its budget', t => {
    const tenants = sized(size, 6, 12, 200)
    const evenings = Array.from({ length: tenants }, (_, i) => firstEvening(steadyWorlds[0]!, `evening ${i}`, 1000))
    const sum = (actions: typeof evenings, of: 'covered' | 'oracle') =>
      actions.flat().reduce((total, one) => total + one[of], 0)
    const shareOf = (actions: typeof evenings) => sum(actions, 'covered') / sum(actions, 'oracle')
    for (const [i, side] of (['yes', 'no'] as const).entries()) {
      const own = evenings.map(actions => [actions[i]!])
      const broken = own.flat().filter(one => one.broken).length
      t.diagnostic(
        `${side}: ${(100 * shareOf(own)).toFixed(0)} % of the oracle at once, broken ${broken} of ${tenants}`,
      )
      assert.ok(broken <= atMost(0.05, tenants) * tenants, `${side}: ${broken} broken`)
    }
    assert.ok(shareOf(evenings) > 0.1, `${shareOf(evenings)}`)
  })

  test('a spoiled version is kept from acting by its check, and acts at several times its budget without', t => {
    const tenants = sized(size, 2, 2, 20)
    const [checked, unchecked] = [changingWorlds[0]!, uncheckedWorld].map(world => {
      const lives = livesOf(world, tenants)
      for (const line of linesOf(world, lives)) t.diagnostic(line)
      return Math.max(...lives.map(({ worst }) => worst))
    })
    assert.ok(checked! <= 1.2 && unchecked! > 2, `${checked} and ${unchecked}`)
  })

  if (size === 'full')
    test('a base rate that jumps is no promise of the record: figures', t => {
      for (const line of linesOf(jumpingWorld, livesOf(jumpingWorld, 34))) t.diagnostic(line)
    })

  for (const { alpha, medians, nineties } of wires)
    test(`a doubled error is caught after ${medians.join(', ')} audits that follow 0, 300, 1,000 and 3,000 good ones (${alpha})`, t => {
      const runs = sized(size, 60, 100, 1500)
      const found = goodTimes.map(good => auditsUntilCaught(alpha, good, runs))
      for (const [i, { median, ninety }] of found.entries()) {
        t.diagnostic(`after ${goodTimes[i]}: half by ${median}, nine in ten by ${ninety}`)
        // 3.7 standard errors of a quantile: those of a time whose spread is about its median.
        const allowed = 3.7 * 1.25 * Math.sqrt(1 / runs)
        for (const [value, published] of [
          [median, medians[i]!],
          [ninety, nineties[i]!],
        ] as const)
          assert.ok(Math.abs(value / published - 1) <= allowed, `${value} for ${published} ± ${100 * allowed} %`)
      }
      // The plain tripwire needs 703 there: a good time must not make this one blind.
      if (alpha === 0.1) assert.ok(found[2]!.median <= 220)
    })

  test('at the budget a round trips with a chance of at most delta', t => {
    const runs = sized(size, 60, 120, 2000)
    for (const alpha of [0.05, 0.1]) {
      const tripped = roundsTripped(alpha, runs)
      t.diagnostic(`budget ${alpha}: ${(100 * tripped).toFixed(1)} % of ${runs} rounds of 5,000`)
      assert.ok(tripped <= atMost(0.05, runs), `${tripped}`)
    }
  })
}

const round = 5000
const goodTimes: readonly number[] = [0, 300, 1000, 3000]
const wires = [
  { alpha: 0.05, medians: [167, 338, 347, 342], nineties: [409, 606, 648, 645] },
  { alpha: 0.1, medians: [79, 178, 175, 179], nineties: [195, 319, 314, 316] },
] as const

const feed = (wire: RestartingTripwire, rate: number, source: Rng) =>
  feedRestartingTripwire(wire, source.uniform() < rate ? 1 : 0)

function auditsUntilCaught(alpha: number, good: number, runs: number): { median: number; ninety: number } {
  const source = rng(`restarts ${alpha} ${good}`)
  const armed = answered(armRestartingTripwire({ epsilon: alpha, delta: 0.05 }, round))
  const times: number[] = []
  while (times.length < runs) {
    let wire = armed
    for (let i = 0; i < good; i++) wire = feed(wire, 0.7 * alpha, source)
    if (wire.tripped) continue
    while (!wire.tripped) wire = feed(wire, 2 * alpha, source)
    times.push(wire.audited - good)
  }
  times.sort((a, b) => a - b)
  return { median: times[runs >> 1]!, ninety: times[Math.floor(0.9 * runs)]! }
}

function roundsTripped(alpha: number, runs: number): number {
  const source = rng(`rounds ${alpha}`)
  const armed = answered(armRestartingTripwire({ epsilon: alpha, delta: 0.05 }, round))
  let tripped = 0
  for (let run = 0; run < runs; run++) {
    let wire = armed
    while (!wire.tripped && wire.fed < round) wire = feed(wire, alpha, source)
    if (wire.tripped) tripped++
  }
  return tripped / runs
}

/** Lives in which anything was certified although every cut is above its budget; a look after every fifty rows. */
function edgeLivesCertified(above: number, plan: number, lives: number): number {
  const source = rng(`edge ${above} ${plan}`)
  const alpha = 0.1
  const starts = recordStarts(plan)
  let certified = 0
  for (let life = 0; life < lives; life++) {
    let counts = noCounts
    for (let looks = 0; looks < 72; looks++) {
      const cuts = Array.from({ length: 50 }, () => cutOfShare(source.uniform()))
      const y = cuts.map(() => (source.uniform() < above * alpha ? 0 : 1))
      counts = countRows(counts, { cuts, y }, 'yes')
      if (answered(certifyRecord(counts, starts, { alpha, beta: null }, 0.05)).loosest === null) continue
      certified++
      break
    }
  }
  return certified
}

/** Strictest cut whose share holds a place in the order of all cases, 0 the best. */
const cutOfShare = (place: number): number => recordShares.findLastIndex(share => share > place)

const livesOf = (world: LifeWorld, tenants: number): readonly LivedAction[] =>
  Array.from({ length: tenants }, (_, i) => liveThrough(world, `${world.name} ${i}`)).flat()

function linesOf(world: LifeWorld, actions: readonly LivedAction[]): readonly string[] {
  return (['yes', 'no'] as const).map(side => {
    const own = actions.filter(one => one.side === side)
    const certified = own.filter(one => one.firstAfter !== null)
    const mean = (of: (one: LivedAction) => number) => own.reduce((sum, one) => sum + of(one), 0) / own.length
    const count = (of: (one: LivedAction) => boolean) => certified.filter(of).length
    const first = certified.map(one => one.firstAfter!).sort((a, b) => a - b)[certified.length >> 1]
    const tooLoose =
      mean(one => one.brokenDays) /
      Math.max(
        1e-9,
        mean(one => one.actedDays),
      )
    return [
      `${world.name} ${side}: ${certified.length} of ${own.length} certified, half of them after ${first ?? '-'} labels`,
      `broken on the average ${count(one => one.averageBroken)}, on a day ${count(one => one.brokenDays > 0)}`,
      `${(100 * tooLoose).toFixed(1)} % of acted days, worst ${Math.max(...own.map(one => one.worst)).toFixed(2)} x`,
      `covered ${mean(one => one.covered).toFixed(3)} of ${mean(one => one.oracle).toFixed(3)}`,
    ].join('; ')
  })
}
