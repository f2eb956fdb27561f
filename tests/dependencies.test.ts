// What a package.json promises: what it declares is used, what is used is declared, and what it exports is there.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { test } from 'node:test'
import { readSources, type SourceFile } from './architecture/source-file.ts'

interface Manifest {
  readonly name: string
  readonly main?: string
  readonly bin?: string | { readonly [name: string]: string }
  readonly exports?: string | { readonly [path: string]: string }
  readonly dependencies?: { readonly [name: string]: string }
  readonly devDependencies?: { readonly [name: string]: string }
  readonly optionalDependencies?: { readonly [name: string]: string }
}

/** A package of ours; the root, whose folder is `.`, owns what lies in none of the others. */
interface Package {
  readonly folder: string
  readonly manifest: Manifest
  readonly sources: readonly SourceFile[]
}

const sources = readSources()
const inPackage = /^(?:packages|pods)\/[^/]+/
const packages: readonly Package[] = ['package.json', ...globSync('{packages,pods}/*/package.json').sort()].map(
  path => {
    const folder = posix.dirname(path.replaceAll('\\', '/'))
    const manifest: Manifest = JSON.parse(readFileSync(path, 'utf8'))
    return { folder, manifest, sources: sources.filter(file => (inPackage.exec(file.path)?.[0] ?? '.') === folder) }
  },
)
const root = packages[0]!
const ours = new Set(packages.map(({ manifest }) => manifest.name))

const nameOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')

/** Packages that these files import, types included, or whose files they look for. */
function usedBy(files: readonly SourceFile[]): ReadonlyMap<string, string> {
  const used = new Map<string, string>()
  for (const { path, text, imports } of files) {
    const resolved = [...text.matchAll(/\bimport\.meta\.resolve\(\s*'([^']+)'\s*\)/g)].map(found => found[1]!)
    for (const specifier of [...imports.map(({ from }) => from), ...resolved])
      if (!specifier.startsWith('.') && !isBuiltin(specifier)) used.set(nameOf(specifier), path)
  }
  return used
}

function targetsOf({ main, bin, exports }: Manifest): readonly string[] {
  const values = (given: string | { readonly [name: string]: string } | undefined): readonly string[] =>
    given === undefined ? [] : typeof given === 'string' ? [given] : Object.values(given)
  return [...values(main), ...values(bin), ...values(exports)]
}

test('what a package exports is there', () => {
  for (const { folder, manifest } of packages)
    for (const target of targetsOf(manifest))
      assert.ok(existsSync(posix.join(folder, target)), `${manifest.name} exports ${target}, which does not exist`)
})

test('every dependency that a package declares is imported by it', () => {
  for (const { manifest, sources } of packages.slice(1)) {
    const used = usedBy(sources)
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }))
      assert.ok(used.has(name), `${manifest.name} declares ${name} and imports it nowhere`)
  }
})

test('every import of a package is declared by it', () => {
  for (const { folder, manifest, sources } of packages) {
    const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }))
    for (const [name, path] of usedBy(sources)) {
      if (name === manifest.name || declared.has(name)) continue
      // What proves and measures the whole lies at the root, and uses the packages of the whole.
      if (folder === '.' && (ours.has(name) || isDeclaredByOurs(name))) continue
      const testTool = /\.(test|bench)\.ts$|\/testing\//.test(path) && name in (root.manifest.devDependencies ?? {})
      assert.ok(testTool, `${path} imports ${name}, which ${manifest.name} does not declare`)
    }
  }
})

const isDeclaredByOurs = (name: string): boolean =>
  packages.some(({ manifest }) => name in (manifest.dependencies ?? {}))

test('every tool at the root is imported, or run by its name, or gives the types of a package that is used', () => {
  const { devDependencies = {}, optionalDependencies = {} } = root.manifest
  const used = usedBy(sources)
  const text = [...sources.map(file => file.text), readFileSync('biome.json', 'utf8')].join('\n')
  // A tool is run by its command: `biome` of @biomejs/biome; a plug-in is found by its host.
  const runs: { readonly [name: string]: string } = {
    '@biomejs/biome': "'biome'",
    typescript: "'tsc'",
    oxlint: "'oxlint'",
    'oxlint-tsgolint': '--type-aware',
  }
  for (const name of Object.keys(devDependencies)) {
    const typed = name.startsWith('@types/') ? name.slice('@types/'.length) : null
    const isUsed =
      typed === null ? used.has(name) || text.includes(runs[name] ?? name) : typed === 'node' || used.has(typed)
    assert.ok(isUsed, `the root declares ${name} and nothing uses it`)
  }
  for (const name of Object.keys(optionalDependencies)) {
    const family = name.replace(/-?(?:darwin|linux)-(?:arm64|x64)$/, '')
    assert.ok(text.includes(family), `the root declares ${name} and nothing looks for ${family}`)
  }
})
