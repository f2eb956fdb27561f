import { readFile } from 'node:fs/promises'
import type { FeatureSpec, JsonObject } from '@surety/contract'
import { modelDigest } from '../model/digest.ts'
import { brokenFile, gate, noFile } from '../model/gate.ts'
import type { TrustedKeys } from '../model/signature.ts'
import { answer, type CommandIo, type ExitCode, readArguments } from './command-io.ts'

export interface VerifyIo extends CommandIo {
  readonly pod: { readonly name: string; readonly baseFeatures: readonly FeatureSpec[] }
  readonly trusted: () => Promise<TrustedKeys>
  readonly minAuc: number
  /** MODEL_PATH: what is looked at when no file is named. */
  readonly modelPath: string
  /** Walks the audit chain of every tenant; answers the first place that does not fit. */
  readonly verifyAudit: () => Promise<{ readonly ok: boolean; readonly entries: number; readonly place: string | null }>
}

const usage = 'usage: surety verify [model.json] [--audit]'

/** `surety verify`: is this file what was signed, and is the audit chain whole? Names the place that does not fit. */
export async function verify(args: readonly string[], io: VerifyIo): Promise<ExitCode> {
  const parsed = readArguments(args, io, { usage, options: { audit: { type: 'boolean' } }, words: 1 })
  if (typeof parsed === 'number') return parsed
  const audit = parsed.values['audit'] === true
  const [file] = parsed.words
  const found: { ok: boolean; model?: JsonObject; audit?: JsonObject } = { ok: true }
  // `--audit` alone asks for the chain only.
  if (file !== undefined || !audit) {
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
    const { ok, entries, place } = await io.verifyAudit()
    found.audit = { ok, entries, place }
    found.ok &&= ok
    io.err(ok ? `audit: ${entries} entries hold together.` : `audit: broken at ${place}.`)
  }
  answer(io, found)
  return found.ok ? 0 : 1
}

async function verifyModel(path: string, io: VerifyIo): Promise<JsonObject> {
  const candidate = await readCandidate(path)
  const { pod, minAuc } = io
  const verdict = gate(candidate, {
    minAuc,
    trusted: await io.trusted(),
    baseFeatures: pod.baseFeatures,
    pod: pod.name,
  })
  if (verdict.ok) {
    const { version, digest, signature } = verdict.model
    return { ok: true, file: path, version, digest, key_id: signature.key_id, gate: 'passes' }
  }
  // The floor is a matter of policy: a whole and signed file below it is still what was signed.
  if (policyCodes.has(verdict.code)) return { ok: true, file: path, gate: verdict.code, detail: verdict.error }
  return {
    ok: false,
    file: path,
    code: verdict.code,
    error: verdict.error,
    detail: verdict.code === 'digest_mismatch' ? digestDetail(candidate) : verdict.detail,
  }
}

const policyCodes = new Set(['too_few_rows', 'auc_invalid', 'auc_below_threshold', 'auc_lower_below_threshold'])

function digestDetail(candidate: unknown): string {
  try {
    const model = candidate as JsonObject
    return `The file says ${String(model['digest'])}, its content gives ${modelDigest(model)}.`
  } catch {
    return 'The content has no digest.'
  }
}

export async function readCandidate(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? noFile : brokenFile
  }
}
