import { readFileSync } from 'node:fs'

// A process costs about 0.14 s, a file inside one almost nothing: pure tests share processes, the others have their own.
const filesPerProcess = 12
const needsOwnProcess = /\.(db|e2e)\.test\.ts$|^tests\//
const changesItsProcess =
  /\b(before|after|beforeEach|afterEach|mock)\b[^}]*\}\s*from 'node:test'|process\.(env\[|chdir)/

/** Splits test files over processes, those with a process of their own first because they take longest. */
export function batches(files: readonly string[], read = (file: string) => readFileSync(file, 'utf8')): string[][] {
  const alone = files.filter(file => needsOwnProcess.test(file) || changesItsProcess.test(read(file)))
  const together = files.filter(file => !alone.includes(file))
  const groups = Array.from({ length: Math.ceil(together.length / filesPerProcess) }, (_, group) =>
    together.slice(group * filesPerProcess, (group + 1) * filesPerProcess),
  )
  return [...alone.map(file => [file]), ...groups]
}
