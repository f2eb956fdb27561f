import { globSync, readFileSync } from 'node:fs'

export interface Import {
  readonly from: string
  readonly typesOnly: boolean
}

export interface SourceFile {
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

const everything = '{bin,bench,deploy,packages,pods,scripts,tests}/**/*.{ts,tsx,js,jsx,mts}'

export function readSources(): SourceFile[] {
  const paths = globSync(everything, { exclude: path => /(^|\/)(node_modules|dist)$/.test(path) })
  return paths.sort().map(path => sourceFile(path, readFileSync(path, 'utf8')))
}

export function sourceFile(path: string, text: string): SourceFile {
  return { path: path.replaceAll('\\', '/'), text, imports: importsOf(text) }
}

// TypeScript 7 has no interface for programs yet, and an import stands at the start of a line: a pattern is enough.
const statement = /^(?:import|export)\s+(type\s+)?(?:[\w\s{},*$]*?\sfrom\s+|\}\s*from\s+)?['"]([^'"]+)['"]/gm
const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

function importsOf(text: string): Import[] {
  const code = withoutComments(text)
  const still = [...code.matchAll(statement)].map(found => ({
    from: found[2] ?? '',
    typesOnly: found[1] !== undefined,
  }))
  return [...still, ...[...code.matchAll(dynamic)].map(found => ({ from: found[1] ?? '', typesOnly: false }))]
}

/** Drops comment lines and comments after code; a "//" inside a string ends that line early, which no rule minds. */
export function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/.*$/gm, '')
}
