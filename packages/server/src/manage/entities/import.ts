import { createHash } from 'node:crypto'
import { setImmediate as otherWork } from 'node:timers/promises'
import { canonical, type JsonObject, type Principal } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import { analyzeEntities } from '../../store/entities.ts'
import type { EntityKind } from './kinds.ts'
import { type FileContent, type FileRow, type RowError, readFile } from './read-file.ts'
import { lookedUpBy } from './read-row.ts'
import { always, difference, type EntityValue, stretchAt, type Timeline, withEndAt, withValue } from './timeline.ts'
import { type Edit, type Edited, previewEdits, writeEdits } from './write.ts'

export interface ImportOptions {
  readonly dryRun: boolean
  /** Import the rows without a mistake; false: all rows or none. */
  readonly partial: boolean
  /** null: now, and always for an id that was never there. */
  readonly effectiveFrom: Date | null
}

export interface ImportReport extends Counts {
  readonly rows: number
  readonly refused: number
  readonly errors: readonly RowError[]
  readonly moreErrors: number
  readonly ignored: readonly string[]
  /** null: nothing was written. */
  readonly change: number | null
}

interface Counts {
  readonly created: number
  readonly changed: number
  readonly unchanged: number
  readonly ended: number
}

/** From so many on the server is told at once how the rows lie now, instead of finding out by itself later. */
const manyRows = 1_000

/** @throws Problem `import_refused` with every mistake where one is and not `partial` */
export async function importFile(
  deps: Pick<Context, 'db' | 'now' | 'audit' | 'redact'>,
  actor: Principal,
  kind: EntityKind,
  text: string,
  options: ImportOptions,
  requestId: string,
): Promise<ImportReport> {
  const isPersonal = async (given: string) => (await deps.redact(actor.tenant, given)) !== given
  const file = await readFile(kind, text, isPersonal)
  const { dryRun, partial } = options
  if (file.refused > 0 && !partial && !dryRun) throw refusal(file)
  const edits = file.good.map(row => editOf(kind, file, row, options.effectiveFrom))
  const { tenant } = actor
  const place = { tenant, pod: kind.pod, kind: kind.entity.name }
  const report = (edited: readonly Edited[], change: number | null): ImportReport => {
    const { rows, refused, errors, moreErrors, ignored } = file
    return { rows, ...countsOf(edited), refused, errors, moreErrors, ignored, change }
  }
  if (dryRun)
    return report(await deps.db.read([tenant], reader => previewEdits(reader, place, edits, deps.now())), null)
  const imported = await deps.db.transaction([tenant], async tx => {
    const by = `key:${actor.keyId}`
    const { change, at, edited } = await writeEdits(tx, place, edits, {
      now: deps.now,
      actor: by,
      what: 'imported',
      reason: null,
    })
    if (change === null) return report(edited, null)
    const { rows, created, changed, unchanged, ended, refused } = report(edited, change)
    await deps.audit(tx, {
      tenant,
      at,
      actor: by,
      action: 'entities.imported',
      ...(await digestsOf(edited)),
      requestId,
      detail: { pod: kind.pod, kind: kind.entity.name, change, rows, created, changed, unchanged, ended, refused },
    })
    return report(edited, change)
  })
  // The rows are stored: an error would say that they are not, and the server finds out by itself within a minute.
  if (imported.created + imported.changed + imported.ended >= manyRows)
    await analyzeEntities(deps.db).catch(() => undefined)
  return imported
}

function refusal({ rows, refused, errors, moreErrors }: FileContent): Problem {
  const more =
    moreErrors === 0 ? '' : ` The first ${errors.length} mistakes are listed, and ${moreErrors} more were found.`
  return new Problem('import_refused', `${refused} of ${rows} rows are wrong; nothing was imported.${more}`, {
    errors: errors.map(({ row, column, code, message }) => ({
      path: column === null ? `rows.${row}` : `rows.${row}.${column}`,
      code,
      message,
    })),
  })
}

function editOf(kind: EntityKind, { absent }: FileContent, row: FileRow, from: Date | null): Edit {
  const { id, value, ends } = row
  return {
    id,
    apply(timeline, now) {
      const at = from ?? (timeline.length === 0 ? always : now)
      if (ends instanceof Date && ends <= at) return withEndAt(timeline, ends)
      const valued = withValue(timeline, at, completed(kind, absent, row.row, value, timeline, at))
      return ends === undefined ? valued : withEndAt(valued, ends)
    },
  }
}

/** The fields of columns that the file lacks stay as they are. */
function completed(
  kind: EntityKind,
  absent: readonly string[],
  row: number,
  value: EntityValue,
  timeline: Timeline,
  at: Date,
): EntityValue {
  const known = stretchAt(timeline, at)
  if (absent.length === 0 || known === null || known.ended) return value
  const kept = Object.fromEntries(Object.entries(known.value.body).filter(([name]) => absent.includes(name)))
  const whole = lookedUpBy(kind, { ...value.body, ...kept } as JsonObject)
  if (!('errors' in whole)) return whole
  const [error] = whole.errors
  throw new Problem('import_refused', `Row ${row}, with what is known of it beside the file: it ${error?.message}.`)
}

function countsOf(edited: readonly Edited[]): Counts {
  const counts = { created: 0, changed: 0, unchanged: 0, ended: 0 }
  for (const one of edited) counts[becameOf(one)]++
  return counts
}

function becameOf({ before, after }: Edited): keyof Counts {
  if (after === before) return 'unchanged'
  if (before.length === 0) return 'created'
  const written = difference(before, after).added.filter(one => one.madeIn === null)
  return written.every(one => one.ended) ? 'ended' : 'changed'
}

/** Of all that the import changes, a few at a time: others have their turn between. */
async function digestsOf(edited: readonly Edited[]): Promise<{ readonly before: string; readonly after: string }> {
  const hashes = { before: createHash('sha256'), after: createHash('sha256') }
  const changed = edited.filter(one => one.after !== one.before)
  for (const [n, one] of changed.entries()) {
    if (n % 500 === 499) await otherWork()
    for (const side of ['before', 'after'] as const)
      for (const { value, validFrom, ended } of one[side])
        hashes[side].update(canonical([value.body, validFrom.toISOString(), ended])).update('\n')
  }
  return { before: hashes.before.digest('hex'), after: hashes.after.digest('hex') }
}
