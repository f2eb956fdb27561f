import { createHash } from 'node:crypto'
import type { JsonObject } from '@surety/contract'
import type { Signature, UnsignedModel } from '../../model/artefact.ts'
import { modelDigest } from '../../model/digest.ts'
import { hasUnsignedOutline } from '../../model/read-artefact.ts'
import { type SigningKey, signDigest, type TrustedKeys, verifySignature } from '../../model/signature.ts'
import type { KeptModel } from '../../store/models.ts'
import { storedModel } from './model-file.ts'

// Not the digest of the model: the file of a refused one is no model that another door would let in.
const refusedDigest = (digest: string): string => createHash('sha256').update(`refused ${digest}`).digest('hex')

/** The verdict as it is kept with a refused model: signed, so that what an admin lets in later was trained here. */
export const refusedVerdict = (verdict: JsonObject, digest: string, key: SigningKey): JsonObject => ({
  ...verdict,
  refused_model: signDigest(refusedDigest(digest), key),
})

/** The verdict as it is shown. */
export function shownVerdict({ verdict }: Pick<KeptModel, 'verdict'>): JsonObject {
  const { refused_model: _, ...shown } = verdict
  return shown
}

/** The model that was refused; null: it is not what was trained here. */
export function refusedModel(row: KeptModel, trusted: TrustedKeys): UnsignedModel | null {
  const model = readKept(row)
  const signature = row.verdict['refused_model'] as Signature | undefined
  if (model === null || signature === undefined || modelDigest(model) !== row.digest) return null
  return verifySignature(refusedDigest(row.digest), signature, trusted) ? model : null
}

/** The stored file as far as it can be read; null: it cannot. Nothing is verified here. */
export function readKept({ artefact }: Pick<KeptModel, 'artefact'>): UnsignedModel | null {
  const model = storedModel({ artefact })
  return hasUnsignedOutline(model) ? model : null
}
