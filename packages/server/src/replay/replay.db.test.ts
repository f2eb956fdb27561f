import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { rng } from '@surety/stats'
import pg from 'pg'
import { databaseName } from '../app/open-replay.ts'
import { clientConfig, type DbAddress } from '../store/db.ts'
import { type ReplayHost, type ReplayWish, replayFile } from './replay-file.ts'
import type { NightVerdict } from './world.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const given = process.env['SURETY_TEST_DATABASE']
const address = given === undefined ? null : (JSON.parse(given) as DbAddress)
/** null: the replay starts an embedded PostgreSQL of its own. */
const databaseUrl =
  address === null
    ? null
    : (address.url ??
      `postgresql://${address.user}@localhost:${address.port}/postgres?host=${encodeURIComponent(address.host ?? '')}`)

let folder = ''
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'surety-replay-test-'))
  await writeFile(join(folder, 'history.csv'), history(2000))
  await writeFile(join(folder, 'short.csv'), history(700))
})
test.after(() => rm(folder, { recursive: true, force: true }))

const start = Date.parse('2025-02-10T08:00:00Z')
const atOf = (row: number) => start + row * 10 * 60_000

/** 14 days of a case every 10 minutes; the answer depends on score and channel. Every 100th has no label. */
function history(rows: number): string {
  const dice = rng('history')
  const lines = ['at,score,channel,wants,outcome']
  for (let row = 0; row < rows; row++) {
    const score = dice.uniform() * 4 - 2
    const channel = ['web', 'phone', 'shop'][dice.int(3)]!
    const logOdds = 1.3 * score + (channel === 'phone' ? 1 : -0.5)
    const won = dice.uniform() < 1 / (1 + Math.exp(-logOdds))
    const outcome = row % 100 === 99 ? '' : won ? 'won' : 'lost'
    const at = new Date(atOf(row)).toISOString()
    lines.push(`${at},${score.toFixed(4)},${channel},${dice.int(2) === 0 ? 'yes' : 'no'},${outcome}`)
  }
  return `${lines.join('\n')}\n`
}

const outs = new Set<string>()
const wish = (file: string, out: string, over: Partial<ReplayWish> = {}): ReplayWish => ({
  file: join(folder, file),
  out: join(folder, noted(out)),
  label: 'outcome',
  time: 'at',
  positive: 'won',
  subject: null,
  ignore: [],
  knownLater: [],
  windowDays: null,
  delayMs: 3 * dayMs,
  seed: 7,
  pod: 'table',
  budgets: [],
  ...over,
})

const run = (asked: ReplayWish, over: Partial<ReplayHost> = {}) =>
  replayFile(asked, {
    databaseUrl,
    minAuc: 0.65,
    now: () => new Date('2026-01-01T00:00:00Z'),
    monotonicMs: () => performance.now(),
    ...over,
  })

const speed = ['events_per_second', 'line_seconds', 'learning_seconds', 'latency_us', 'run_at']

/** The bytes of report.json without the run's date, speed and latencies. */
async function bytesOf(out: string): Promise<string> {
  const text = await readFile(join(folder, out, 'report.json'), 'utf8')
  const report = JSON.parse(text) as { [name: string]: unknown }
  for (const name of speed) assert.ok(name in report, name)
  return JSON.stringify(report, (name, value) => (speed.includes(name) ? undefined : (value as unknown)))
}

function noted(out: string): string {
  outs.add(out)
  return out
}

/** Databases of this file's replays that are there: the server may be another one's too. */
async function replayDatabases(): Promise<number> {
  if (databaseUrl === null) return 0
  const client = new pg.Client(clientConfig({ url: databaseUrl }, null))
  await client.connect()
  const names = [...outs].flatMap(out =>
    ['.replay', '.replay-2', '.replay-3'].map(name => databaseName({ folder: join(folder, out, name) })),
  )
  const { rowCount } = await client.query('select from pg_database where datname = any ($1)', [names])
  await client.end()
  return rowCount ?? 0
}

test('a history ends in a report, twice the same bytes, and a model only ever knew what had been answered', async () => {
  const nights: NightVerdict[] = []
  const first = await run(wish('history.csv', 'one'), { onNight: night => nights.push(night) })
  assert.ok(first.finished)
  const report = JSON.parse(await bytesOf('one'))
  assert.deepEqual([report.events, report.decisions, report.outcomes], [3980, 2000, 1980])
  assert.ok(report.auc.value > 0.75 && report.auc.lower < report.auc.value && report.auc.value < report.auc.upper)
  assert.ok(report.auc.n > 1000 && report.auc.n < 1980)
  assert.equal(report.reasons.no_model + report.reasons.not_certified, 2000)
  assert.ok(report.models.some((model: { verdict: string }) => model.verdict === 'accepted'))
  assert.ok(report.models.some((model: { verdict: string }) => model.verdict === 'refused'))

  // Labels of cases whose answer had come before that night, neither more nor fewer.
  assert.equal(nights.length, report.models.length)
  for (const { at, n_train, n_test } of nights) {
    let answered = 0
    for (let row = 0; row < 2000; row++) if (row % 100 !== 99 && atOf(row) + 3 * dayMs < Date.parse(at)) answered++
    assert.equal(n_train + n_test, answered, at)
  }
  // Decisions without a model are exactly those before the first accepted night.
  const accepted = Date.parse(nights.find(night => night.accepted)?.at ?? '')
  const before = Array.from({ length: 2000 }, (_, row) => atOf(row)).filter(at => at < accepted).length
  assert.equal(report.reasons.no_model, before)

  await writeFile(join(folder, 'history.csv.gz'), gzipSync(await readFile(join(folder, 'history.csv'))))
  await run(wish('history.csv.gz', 'packed'))
  assert.equal((await bytesOf('packed')).replace('history.csv.gz', 'history.csv'), await bytesOf('one'))
  assert.deepEqual((await readdir(join(folder, 'one'))).sort(), ['report.html', 'report.json'])
})

test('interrupted twice and gone on with, it gives the report of an uninterrupted run', async () => {
  for (const after of [600, 2500]) {
    const stop = new AbortController()
    const end = await run(wish('history.csv', 'cut'), {
      signal: stop.signal,
      onProgress: ({ events }) => {
        if (events >= after) stop.abort()
      },
    })
    assert.ok(!end.finished)
    assert.ok(end.events >= after && end.events < 3980)
    assert.deepEqual(await readdir(join(folder, 'cut')), ['.replay'])
  }
  const notes: string[] = []
  const end = await run(wish('history.csv', 'cut'), { onNote: note => notes.push(note) })
  assert.ok(end.finished)
  assert.doesNotMatch(notes.join('\n'), /anew/)
  assert.equal(await bytesOf('cut'), await bytesOf('one'))
})

test('where only the yes are reported silence tells of every other row, at its sweep, and an interruption loses none of it', async () => {
  const asked = (out: string) => wish('short.csv', out, { delayMs: dayMs / 2, windowDays: 1 })
  const end = await run(asked('silent'))
  assert.ok(end.finished)
  const labels = (await readFile(join(folder, 'short.csv'), 'utf8')).split('\n').slice(1, 701)
  const won = labels.map(line => line.endsWith(',won'))
  const last = Math.max(atOf(699), atOf(won.lastIndexOf(true)) + dayMs / 2)
  const sweepOf = (row: number) => Math.ceil((atOf(row) + dayMs - 27 * 60_000) / hourMs) * hourMs + 27 * 60_000
  const told = won.map((yes, row) => (yes ? 1 : sweepOf(row) <= last ? 0 : -1))
  assert.deepEqual([...end.report.outcome], told)
  assert.equal(end.report.outcomes, told.filter(label => label >= 0).length)
  assert.match(
    end.report.warnings.join('\n'),
    /Only the \d+ yes were reported; of the other \d+ rows silence of a day said no/,
  )
  const stop = new AbortController()
  await run(asked('silent-cut'), {
    signal: stop.signal,
    onProgress: ({ events }) => {
      if (events >= 500) stop.abort()
    },
  })
  assert.ok((await run(asked('silent-cut'))).finished)
  assert.equal(await bytesOf('silent-cut'), await bytesOf('silent'))
})

test('each set of budgets is the history once more; interrupted in the second, the first is not replayed again', async () => {
  const before = await replayDatabases()
  const [strict, loose, act] = [
    { action: 'no', alpha: 0.02, delta: null },
    { action: 'no', alpha: 0.45, delta: null },
    { action: 'yes', alpha: 0.3, delta: null },
  ]
  const asked = wish('short.csv', 'several', { delayMs: dayMs / 2, budgets: [strict, act, loose] })
  const stop = new AbortController()
  let of = 0
  const cut = await run(asked, {
    signal: stop.signal,
    onNote: note => {
      if (note.startsWith('Budgets')) of++
    },
    onProgress: ({ events }) => {
      if (of === 2 && events > 600) stop.abort()
    },
  })
  assert.ok(!cut.finished)
  assert.ok(databaseUrl === null || (await replayDatabases()) > before, 'what is interrupted stays')
  const pushed: number[] = []
  const end = await run(asked, { onProgress: ({ events }) => pushed.push(events) })
  assert.ok(end.finished && Math.min(...pushed) > 600, 'the first set is done, the second goes on')
  const budgets = (actions: readonly { readonly action: string; readonly alpha: number }[]) =>
    Object.fromEntries(actions.map(({ action, alpha }) => [action, alpha]))
  assert.deepEqual(budgets(end.report.actions), { yes: 0.3, no: 0.02 })
  assert.deepEqual(
    end.report.others.map(({ actions }) => budgets(actions)),
    [{ yes: 0.3, no: 0.45 }],
  )
  const alone = await run(wish('short.csv', 'alone', { delayMs: dayMs / 2, budgets: [act, loose] }))
  assert.ok(alone.finished)
  const { settled, actions, asked: persons } = alone.report
  assert.ok(
    settled.some(by => actions[by]?.action === 'no'),
    'something was settled',
  )
  assert.deepEqual(end.report.others[0]!.settled, settled)
  assert.equal(end.report.others[0]!.asked, persons)
  assert.ok(!end.report.settled.some(by => end.report.actions[by]?.action === 'no'))
  const report = JSON.parse(await bytesOf('several'))
  assert.equal(report.other_budgets[0].certified[1].alpha, 0.45)
  assert.deepEqual((await readdir(join(folder, 'several'))).sort(), ['report.html', 'report.json'])
  assert.equal(await replayDatabases(), before)
})

test('other options do not go on with what lies there: they start anew and say so', async () => {
  const stop = new AbortController()
  await run(wish('short.csv', 'other'), { signal: stop.signal, onProgress: () => stop.abort() })
  const notes: string[] = []
  const end = await run(wish('short.csv', 'other', { delayMs: 5 * dayMs }), { onNote: note => notes.push(note) })
  assert.ok(end.finished)
  assert.match(notes.join('\n'), /starting anew/)
})

test('a file that cannot be replayed is named with code and row, and nothing is left behind', async () => {
  const before = await replayDatabases()
  const head = 'at,x,outcome\n'
  const good = (rows: number) =>
    Array.from({ length: rows }, (_, row) => `${new Date(atOf(row)).toISOString()},${row % 4},${row % 2}\n`).join('')
  const cases: readonly (readonly [name: string, content: string | Buffer, code: string, row: number | null])[] = [
    ['ragged', `${head}${good(3000)}2026-01-01,1\n`, 'csv.ragged_row', 3001],
    ['empty', '', 'csv.empty', null],
    ['header', head, 'csv.no_rows', null],
    ['one-class', `${head}${good(40).replaceAll(/,0\n/g, ',1\n')}`, 'label_one_class', null],
    ['no-label', `${head}${good(40).replaceAll(/,[01]\n/g, ',\n')}`, 'label_missing', null],
    [
      'latin-1',
      Buffer.concat([Buffer.from(head + good(5)), Buffer.from([0x32, 0xfc, 0x2c, 0x31, 0x0a])]),
      'csv.not_utf8',
      6,
    ],
    ['time', `${head}${good(10)}yesterday,1,1\n`, 'time_unreadable', 11],
  ]
  for (const [name, content, code, row] of cases) {
    await writeFile(join(folder, `${name}.csv`), content)
    await assert.rejects(run(wish(`${name}.csv`, `out-${name}`, { positive: null })), (error: Error) => {
      assert.equal('code' in error && error.code, code, name)
      if (row !== null) assert.equal('row' in error && error.row, row, name)
      return true
    })
    await assert.rejects(readdir(join(folder, `out-${name}`)), { code: 'ENOENT' })
  }
  assert.equal(await replayDatabases(), before)
})

test('a row that only the line refuses ends the replay with its number, and what was written is removed', async () => {
  const before = await replayDatabases()
  const row = (at: number, who: string) => `${new Date(atOf(at)).toISOString()},${at % 4},${who},${at % 2}\n`
  const rows = Array.from({ length: 900 }, (_, at) => row(at, `person ${at % 50}`)).join('')
  await writeFile(join(folder, 'nul.csv'), `at,x,who,outcome\n${rows}${row(900, 'some\0body')}`)
  await assert.rejects(run(wish('nul.csv', 'out-nul', { positive: null, subject: 'who' })), {
    code: 'row_refused',
    row: 901,
    message: /NUL/,
  })
  await assert.rejects(readdir(join(folder, 'out-nul')), { code: 'ENOENT' })
  assert.equal(await replayDatabases(), before)
})
