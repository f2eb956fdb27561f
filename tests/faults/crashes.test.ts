import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { verifyAudit } from '../../packages/server/src/manage/audit/verify-audit.ts'
import { verifyLedger } from '../../packages/server/src/manage/receipts/verify-ledger.ts'
import { openTestDatabase } from '../../packages/server/src/store/test-database.ts'
import { balance } from './balance.ts'
import { type Chore, choresOf, nothingTold, type Told, tenant } from './day.ts'
import { install } from './install.ts'
import { buried, type Installation, type Process, startProcess } from './process.ts'
import type { Cut } from './wire.ts'

/**
 * A process dies at any word that it says to its database, in the line, at a door, in a task and while it starts; another one goes
 * on. What callers were told is there, nothing is done twice, the books balance, receipts and audit hold. Words are what a
 * process sends and waits for: between two of them nothing that lasts can happen. `SURETY_FAULT_POINTS`: 300, or 10,000 in the long form.
 */
const points = Number(process.env['SURETY_FAULT_POINTS'] ?? 300)

test(`a process dies at ${points} places: nothing that was acknowledged is lost, nothing is done twice, the books balance`, async context => {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase({ poolSize: 3 }))
  const dataDir = await mkdtemp(join(tmpdir(), 'surety-faults-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const installation = await install(database.db, database.address, dataDir)
  const told = nothingTold()
  const life = new Life(installation, told)
  stack.defer(() => life.end())

  const lengths = await life.lengths()
  const places = placesOf(lengths, points)
  for (const [i, { chore, word, how }] of places.entries()) {
    await life.dieAt(chore, `p${i}`, word, how)
    if (i % 50 === 49) await balance(database.db, told)
  }
  await life.settle()
  await balance(database.db, told)
  const ledger = await verifyLedger(database.db, tenant)
  assert.deepEqual([ledger.ok, ledger.problems], [true, []])
  assert.ok(ledger.records >= told.leads.size)
  const audit = await database.db.read([tenant], db => verifyAudit(db, tenant))
  assert.equal(audit.ok, true)
  assert.ok(life.deaths >= 0.8 * points, `${life.deaths} of ${points} processes died`)
  for (const [name, words] of lengths) context.diagnostic(`${name}: ${words} words`)
  context.diagnostic(
    `${life.deaths} processes died at ${points} places; ${told.leads.size} leads, ${told.events.size} other events, ${told.answers.size} answers, ${told.changes.size} changes were acknowledged`,
  )
  await buried()
})

interface Place {
  readonly chore: Chore | null
  readonly word: number
  readonly how: Cut
}

/** Evenly over all words of all chores, each time in turn before it is heard and after. */
function placesOf(lengths: ReadonlyMap<string, number>, count: number): readonly Place[] {
  const each = Math.ceil(count / lengths.size)
  const all: Place[] = []
  for (let i = 0; i < each; i++)
    for (const [name, words] of lengths) {
      // The golden ratio spreads few places as evenly as many.
      const word = 1 + Math.floor(((i * 0.618034) % 1) * words)
      all.push({ chore: chores.get(name) ?? null, word, how: i % 2 === 0 ? 'before' : 'after' })
    }
  return all.slice(0, count)
}

const starts = 'a start'
const chores = new Map<string, Chore>()

/** One process after the other, each on what the one before has left. */
class Life {
  deaths = 0
  #now: Process | null = null
  readonly #installation: Installation
  readonly #told: Told
  constructor(installation: Installation, told: Told) {
    this.#installation = installation
    this.#told = told
  }

  /** How many words each chore has, and a start: measured where nobody dies. */
  async lengths(): Promise<ReadonlyMap<string, number>> {
    const lengths = new Map<string, number>()
    const first = await this.#process()
    lengths.set(starts, first.wire.said())
    for (const chore of choresOf(first)) {
      chores.set(chore.name, chore)
      first.wire.arm(Infinity, 'before')
      await chore.run(first, 'dry', this.#told)
      lengths.set(chore.name, Math.max(1, first.wire.said()))
    }
    return lengths
  }

  /** The process dies at that word of the chore (null: of its start); the next one does it again, to its end. */
  async dieAt(chore: Chore | null, turn: string, word: number, how: Cut): Promise<void> {
    if (chore === null) {
      this.#now?.kill()
      this.#now = null
      const dying = startProcess(this.#installation, { word, how })
      const outcome = await dying.then(
        process => process,
        () => null,
      )
      if (outcome === null) this.deaths++
      else {
        outcome.wire.arm(Infinity, how)
        this.#now = outcome
      }
      await this.#process()
      return
    }
    const dying = await this.#process()
    dying.wire.arm(word, how)
    const work = chore.run(dying, turn, this.#told)
    const died = await Promise.race([
      dying.wire.dead.then(() => true),
      work.then(
        () => false,
        error => ifDead(dying, error),
      ),
    ])
    void work.catch(() => {})
    if (!died) dying.wire.arm(Infinity, 'before')
    const next = await this.#process()
    await chore.run(next, turn, this.#told)
  }

  /** Acts that a process committed and did not live to perform are performed by the next. */
  async settle(): Promise<void> {
    const last = await this.#process()
    for (let round = 0; round < 3; round++) await last.app.performAll(tenant, new Date())
  }

  async end(): Promise<void> {
    this.#now?.kill()
    await buried()
  }

  async #process(): Promise<Process> {
    // Between two chores it says words, too.
    if (this.#now?.wire.isDead()) {
      this.deaths++
      this.#now.kill()
      this.#now = null
    }
    this.#now ??= await startProcess(this.#installation)
    return this.#now
  }
}

/** What a chore says of a process that has died is no news; of one that lives it is a fault. */
async function ifDead({ wire }: Process, error: unknown): Promise<boolean> {
  const dead = await Promise.race([
    wire.dead.then(() => true),
    new Promise<false>(resolve => setTimeout(resolve, 50, false)),
  ])
  if (!dead) throw error
  return true
}
