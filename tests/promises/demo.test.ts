import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

// The demo as somebody starts it, on the embedded database, to its last line. Full: the whole files; quick: their first rows.
const quick = process.env['SURETY_TEST_QUICK'] === '1'
const rows = quick ? ['--rows', '2500'] : []
const entry = join(dirname(fileURLToPath(import.meta.url)), '../../bin/surety.js')

interface Certified {
  readonly action: string
  readonly from: string | null
  readonly acted: number
  readonly errors: number
  readonly promise_kept: boolean
}

interface Played {
  /** All that it said, progress and nights too. */
  readonly said: string
  readonly report: { readonly decisions: number; readonly outcomes: number; readonly certified: readonly Certified[] }
}

async function play(name: 'shop' | 'bank'): Promise<Played> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-demo-'))
  try {
    const env = { ...process.env, DATABASE_URL: '' }
    const child = spawn(process.execPath, [entry, 'demo', name, '--once', ...rows, '--out', 'out'], {
      cwd: folder,
      env,
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (said += piece.toString()))
    const [code] = (await once(child, 'close')) as [number | null]
    assert.equal(code, 0, said)
    return { said, report: JSON.parse(await readFile(join(folder, 'out/report.json'), 'utf8')) as Played['report'] }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('the demo of the shop, where only who bought is reported, earns a certificate, keeps its promise, and ends with cases that wait for a person', async () => {
  const { said, report } = await play('shop')
  assert.equal(report.decisions, (quick ? 2_500 : 12_330) - 200)
  assert.match(said, /First decision after \d+\.\d s: lead /)
  assert.match(said, /First certificate after \d+\.\d s: skip_followup at most 8 % wrong/)
  const clear = report.certified.find(({ action }) => action === 'skip_followup')!
  assert.ok(clear.from !== null && clear.acted > report.decisions / 5, `${clear.acted} settled`)
  for (const { action, promise_kept: kept } of report.certified) assert.ok(kept, `${action}: promise not kept`)
  assert.match(said, /\d+\.\d % of [\d,]+ cases were settled without a person: skip_followup was wrong in \d/)
  assert.match(said, /At 3 minutes a case that is \d+ hours of people's time\./)
  const [, bought, silent] = /Only the ([\d,]+) who bought were ever reported.* of the other ([\d,]+) nothing/.exec(
    said,
  )!
  const [yes, no] = [bought, silent].map(n => Number(n!.replaceAll(',', ''))) as [number, number]
  // Silence has not spoken of the very last yet.
  assert.ok(yes > report.decisions / 20 && yes < report.decisions / 5 && yes + no > report.decisions - 60, said)
  assert.equal(report.outcomes, yes + no)
  const [, settled, waiting] = /just come in: (\d+) were settled, (\d+) wait in the inbox/.exec(said)!
  assert.equal(Number(settled) + Number(waiting), 200)
  assert.ok(Number(waiting) > 20, said)
  // One in twenty of what is settled is drawn: that none is happens once in a thousand runs.
  if (Number(settled) > 140) assert.match(said, /drawn for a blind audit and waits? there too/)
})

test('the demo of the bank, whose truth moves, acts upon next to nothing and says so', async () => {
  const { said, report } = await play('bank')
  assert.equal(report.decisions, (quick ? 2_500 : 41_188) - 200)
  const acted = report.certified.reduce((sum, { acted: n }) => sum + n, 0)
  assert.ok(acted < report.decisions / 20, `${acted} settled`)
  assert.doesNotMatch(said, /ever reported/)
  assert.match(said, /Nothing was settled without a person|cases were settled without a person/)
  assert.match(said, /just come in: \d+ were settled, \d+ wait in the inbox/)
})
