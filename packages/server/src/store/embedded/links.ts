import { readFile, symlink } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * The package's library links are made by an install script, which `npm ci --ignore-scripts` skips.
 * @returns what could not be made, in the system's words; empty when every link is there
 */
export async function makeLinks(packageRoot: string): Promise<readonly string[]> {
  const links = await readLinks(packageRoot)
  const results = await Promise.all(links.map(link => makeLink(packageRoot, link)))
  return results.filter(result => result !== '')
}

export async function readLinks(packageRoot: string): Promise<readonly Link[]> {
  const text = await readFile(join(packageRoot, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links: readonly Link[] = JSON.parse(text)
  const inside = (path: string) => resolve(packageRoot, path).startsWith(packageRoot + sep)
  return links.filter(link => inside(link.source) && inside(link.target))
}

async function makeLink(packageRoot: string, { source, target }: Link): Promise<string> {
  try {
    await symlink(relative(dirname(target), source), join(packageRoot, target))
    return ''
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'EEXIST' ? '' : message
  }
}
