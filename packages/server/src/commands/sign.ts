import type { ModelArtefact, UnsignedModel } from '../model/artefact.ts'
import { brokenFile, gate, noFile } from '../model/gate.ts'
import { hasUnsignedOutline } from '../model/read-artefact.ts'
import { type SigningKey, signModel, trust } from '../model/signature.ts'
import { answer, type CommandIo, type ExitCode, readArguments } from './command-io.ts'
import { modelText, writeWhole } from './train.ts'
import { type QuestionsIo, questionNamedBy, readCandidate } from './verify.ts'

export interface SignIo extends CommandIo, QuestionsIo {
  readonly signingKey: () => Promise<SigningKey | null>
}

const usage = 'usage: surety sign model.json [--output FILE]'

/** `surety sign`: adopts a model trained elsewhere, once its features and numbers hang together. */
export async function sign(args: readonly string[], io: SignIo): Promise<ExitCode> {
  const parsed = readArguments(args, io, { usage, options: { output: { type: 'string' } }, words: 1 })
  if (typeof parsed === 'number') return parsed
  const [path] = parsed.words
  if (path === undefined) {
    io.err(usage)
    return 2
  }
  const refuse = (code: ExitCode, error: string): ExitCode => {
    io.err(error)
    answer(io, { ok: false, error })
    return code
  }
  const key = await io.signingKey()
  if (key === null) return refuse(1, 'MODEL_SIGNING_KEY is not set, so nothing can be signed.')
  const candidate = await readCandidate(path)
  if (candidate === noFile) return refuse(1, `There is no file ${path}.`)
  if (candidate === brokenFile) return refuse(1, `${path} is not JSON.`)
  if (!hasUnsignedOutline(candidate)) return refuse(3, `${path} is not a model file of this version.`)
  const signed = signedOrNull(candidate, key)
  if (signed === null) return refuse(3, `${path} holds a number that JSON cannot hold.`)
  const asked = questionNamedBy(candidate, io)
  if (typeof asked === 'string') return refuse(3, asked)
  const verdict = gate(signed, { minAuc: 0, trusted: trust(new Map(), key), ...asked })
  if (!verdict.ok) return refuse(3, `${verdict.error}${verdict.detail === null ? '' : `: ${verdict.detail}`}.`)
  const output = parsed.values['output']
  const target = typeof output === 'string' ? output : path
  await writeWhole(target, modelText(signed))
  io.err(`Signed with key ${key.keyId}: ${target}`)
  answer(io, { ok: true, output: target, version: signed.version, digest: signed.digest, key_id: key.keyId })
  return 0
}

function signedOrNull(model: UnsignedModel, key: SigningKey): ModelArtefact | null {
  try {
    return signModel(model, key)
  } catch {
    return null
  }
}
