import { access, constants, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../config/config.ts'
import { bad, type Finding, good } from './check.ts'

/** Whether the keys are there and nobody else's. */
export async function keysCheck({ dataDir, secrets }: Config): Promise<Finding> {
  if (secrets.dataKeys !== null && secrets.piiKey !== null && secrets.modelSigningKey !== null)
    return good('All keys come from the environment.')
  const path = join(dataDir, 'keys.json')
  const found = await stat(path).catch(() => null)
  if (found === null) return good(`${path} will be made at the first start.`)
  const readable = await access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
  if (!readable) return bad(`${path} cannot be read by this user.`, 'start Surety as the user who owns it')
  return (found.mode & 0o077) !== 0
    ? bad(`${path} can be read by others.`, `chmod 600 ${path}`)
    : good(`${path} is there and private.`)
}
