import { isAhead, nextOf } from '../../runtime/due.ts'
import { readTasks, type TaskRow } from '../../store/tasks.ts'
import { bad, type Finding, good } from './check.ts'
import type { Records } from './visit.ts'

/** A task that is due and not run for so long waits for nobody any more. */
const overdueMs = 15 * 60_000

/** Whether what recurs runs when it should, and ends well. */
export async function tasksCheck({ db, now }: Records): Promise<Finding> {
  const rows = await db.transaction([], readTasks)
  if (rows.length === 0) return good('None is known yet; the first start makes them known.')
  const faults = rows.flatMap(row => faultOf(row, now) ?? [])
  if (faults.length > 0)
    return bad(
      `${faults.map(fault => fault.sentence).join('; ')}.`,
      [...new Set(faults.map(fault => fault.todo))].join('; '),
    )
  const paused = rows.filter(row => row.paused).map(row => row.task)
  return good(
    `${rows.length} tasks run when they should${paused.length === 0 ? '' : `; paused by a person: ${paused.join(', ')}`}.`,
  )
}

const ofFailures =
  'surety tasks list; the log line task_failed says why (docs/logs.md); surety tasks run NAME when it is mended'
const ofClocks = 'see that both clocks are right now, then surety tasks run NAME; docs/operations.md, "Clocks"'

interface Fault {
  readonly sentence: string
  readonly todo: string
}

function faultOf(row: TaskRow, now: Date): Fault | null {
  if (isAhead(row.lastSuccess, now))
    return {
      sentence: `${row.task} ended well in the future (${shown(row.lastSuccess)}): a clock was wrong`,
      todo: ofClocks,
    }
  const sentence = failureOf(row, now)
  return sentence === null ? null : { sentence, todo: ofFailures }
}

function failureOf(row: TaskRow, now: Date): string | null {
  const { task, lastSuccess, errorCode, attempts } = row
  if (row.held) return null
  if (row.state === 'failed' && attempts > 0)
    return `${task} failed ${attempts === 1 ? 'once' : `${attempts} times in a row`} (${errorCode ?? 'no code'}), last ended well ${shown(lastSuccess)}`
  const next = nextOf(row, now)
  return next !== null && now.getTime() - next.at.getTime() > overdueMs
    ? `${task} was due at ${shown(next.at)} and nobody ran it: is Surety running?`
    : null
}

const shown = (moment: Date | null): string => (moment === null ? 'never' : moment.toISOString())
