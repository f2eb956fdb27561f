import { readFile } from 'node:fs/promises'
import type { FeatureSpec, JsonObject } from '@surety/contract'
import { questionOf } from '../model/artefact.ts'
import { modelDigest } from '../model/digest.ts'
import { brokenFile, gate, gateSentences, noFile, policyCodes } from '../model/gate.ts'
import { hasUnsignedOutline } from '../model/read-artefact.ts'
import type { TrustedKeys } from '../model/signature.ts'
import { answer, type CommandIo, type ExitCode, readArguments } from './command-io.ts'

/** What a model is for, and begins with. */
export interface AskedQuestion {
  readonly pod: string
  readonly question: string
  readonly baseFeatures: readonly FeatureSpec[]
}

export interface QuestionsIo {
  /** Of every installed pod; the first one is meant where a file names no pod. */
  readonly questions: readonly AskedQuestion[]
}

export interface VerifyIo extends CommandIo, QuestionsIo {
  readonly trusted: () => Promise<TrustedKeys>
  readonly minAuc: number
  /** MODEL_PATH: what is looked at when no file is named. */
  readonly modelPath: string
  /** Walks the receipts of every tenant; `headsText`: a file of heads that was kept elsewhere. */
  readonly verifyReceipts: (
    headsText: string | null,
    onProgress: (sentence: string) => void,
  ) => Promise<readonly ReceiptsState[]>
  /** Walks the audit chain of every tenant; answers the first place that does not fit. `headsText` as above. */
  readonly verifyAudit: (headsText: string | null) => Promise<AuditState>
}

export interface AuditState {
  readonly ok: boolean
  readonly entries: number
  /** Entries that no signed head covers yet. */
  readonly unsigned: number
  readonly place: string | null
}

export interface ReceiptsState {
  readonly tenant: string
  readonly ok: boolean
  readonly chains: number
  readonly links: number
  readonly records: number
  readonly erased: number
  readonly expired: number
  readonly before: number
  readonly unsigned: number
  readonly problems: readonly string[]
  readonly problemCount: number
}

const usage = `usage: surety verify [model.json] [--audit] [--receipts] [--heads HEADS_FILE]
--audit     the chain of every audit log from its beginning, and every head that was signed of it
--receipts  every decision and outcome against its digest, every link, every signed head, and where each chain ends
--heads     a file that surety receipt --heads wrote earlier and that was kept elsewhere: finds a ledger or an audit log that
            was cut or written anew, also by somebody who has the signing key. Goes with --audit, --receipts or both
Exit codes: 0 holds, 1 does not (the place is named) or could not be checked, 2 usage.`

/** `surety verify`: is this file what was signed, and is the audit chain whole? Names the place that does not fit. */
export async function verify(args: readonly string[], io: VerifyIo): Promise<ExitCode> {
  const parsed = readArguments(args, io, {
    usage,
    options: { audit: { type: 'boolean' }, receipts: { type: 'boolean' }, heads: { type: 'string' } },
    words: 1,
  })
  if (typeof parsed === 'number') return parsed
  const audit = parsed.values['audit'] === true
  const receipts = parsed.values['receipts'] === true
  const heads = typeof parsed.values['heads'] === 'string' ? parsed.values['heads'] : null
  if (heads !== null && !receipts && !audit) {
    io.err(`--heads goes with --audit or --receipts.\n${usage}`)
    return 2
  }
  const headsText = heads === null ? null : await readFile(heads, 'utf8')
  const [file] = parsed.words
  const found: { ok: boolean; model?: JsonObject; audit?: JsonObject; receipts?: readonly ReceiptsState[] } = {
    ok: true,
  }
  // `--audit` or `--receipts` alone ask for the chains only.
  if (file !== undefined || !(audit || receipts)) {
    const path = file ?? io.modelPath
    const model = await verifyModel(path, io)
    found.model = model
    found.ok &&= model['ok'] === true
    io.err(
      model['ok'] === true
        ? `${path}: digest and signature hold.`
        : `${path}: ${model['error']}. ${model['detail'] ?? ''}`.trim(),
    )
  }
  if (audit) {
    const { ok, entries, unsigned, place } = await io.verifyAudit(headsText)
    found.audit = { ok, entries, unsigned, place }
    found.ok &&= ok
    const later = unsigned === 0 ? '' : `; ${unsigned} of them are not signed yet`
    io.err(ok ? `audit: ${entries} entries hold together${later}.` : `audit: broken at ${place}.`)
  }
  if (receipts) {
    const states = await io.verifyReceipts(headsText, io.err)
    for (const state of states) tellReceipts(state, io)
    if (states.length === 0) io.err('receipts: no tenant has any yet.')
    found.receipts = states
    found.ok &&= states.every(state => state.ok)
  }
  answer(io, found)
  return found.ok ? 0 : 1
}

function tellReceipts(state: ReceiptsState, io: CommandIo): void {
  const { tenant, records, links, chains } = state
  const apart = [
    ...(state.expired > 0 ? [`${state.expired} whose month retention dropped`] : []),
    ...(state.before > 0 ? [`${state.before} records from before receipts were kept, which nothing proves`] : []),
    ...(state.unsigned > 0 ? [`${state.unsigned} links not signed yet`] : []),
  ]
  const beside = apart.length === 0 ? '' : `; beside them ${apart.join(', ')}`
  if (state.ok) {
    const erased = state.erased === 0 ? '' : ` (${state.erased} of them erased since)`
    io.err(
      `receipts of ${tenant}: ${records} records${erased} in ${links} links of ${chains} chains hold together${beside}.`,
    )
    return
  }
  for (const problem of state.problems) io.err(`receipts of ${tenant}: ${problem}.`)
  if (state.problemCount > state.problems.length)
    io.err(`receipts of ${tenant}: and ${state.problemCount - state.problems.length} more.`)
}

async function verifyModel(path: string, io: VerifyIo): Promise<JsonObject> {
  const candidate = await readCandidate(path)
  const asked = questionNamedBy(candidate, io)
  if (typeof asked === 'string')
    return { ok: false, file: path, code: 'question_mismatch', error: gateSentences.question_mismatch, detail: asked }
  const verdict = gate(candidate, { minAuc: io.minAuc, trusted: await io.trusted(), ...asked })
  if (verdict.ok) {
    const { version, digest, signature } = verdict.model
    return { ok: true, file: path, version, digest, key_id: signature.key_id, gate: 'passes' }
  }
  if (policyCodes.has(verdict.code)) return { ok: true, file: path, gate: verdict.code, detail: verdict.error }
  return {
    ok: false,
    file: path,
    code: verdict.code,
    error: verdict.error,
    detail: verdict.code === 'digest_mismatch' ? digestDetail(candidate) : verdict.detail,
  }
}

function digestDetail(candidate: unknown): string {
  try {
    const model = candidate as JsonObject
    return `The file says ${String(model['digest'])}, its content gives ${modelDigest(model)}.`
  } catch {
    return 'The content has no digest.'
  }
}

/** The question that a file says it is for; a sentence where no installed pod asks it. The gate says what else is wrong. */
export function questionNamedBy(candidate: unknown, { questions }: QuestionsIo): AskedQuestion | string {
  const first = questions[0]
  if (first === undefined) return 'No pod is installed.'
  if (!hasUnsignedOutline(candidate)) return first
  const { pod = first.pod } = candidate
  const question = questionOf(candidate)
  const found = questions.find(asked => asked.pod === pod && asked.question === question)
  return found ?? `No installed pod called ${pod} asks ${question}.`
}

export async function readCandidate(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? noFile : brokenFile
  }
}
