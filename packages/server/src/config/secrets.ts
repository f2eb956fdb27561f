import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, type SecretTexts } from './config.ts'

export interface Secrets {
  readonly dataKeys: readonly Buffer[]
  readonly piiRoot: Buffer
  readonly modelSigningKey: string
  /** What was generated just now, in words, with a reminder to back it up; null when nothing was. */
  readonly note: string | null
}

interface KeyFile {
  data_key: string
  pii_key: string
  model_signing_key: string
}

const decode = (text: string): Buffer => Buffer.from(text, 'base64')

/** Secrets from the configuration; what is not given is generated once into the data folder (mode 0600). */
export async function loadSecrets(given: SecretTexts, dataDir: string): Promise<Secrets> {
  const complete = given.dataKeys !== null && given.piiKey !== null && given.modelSigningKey !== null
  const file = complete ? null : await keyFile(dataDir)
  return {
    dataKeys: (given.dataKeys ?? [file!.keys.data_key]).map(decode),
    piiRoot: decode(given.piiKey ?? file!.keys.pii_key),
    modelSigningKey: given.modelSigningKey ?? file!.keys.model_signing_key,
    note: file?.made
      ? `Keys were generated into ${file.path}. Back this file up: without it, contact fields cannot be read again.`
      : null,
  }
}

/** The keys that are here; null or none where the first start would make them. */
export interface StoredKeys {
  readonly dataKeys: readonly Buffer[]
  readonly piiRoot: Buffer | null
  readonly modelSigningKey: string | null
}

/** What `loadSecrets` gives, as far as it is there: makes and changes nothing. */
export async function storedKeys(given: SecretTexts, dataDir: string): Promise<StoredKeys> {
  const complete = given.dataKeys !== null && given.piiKey !== null && given.modelSigningKey !== null
  const file = complete ? null : await storedFile(join(dataDir, 'keys.json'))
  const dataKeys = given.dataKeys ?? (file === null ? [] : [file.data_key])
  const piiKey = given.piiKey ?? file?.pii_key
  return {
    dataKeys: dataKeys.map(decode),
    piiRoot: piiKey === undefined ? null : decode(piiKey),
    modelSigningKey: given.modelSigningKey ?? file?.model_signing_key ?? null,
  }
}

async function storedFile(path: string): Promise<KeyFile | null> {
  const text = await readFile(path, 'utf8').catch(error => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : readKeys(text, path)
}

async function keyFile(dataDir: string): Promise<{ keys: KeyFile; made: boolean; path: string }> {
  const path = join(dataDir, 'keys.json')
  // As root the database runs as another user, who must be able to walk through; the key file itself is private.
  await mkdir(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  const fresh: KeyFile = {
    data_key: randomBytes(32).toString('base64'),
    pii_key: randomBytes(32).toString('base64'),
    model_signing_key: randomBytes(32).toString('base64'),
  }
  try {
    // wx: two processes that start at once make one file; the second reads what the first wrote.
    await writeFile(path, `${JSON.stringify(fresh, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    return { keys: fresh, made: true, path }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  await chmod(path, 0o600)
  return { keys: readKeys(await readFile(path, 'utf8'), path), made: false, path }
}

function readKeys(text: string, path: string): KeyFile {
  try {
    const keys = JSON.parse(text) as Partial<KeyFile>
    if (
      typeof keys.data_key === 'string' &&
      typeof keys.pii_key === 'string' &&
      typeof keys.model_signing_key === 'string'
    )
      return keys as KeyFile
  } catch {
    throw new ConfigError(`${path} is not valid JSON; restore it from your backup.`)
  }
  throw new ConfigError(`${path} lacks a key; restore it from your backup.`)
}
