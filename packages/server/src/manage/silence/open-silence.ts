import type { Question } from '@surety/contract'
import { eachApart } from '../../errors.ts'
import type { Intake } from '../../pipeline/intake.ts'
import type { Context } from '../../runtime/context.ts'
import type { Task } from '../../runtime/task.ts'
import { type SweepDeps, type Swept, silenceDays, sweepSilence } from './sweep.ts'

export type CatchUp = Required<Pick<SweepDeps, 'submit' | 'sweptAt'>>

export interface OpenSilence {
  readonly tasks: readonly [Task<Swept>]
  daysOf(tenant: string, question: Question): Promise<number>
  /**
   * What the task's runs up to the one at `at` would have told of a tenant one after the other, in one: each outcome as at its run. For whoever drives
   * time himself, and let nothing else be recorded meanwhile of the cases that had grown silent.
   */
  catchUp(tenant: string, at: Date, through: CatchUp): Promise<Swept>
}

/** The hourly sweep that lets silence speak: of questions that say what it says. */
export function openSilence(
  { db, pods }: Pick<Context, 'db' | 'pods'>,
  { submitMany }: Pick<Intake, 'submitMany'>,
): OpenSilence {
  const deps: SweepDeps = { db, submit: told => submitMany(told.map(({ raw }) => raw)) }
  const sweepAll = async (through: SweepDeps, tenant: string, at: Date, signal?: AbortSignal): Promise<Swept> => {
    const total = { looked: 0, settled: 0, moved: 0, more: false }
    const questions = pods.flatMap(pod => pod.questions.map(question => [pod, question] as const))
    const sweep = async ([pod, question]: (typeof questions)[number]): Promise<void> => {
      const swept = await sweepSilence(through, tenant, pod, question, at, signal)
      if (swept !== null) add(total, swept)
    }
    await eachApart(questions, sweep, signal)
    return total
  }
  return {
    daysOf: (tenant, question) => silenceDays(deps, tenant, question),
    catchUp: (tenant, at, through) => sweepAll({ db, ...through, mostSettled: Number.POSITIVE_INFINITY }, tenant, at),
    tasks: [
      {
        name: 'outcome-window',
        schedule: { cron: '27 * * * *', timeZone: 'UTC' },
        async run(at, signal, eachTenant) {
          const total = { looked: 0, settled: 0, moved: 0, more: false }
          await eachTenant(async tenant => add(total, await sweepAll(deps, tenant, at, signal)))
          return total
        },
      },
    ],
  }
}

type Total = { -readonly [K in keyof Swept]: Swept[K] }

function add(total: Total, { looked, settled, moved, more }: Swept): void {
  total.looked += looked
  total.settled += settled
  total.moved += moved
  total.more ||= more
}
