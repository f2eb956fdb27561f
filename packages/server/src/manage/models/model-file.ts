import { readFile } from 'node:fs/promises'
import { brokenFile, noFile } from '../../model/gate.ts'

/** The server's model file as a candidate for the gate: never an exception, never a half-read model. */
export async function readModelFile(path: string | null): Promise<unknown> {
  if (path === null) return noFile
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? noFile : brokenFile
  }
}

/** A model as it is stored, as a candidate for the gate. */
export function storedModel({ artefact }: { readonly artefact: string }): unknown {
  try {
    return JSON.parse(artefact)
  } catch {
    return brokenFile
  }
}
