import { rename, rm, writeFile } from 'node:fs/promises'
import type { FeatureSpec, JsonObject } from '@surety/contract'
import { CsvError } from '../csv/csv-error.ts'
import { readCsv } from '../csv/read-csv.ts'
import type { ModelKind, SecondModel } from '../model/artefact.ts'
import { type SigningKey, signModel } from '../model/signature.ts'
import { answer, type CommandIo, type ExitCode, readArguments } from './command-io.ts'
import { type OutcomeRow, OutcomeTableError, readOutcomeTable } from './outcome-rows.ts'

/** What the application hands in: the pod whose export is read, the key, and the training thread. */
export interface TrainIo extends CommandIo {
  readonly now: () => Date
  readonly minAuc: number
  readonly pod: {
    readonly name: string
    readonly question: string
    readonly baseFeatures: readonly FeatureSpec[]
    readonly labels: { readonly [outcome: string]: 0 | 1 | null }
  }
  readonly segmentFeatures: readonly string[]
  /** null: no key is configured, so nothing can be signed. */
  readonly signingKey: () => Promise<SigningKey | null>
  readonly learn: (
    rows: readonly OutcomeRow[],
    specs: readonly FeatureSpec[],
    request: LearnRequest,
    onProgress: (done: number, total: number) => void,
  ) => Promise<Learned>
}

export interface LearnRequest {
  readonly nowMs: number
  readonly version: number
  readonly seed: number
  readonly minAuc: number
  readonly champion: null
  readonly pod: string
  readonly question: string
  readonly kind: ModelKind
  readonly tenant: string
  readonly segmentFeatures: readonly string[]
  readonly golden: readonly []
  readonly timed: boolean
}

export type Learned =
  | { readonly stopped: true }
  | {
      readonly stopped: false
      readonly verdict: JsonObject & { readonly accepted: boolean; readonly sentence: string }
      readonly model: SecondModel | null
    }

const usage =
  'usage: surety train --input outcomes.csv --output model.json [--kind logistic|trees] [--seed N] [--version N] [--report FILE]'
const options = {
  input: { type: 'string' },
  output: { type: 'string' },
  kind: { type: 'string' },
  seed: { type: 'string' },
  version: { type: 'string' },
  report: { type: 'string' },
} as const

/** `surety train`: learns from an export and writes a signed model, or refuses and writes none. */
export async function train(args: readonly string[], io: TrainIo): Promise<ExitCode> {
  const parsed = readArguments(args, io, { usage, options, words: 0 })
  if (typeof parsed === 'number') return parsed
  const { input, output, report } = parsed.values
  const kind = kindOf(parsed.values['kind'])
  const one = (name: 'seed' | 'version') => {
    const value = parsed.values[name]
    return typeof value === 'string' ? value : undefined
  }
  const nowMs = io.now().getTime()
  const seed = whole(one('seed'), 1, 0)
  const version = whole(one('version'), Math.floor(nowMs / 1000), 1)
  if (typeof input !== 'string' || typeof output !== 'string' || seed === null || version === null || kind === null) {
    if (kind === null) io.err('--kind must be logistic or trees.')
    else if (seed === null || version === null) io.err('--seed and --version must be whole numbers.')
    else io.err('--input and --output are needed.')
    io.err(usage)
    return 2
  }
  try {
    const key = await io.signingKey()
    if (key === null) throw new OutcomeTableError('MODEL_SIGNING_KEY is not set, so the model could not be signed.')
    const table = await readTable(input, io)
    if (!table.timed) io.err('Warning: the file has no column decided_at, so the order of its rows is taken for time.')
    if (table.unlabelled > 0) io.err(`${table.unlabelled} rows have no label yet and are left out.`)
    const request = {
      nowMs,
      version,
      seed,
      minAuc: io.minAuc,
      champion: null,
      pod: io.pod.name,
      question: io.pod.question,
      kind,
      tenant: '*',
      segmentFeatures: io.segmentFeatures,
      golden: [],
      timed: table.timed,
    } as const
    const outcome = await io.learn(table.rows, table.specs, request, (done, total) =>
      io.err(`training: step ${done} of ${total}`),
    )
    if (outcome.stopped) throw new OutcomeTableError('The training was stopped.')
    const { verdict, model } = outcome
    if (typeof report === 'string') await writeWhole(report, `${JSON.stringify(verdict, null, 2)}\n`)
    io.err(verdict.sentence)
    if (!verdict.accepted || model === null) {
      answer(io, { ok: false, error: verdict.sentence, verdict })
      return 3
    }
    const signed = signModel(model, key)
    await writeWhole(output, modelText(signed))
    const { auc, auc_ci: interval, n_train: rows, n_test: tested } = signed.metrics
    answer(io, {
      ok: true,
      output,
      version,
      auc,
      auc_ci: interval,
      n_train: rows,
      n_test: tested,
      digest: signed.digest,
      verdict,
    })
    return 0
  } catch (error) {
    if (!(error instanceof CsvError || error instanceof OutcomeTableError || isFileError(error))) throw error
    io.err(error.message)
    answer(io, { ok: false, error: error.message, ...('code' in error ? { code: error.code } : {}) })
    return 1
  }
}

async function readTable(input: string, io: TrainIo) {
  const rows: (readonly string[])[] = []
  let header: readonly string[] = []
  for await (const chunk of readCsv(input)) {
    header = chunk.header
    for (const row of chunk.rows) rows.push(row)
  }
  io.err(`${rows.length} rows read.`)
  return readOutcomeTable({ header, rows, baseFeatures: io.pod.baseFeatures, labels: io.pod.labels })
}

function whole(text: string | boolean | undefined, otherwise: number, least: number): number | null {
  if (text === undefined) return otherwise
  const value = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) && value >= least ? value : null
}

const kindOf = (given: unknown): ModelKind | null =>
  given === undefined || given === 'logistic' ? 'logistic' : given === 'trees' ? given : null

/** A model as a file for people: indented, each list of numbers on a line, for trees hold thousands of them. */
export const modelText = (model: JsonObject): string =>
  // A line break outside of a text is written by the indentation alone, so no text of the model is touched.
  `${JSON.stringify(model, null, 2).replace(/\[\n[\d\s.,eE+-]*\]/g, list => list.replace(/\s+/g, ''))}\n`

const isFileError = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && 'code' in error && 'syscall' in error

/** Whole or not at all: a reader never sees half a model. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const part = `${path}.${process.pid}.part`
  try {
    await writeFile(part, text, { mode: 0o644 })
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}
