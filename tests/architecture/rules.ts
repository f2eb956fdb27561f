import { posix } from 'node:path'
import {
  type Allowed,
  exportedForTests,
  namesPods,
  namesTheThirdPod,
  parsesTimes,
  readsClock,
  readsEnvironment,
  testFile,
} from './arrows.ts'
import { placeOf, resolve, zoneOf } from './resolve.ts'
import { type SourceFile, withoutComments } from './source-file.ts'

/** A rule reads all files and says, one sentence each, what breaks it. */
export type Rule = (files: readonly SourceFile[]) => string[]

/** `manage/*`: every slice of management. */
const fits = (list: readonly string[], name: string) =>
  list.some(one => one === '*' || one === name || (one.endsWith('/*') && name.startsWith(one.slice(0, -1))))

/** `startWorld` hands it in; who opens a service by itself and lets others call it does so too. */
export const answersAreChecked: Rule = files =>
  files
    .filter(({ path }) => path.endsWith('.test.ts'))
    .filter(({ text }) => /\bopenApp\(/.test(text) && /\.listen\(\)/.test(text) && !/\bcheckAnswer\b/.test(text))
    .map(({ path }) => `${path} opens a door whose answers nobody holds to their schemas: hand checkAnswer in`)

export const everyFileHasAZone: Rule = files =>
  files
    .filter(
      file => !testFile.test(file.path) && zoneOf(file.path) === undefined && !file.path.endsWith('/src/index.ts'),
    )
    .map(file => `${file.path} is in no zone: give it a row in tests/architecture/arrows.ts, or a better place`)

export const arrowsPointOneWay: Rule = files =>
  files.flatMap(file => (testFile.test(file.path) ? [] : file.imports.flatMap(one => wrongArrow(file, one) ?? [])))

function wrongArrow(file: SourceFile, { from, typesOnly }: SourceFile['imports'][number]): string | undefined {
  const zone = zoneOf(file.path)
  if (zone === undefined) return undefined
  const target = resolve(file.path, from)
  if (target.kind === 'node')
    return fits(zone.node, target.name.split('/')[0] ?? '')
      ? undefined
      : `${file.path}: ${zone.name} may not use node:${target.name}`
  if (target.kind === 'package')
    return fits(zone.packages, target.name)
      ? undefined
      : `${file.path}: ${zone.name} may not use the package ${target.name}`
  if (testFile.test(target.path) && zone.name !== 'workplace')
    return `${file.path} imports ${target.path}, which is for tests only`
  const [here, there] = [placeOf(file.path), placeOf(target.path)]
  if (here === there || fits(zone.may, there)) return undefined
  if (typesOnly && zone.mayTypes !== undefined && fits(zone.mayTypes, there)) return undefined
  return `${file.path}: ${here} may not import ${there} (${from})`
}

/** What a package hides behind its `exports` stays hidden: no path leads from one package into another. */
export const packagesAreEnteredByTheDoor: Rule = files =>
  files
    .filter(file => !testFile.test(file.path) && /^(packages|pods)\//.test(file.path))
    .flatMap(file =>
      file.imports
        .filter(({ from }) => from.startsWith('.'))
        .map(({ from }) => ({ from, to: posix.normalize(posix.join(posix.dirname(file.path), from)) }))
        .filter(({ to }) => packageOf(to) !== packageOf(file.path))
        .map(({ from }) => `${file.path} reaches into another package by path (${from}): import it by name`),
    )

const packageOf = (path: string) => path.split('/', 2).join('/')

/** Circles of imports that exist at run time; types may go in circles. */
export const noCircles: Rule = files => {
  const graph = new Map(files.map(file => [file.path, runtimeTargets(file)]))
  const state = new Map<string, 'open' | 'closed'>()
  const circles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'closed') return
    if (state.get(path) === 'open') {
      circles.push(`circle: ${[...trail.slice(trail.indexOf(path)), path].join(' -> ')}`)
      return
    }
    state.set(path, 'open')
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
    state.set(path, 'closed')
  }
  for (const path of graph.keys()) visit(path, [])
  return circles
}

function runtimeTargets(file: SourceFile): string[] {
  return file.imports
    .filter(({ typesOnly }) => !typesOnly)
    .map(({ from }) => resolve(file.path, from))
    .flatMap(target => (target.kind === 'ours' ? [target.path] : []))
}

const forbiddenName = /^(shared|common|utils?|helpers?)$/
const forbiddenWord = /^(utils?|helpers?)$/

export const namesSayWhatTheyHold: Rule = files =>
  files.flatMap(({ path }) => {
    const parts = path.split('/')
    const bare = (part: string) => part.split('.')[0] ?? ''
    const wrong = parts.find(
      part =>
        forbiddenName.test(bare(part)) ||
        bare(part)
          .split('-')
          .some(word => forbiddenWord.test(word)),
    )
    if (wrong !== undefined) return [`${path}: "${wrong}" does not say what it holds`]
    return /^[a-z0-9]+([.-][a-z0-9]+)*$/.test(parts.at(-1) ?? '') ? [] : [`${path}: file names are kebab-case`]
  })

export const oneIndexAPackage: Rule = files =>
  files.flatMap(({ path, text }) => {
    if (/^(packages|pods)\/[^/]+\/src\/index\.ts$/.test(path)) return []
    if (/\/index\.[a-z]+$/.test(path)) return [`${path}: only a package's src may have an index`]
    return /^export\s+\*/m.test(text) ? [`${path}: only a package's index.ts passes everything on (export *)`] : []
  })

export const namedExportsOnly: Rule = files =>
  files
    .filter(({ path }) => !/\.config\.[mc]?[jt]s$/.test(path))
    .filter(({ text }) => /^export\s+default\b|^export\s*\{[^}]*\bas\s+default\b/m.test(withoutComments(text)))
    .map(({ path }) => `${path} has a default export: give it a name`)

export const environmentIsReadOnce: Rule = files =>
  matches(files, /\bprocess\.env\b|['"]node:process['"]/, readsEnvironment, 'reads the environment: ask config/env.ts')

export const clockAndChanceAreHandedIn: Rule = files =>
  matches(
    files,
    /\bDate\.now\(|\bnew Date\(\s*\)|\bMath\.random\(/,
    readsClock,
    'reads the wall clock or draws unseeded numbers: take `now` or the generator as an argument',
  )

export const timesComeInByOneParser: Rule = files =>
  matches(
    files,
    /\bDate\.parse\(/,
    parsesTimes,
    'makes a time of a text: `readGivenTime` of the contract reads those that callers give',
  )

export const sharedCodeNeverAsksWhichPod: Rule = files =>
  matches(
    files,
    /['"`](customer-ops|security-ops)['"`]/,
    namesPods,
    'names a pod: ask a property that every pod answers',
  )

export const nobodyKnowsTheThirdPod: Rule = files =>
  matches(files, /thermostat|heating/i, namesTheThirdPod, 'names the pod of tests/thermostats')

function matches(files: readonly SourceFile[], pattern: RegExp, allowed: readonly Allowed[], sentence: string) {
  return files
    .filter(({ path }) => !allowed.some(one => one.path.test(path)))
    .filter(({ text }) => pattern.test(withoutComments(text)))
    .map(({ path }) => `${path} ${sentence}`)
}

const longest = 450

export const filesStaySmall: Rule = files =>
  files
    .filter(({ path }) => !/\.generated\.ts$|\/fixtures\//.test(path))
    .map(({ path, text }) => ({ path, lines: linesOf(text) }))
    .filter(({ lines }) => lines > longest)
    .map(({ path, lines }) => `${path} has ${lines} lines, more than ${longest}: would two files be easier to read?`)

export function linesOf(text: string): number {
  return text.split('\n').length - 1
}

/** A statement of SQL as it begins in a text: what only `store/` may hold. */
const statementOfSql =
  /[`'"]\s*(?:with\s+(?:recursive\s+)?\w+(?:\s*\([^)]*\))?\s+as\b|select\s+(?!a\b|an\b|the\b)|insert\s+into\s|update\s+\w+(?:\s+(?:as\s+)?\w+)?\s+set\s|delete\s+from\s|(?:un)?listen\s+\w+|notify\s+\w+|declare\s+\w+\s+(?:no\s|cursor|insensitive|scroll)|fetch\s+(?:forward|\$|\d)|begin\s+isolation|set\s+(?:local\s|transaction\s)|(?:create|alter|drop|truncate)\s+(?:table|database|schema|role|function|view|index|unlogged)\s)/gi

export const sqlOf = (text: string): number => [...withoutComments(text).matchAll(statementOfSql)].length

const besideTheStore = (files: readonly SourceFile[]) =>
  files
    .filter(({ path }) => /^(packages|pods)\//.test(path) && !path.startsWith('packages/server/src/store/'))
    .filter(({ path }) => !testFile.test(path))

export const sqlLivesInTheStore: Rule = files =>
  besideTheStore(files).flatMap(({ path, text }) => {
    const found = sqlOf(text)
    return found === 0 ? [] : [`${path} holds ${found} statements of SQL, which belong to store/`]
  })

/** However a statement begins and wherever its text is put together: it is sent by the store. */
export const onlyTheStoreAsks: Rule = files =>
  besideTheStore(files)
    .filter(({ text }) => /\.query\s*[<(]/.test(withoutComments(text)))
    .map(({ path }) => `${path} asks the database itself: call a function of store/`)

/** One that is lost says so by an event, and an `error` that nobody hears ends the process. */
export const connectionsOfTheirOwnAreHeard: Rule = files =>
  files
    .filter(
      ({ path }) => path.startsWith('packages/') && !testFile.test(path) && !path.endsWith('/store/own-client.ts'),
    )
    .filter(({ text }) => /\bnew\s+(?:pg\.)?Client\s*\(/.test(withoutComments(text)))
    .map(({ path }) => `${path} opens a connection whose loss nobody hears: call ownClient`)

const declared = /^export\s+(?:async\s+)?(?:abstract\s+)?(?:const|let|function\*?|class|interface|type|enum)\s+(\w+)/gm

/** What is exported and read by no other file, and not by its own either, is dead; `testsOnly` lists what only tests read. */
export const nothingIsExportedForNobody: Rule = files => {
  const inScope = ({ path }: SourceFile) => /^(packages\/(?:server|contract|pii)|pods\/[^/]+)\/src\//.test(path)
  const code = files.map(file => ({ ...file, text: withoutComments(file.text) }))
  const words = new Map<string, { code: number; tests: number }>()
  for (const { path, text } of code)
    for (const word of new Set(text.match(/\b[A-Za-z_]\w*\b/g) ?? [])) {
      const seen = words.get(word) ?? { code: 0, tests: 0 }
      if (testFile.test(path) || path.startsWith('tests/')) seen.tests++
      else seen.code++
      words.set(word, seen)
    }
  return code
    .filter(file => inScope(file) && !testFile.test(file.path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(declared)]
        .map(found => found[1]!)
        .filter(name => (words.get(name)?.code ?? 0) < 2)
        .filter(name => [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length < 2)
        .filter(name => (words.get(name)?.tests ?? 0) === 0 || !exportedForTests.has(name))
        .map(
          name =>
            `${path} exports ${name}, which ${(words.get(name)?.tests ?? 0) === 0 ? 'nobody' : 'no code but tests'} reads`,
        ),
    )
}
