import { createHash } from 'node:crypto'
import {
  type EventResult,
  type Pod,
  type ProblemCode,
  placeOf,
  type Question,
  type RawEvent,
  type Silence,
} from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import type { Reader } from '../../store/db.ts'
import { type ExactTime, exactTime } from '../../store/exact-time.ts'
import { latestSetting } from '../../store/settings.ts'
import {
  moveSilenceMark,
  type SilencePlace,
  silenceMark,
  type WalkedCase,
  walkDecided,
  walkTold,
} from '../../store/silence.ts'

/** An outcome by silence on its way to the line. */
export interface ToldBySilence {
  readonly raw: RawEvent
  /** The moment of the sweep that tells it. */
  readonly at: Date
}

export interface SweepDeps extends Pick<Context, 'db'> {
  /** Hands outcomes to the line. */
  submit(told: readonly ToldBySilence[]): Promise<readonly EventResult[]>
  /** Cases that one run settles at most of one tenant and question; left out: 100,000. */
  readonly mostSettled?: number
  /**
   * One run for several sweeps: which of them, none later than this one, finds a window that ended then. What it tells equals what they would have told one
   * after the other, where nothing else was recorded of these cases meanwhile. Left out: this run finds whatever ended.
   */
  readonly sweptAt?: (ended: Date) => Date
}

/** What one run did for a question of a tenant. */
export interface Swept {
  readonly looked: number
  readonly settled: number
  /** Somebody touched the case while it was settled: the next run looks again. */
  readonly moved: number
  /** There is more: the next run goes on there. */
  readonly more: boolean
}

const dayMs = 86_400_000
const lot = 200
const mostSettled = 100_000
/** A case is tried again at once where it was touched between the look and the writing. */
const mostTries = 3

const walks = { decided: walkDecided, told: walkTold } as const

/** After how many days silence speaks of this question; 0: never. What was saved for the tenant holds, else what is declared. */
export const silenceDays = ({ db }: Pick<SweepDeps, 'db'>, tenant: string, question: Question): Promise<number> =>
  db.read([tenant], reader => daysOf(reader, tenant, question))

async function daysOf(reader: Reader, tenant: string, question: Question): Promise<number> {
  if (question.silence === undefined) return 0
  const saved = await latestSetting(reader, tenant, placeOf(question), 'policy')
  const days = saved?.['silence_days']
  return typeof days === 'number' ? days : question.silence.days
}

/**
 * Lets silence speak of the cases that have grown old enough since the last run: those whose decision has, and those whose newest word
 * that settles nothing has. One lot after another, each through the line before the next, and the mark behind it: a run
 * that ends half-way goes on there, and shorter days than before reach what lies in between.
 */
export async function sweepSilence(
  deps: SweepDeps,
  tenant: string,
  pod: Pod,
  question: Question,
  at: Date,
  signal?: AbortSignal,
): Promise<Swept | null> {
  const { silence } = question
  if (silence === undefined) return null
  const begun = await deps.db.read([tenant], reader => beginSweep(reader, tenant, question, at))
  if (begun === null) return null
  const { days, until } = begun
  const ended: { readonly mark: string; readonly to: ExactTime }[] = []
  const total = { looked: 0, settled: 0, moved: 0, more: false }
  for (const kind of ['decided', 'told'] as const) {
    const { mark } = begun[kind]
    let { after } = begun[kind]
    let page: readonly WalkedCase[] | null = begun[kind].page
    for (;;) {
      signal?.throwIfAborted()
      const walk = { ...placeOf(question), after, until, limit: lot }
      const settling = { tenant, pod, question, silence, days, until, sweptAt: deps.sweptAt ?? (() => at) }
      const done = await settleLot(deps, settling, page, () =>
        deps.db.read([tenant], reader => walks[kind](reader, tenant, walk)),
      )
      page = null
      total.looked += done.cases.length
      total.settled += done.settled
      total.moved += done.moved
      if (done.moved > 0) break
      const full = done.cases.length === lot
      const last = done.cases.at(-1)?.place
      if (!full || last === undefined) {
        ended.push({ mark, to: exactTime(until) })
        break
      }
      await deps.db.transaction([tenant], handle => moveSilenceMark(handle, tenant, mark, last.recordedAt, at))
      after = last
      if (total.settled >= (deps.mostSettled ?? mostSettled)) return { ...total, more: true }
    }
  }
  if (ended.length > 0)
    await deps.db.transaction([tenant], async handle => {
      for (const { mark, to } of ended) await moveSilenceMark(handle, tenant, mark, to, at)
    })
  return total
}

interface Walk {
  /** Under which it is remembered how far it came. */
  readonly mark: string
  readonly after: SilencePlace
  readonly page: readonly WalkedCase[]
}

/** All that an hour in which nothing grew old enough needs, in one transaction: a history has thousands of hours. */
async function beginSweep(
  reader: Reader,
  tenant: string,
  question: Question,
  at: Date,
): Promise<({ readonly days: number; readonly until: Date } & { readonly [kind in keyof typeof walks]: Walk }) | null> {
  const days = await daysOf(reader, tenant, question)
  if (days === 0) return null
  const until = new Date(at.getTime() - days * dayMs)
  const begin = async (kind: keyof typeof walks): Promise<Walk> => {
    const mark = `silence:${kind}:${question.pod}/${question.name}`
    const begun = await silenceMark(reader, tenant, mark, at)
    // What shares a moment with the mark may lie behind it in the order of ids.
    const after: SilencePlace = { recordedAt: begun ?? ('-infinity' as ExactTime), id: '' }
    const page = await walks[kind](reader, tenant, { ...placeOf(question), after, until, limit: lot })
    return { mark, after, page }
  }
  return { days, until, decided: await begin('decided'), told: await begin('told') }
}

interface Settling {
  readonly tenant: string
  readonly pod: Pod
  readonly question: Question
  readonly silence: Silence
  readonly days: number
  readonly until: Date
  sweptAt(ended: Date): Date
}

/** Said of what may be written the next time. */
const mayComeAgain: ReadonlySet<ProblemCode> = new Set(['storage_unavailable', 'overloaded'])

interface SettledLot {
  readonly cases: readonly WalkedCase[]
  readonly settled: number
  readonly moved: number
}

/** Reads the lot anew where some of it was touched meanwhile: mostly it is not silent any more. @param known null: not read yet */
async function settleLot(
  deps: SweepDeps,
  settling: Settling,
  known: readonly WalkedCase[] | null,
  read: () => Promise<readonly WalkedCase[]>,
): Promise<SettledLot> {
  let settled = 0
  /** Tokens under which nothing was written. */
  const refused = new Map<string, number>()
  for (let tries = 1; ; tries++) {
    const cases = tries === 1 && known !== null ? known : await read()
    // The token has not moved and nothing was written: the case itself is gone, and no other try finds it.
    const silent = cases.filter(one => isSilent(one, settling.until) && refused.get(one.caseId) !== one.token)
    if (silent.length === 0) return { cases, settled, moved: 0 }
    if (tries > mostTries) return { cases, settled, moved: silent.length }
    const byCase = [...new Map(silent.map(one => [one.caseId, one])).values()]
    const results = await deps.submit(byCase.map(one => toldOf(settling, one)))
    // Not written, and not because of its case: the next run finds it where the mark stands.
    for (const result of results)
      if (result.status === 'rejected' && mayComeAgain.has(result.code)) throw new Problem(result.code, result.detail)
    for (const [place, { status }] of results.entries()) {
      const one = byCase[place]!
      if (status === 'recorded') settled++
      else refused.set(one.caseId, one.token)
    }
    if (results.every(({ status }) => status === 'recorded')) return { cases, settled, moved: 0 }
  }
}

/** Nothing that was heard of it since settles anything. */
const isSilent = ({ since, label }: WalkedCase, until: Date): boolean =>
  since !== null && label === null && since <= until

function toldOf({ tenant, pod, question, silence, days, sweptAt }: Settling, one: WalkedCase): ToldBySilence {
  const { kind, data } = pod.report(one.caseId, one.word ?? silence.word, null)
  const ended = new Date((one.since?.getTime() ?? 0) + days * dayMs)
  const at = sweptAt(ended)
  const raw: RawEvent = {
    tenant,
    kind,
    data,
    eventId: eventIdOf(question, one),
    occurredAt: new Date(Math.min(ended.getTime(), at.getTime())),
    ...(pod.questions.length > 1 && { question: question.name }),
    silence: { token: one.token, label: silence.label },
  }
  return { raw, at }
}

/** One for each silence: it follows the decision, or an outcome, and only one outcome follows it. */
function eventIdOf({ pod, name }: Question, { caseId, toldBy }: WalkedCase): string {
  const words = JSON.stringify([pod, name, caseId, toldBy])
  return `silence-${createHash('sha256').update(words).digest('hex').slice(0, 40)}`
}
