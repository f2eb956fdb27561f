import { readFile, stat } from 'node:fs/promises'
import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { notUtf8, wholeText } from '../csv/whole-text.ts'
import { Problem } from '../errors.ts'
import { effectiveTime } from '../manage/entities/moments.ts'
import { answer, type CommandIo, type ExitCode, type Parsed, readArguments } from './command-io.ts'
import { type EntityPlaceWords, type EntityStore, openEntityStore } from './open-entities.ts'

const usage = `usage: surety entities kinds
       surety entities import FILE --kind K --tenant T [--dry-run] [--partial] [--effective-from TIME]
       surety entities list --kind K --tenant T [--as-of TIME] [--known-at TIME]
       surety entities show ID --kind K --tenant T [--history] [--as-of TIME] [--known-at TIME]
       surety entities export --kind K --tenant T [--as-of TIME] [--known-at TIME] > FILE
Reference data. FILE: CSV in UTF-8 with a header; all rows or none, with --partial those without a mistake.
--dry-run says what would become of the rows. TIME: ISO 8601 with offset; --effective-from also takes always.
--as-of: what held then. --known-at: as it was known then. --pod P where several pods have the kind.
docs/entities.md tells the rest.`
const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const options = {
  kind: text,
  tenant: text,
  pod: text,
  'as-of': text,
  'known-at': text,
  'effective-from': text,
  'dry-run': flag,
  partial: flag,
  history: flag,
}
const largestFile = 10 * 1024 * 1024
/** Mistakes that are printed; all of them are in the answer for machines. */
const mostPrinted = 20

/** What the application hands in. */
export interface EntitiesIo extends CommandIo {
  open(): Promise<EntityStore & AsyncDisposable>
  /** A piece of a file, as it is. */
  write(piece: string): void
}

/** `surety entities`: works on the database directly, while the service runs or not. */
export async function entities(args: readonly string[], io: EntitiesIo = ioOfProcess()): Promise<ExitCode> {
  const parsed = readArguments(args, io, { usage, options, words: 2 })
  if (typeof parsed === 'number') return parsed
  const [verb = '', word] = parsed.words
  const { kind, tenant, pod } = parsed.values
  const wrong = (sentence: string): ExitCode => {
    io.err(sentence)
    io.err(usage)
    return 2
  }
  const run = Object.hasOwn(verbs, verb) ? verbs[verb as keyof typeof verbs] : undefined
  if (verb !== 'kinds' && run === undefined) return wrong(`There is no "entities ${verb}".`)
  if (run !== undefined && (typeof kind !== 'string' || typeof tenant !== 'string'))
    return wrong('--kind and --tenant are needed.')
  if ((verb === 'import' || verb === 'show') && word === undefined)
    return wrong(verb === 'show' ? 'ID is needed.' : 'FILE is needed.')
  await using store = await io.open()
  if (run === undefined) {
    if (store.kinds.length === 0) io.err('No pod of this installation has reference data.')
    for (const one of store.kinds) answer(io, one)
    return 0
  }
  try {
    const place = { kind: kind as string, tenant: tenant as string, pod: typeof pod === 'string' ? pod : undefined }
    return await run({ store, place, word: word ?? '', values: parsed.values, io })
  } catch (error) {
    if (error instanceof Problem) return refused(error, io)
    if (!(error instanceof Error && 'syscall' in error)) throw error
    io.err(error.message)
    return 1
  }
}

interface Asked {
  readonly store: EntityStore
  readonly place: EntityPlaceWords
  readonly word: string
  readonly values: Parsed['values']
  readonly io: EntitiesIo
}

const verbs = { import: importRows, list, show, export: exportRows }

async function importRows({ store, place, word: path, values, io }: Asked): Promise<ExitCode> {
  if ((await stat(path)).size > largestFile)
    throw new Problem('import_refused', 'The file is larger than 10 MiB; cut it.')
  const text = wholeText(await readFile(path))
  if (text === null) throw new Problem('import_refused', notUtf8(path))
  const from = values['effective-from']
  const dryRun = values['dry-run'] === true
  const report = await store.import(place, text, {
    dryRun,
    partial: values['partial'] === true,
    effectiveFrom: typeof from === 'string' ? effectiveTime('--effective-from', from) : null,
  })
  const { created, changed, unchanged, ended, refused, errors, moreErrors, ignored } = report
  for (const { row, column, message } of errors.slice(0, mostPrinted))
    io.err(mistake(`rows.${row}${column === null ? '' : `.${column}`}`, message))
  const more = errors.length - mostPrinted + moreErrors
  if (more > 0) io.err(`... and ${more} more.`)
  if (ignored.length > 0) io.err(`Columns that are no fields of ${place.kind}: ${ignored.join(', ')}.`)
  const what = `${created} created, ${changed} changed, ${ended} ended, ${unchanged} unchanged, ${refused} refused`
  io.err(dryRun ? `Nothing was written. It would be: ${what}.` : `${what}.`)
  answer(io, { ok: refused === 0, dry_run: dryRun, ...report })
  return refused === 0 ? 0 : 4
}

async function list({ store, place, values, io }: Asked): Promise<ExitCode> {
  const moments = momentsOf(values)
  for (let cursor: string | undefined | null; cursor !== null; ) {
    const page: Awaited<ReturnType<EntityStore['list']>> = await store.list(place, moments, cursor)
    for (const item of page.items) answer(io, item)
    cursor = page.next
  }
  return 0
}

async function show({ store, place, word: id, values, io }: Asked): Promise<ExitCode> {
  if (values['history'] !== true) {
    answer(io, await store.show(place, id, momentsOf(values)))
    return 0
  }
  for (let cursor: string | undefined | null; cursor !== null; ) {
    const page: Awaited<ReturnType<EntityStore['history']>> = await store.history(place, id, cursor)
    for (const item of page.items) answer(io, item)
    cursor = page.next
  }
  return 0
}

async function exportRows({ store, place, values, io }: Asked): Promise<ExitCode> {
  for await (const piece of await store.file(place, momentsOf(values))) io.write(piece)
  return 0
}

function momentsOf(values: Parsed['values']) {
  const word = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined)
  return { asOf: word('as-of'), knownAt: word('known-at') }
}

function refused(problem: Problem, io: CommandIo): ExitCode {
  io.err(problem.message)
  for (const { path, message } of problem.errors.slice(0, mostPrinted)) io.err(mistake(path, message))
  if (problem.errors.length > mostPrinted) io.err(`... and ${problem.errors.length - mostPrinted} more are listed.`)
  answer(io, { ok: false, code: problem.code, error: problem.message, errors: problem.errors })
  return 3
}

/** "row 3, target: must be a number" for what stands in a file. */
function mistake(path: string, message: string): string {
  const place = /^rows\.(\d+)(?:\.(.*))?$/.exec(path)
  if (place === null) return `${path}: ${message}`
  const row = place[1] === '0' ? 'header' : `row ${place[1]}`
  return place[2] === undefined ? `${row} ${message}` : `${row}, ${place[2]}: ${message}`
}

function ioOfProcess(): EntitiesIo {
  return {
    open: () => openEntityStore(buildConfig(readEnv())),
    out: line => void process.stdout.write(`${line}\n`),
    err: line => void process.stderr.write(`${line}\n`),
    write: piece => void process.stdout.write(piece),
  }
}
