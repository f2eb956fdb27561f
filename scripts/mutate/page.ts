import type { Mutation } from './mutations.ts'

/** What became of one mutation when it was last tried. */
export interface Tried {
  readonly name: string
  readonly file: string
  readonly by: string
}

export const caughtBy = ({ by }: Tried): boolean => /^(?:\d+ )?failed/.test(by)

/**
 * The page of a list after some or all of its mutations were tried: those that were not keep the line of the last time, those that are
 * no longer listed lose it, and how many were never tried is said.
 * @param before the page as it was; empty: there was none
 */
export function renewPage(before: string, listed: readonly Mutation[], tried: readonly Tried[]): string {
  const known = new Map([...linesOf(before), ...tried].map(line => [keyOf(line), line]))
  const lines = listed.flatMap(mutation => known.get(keyOf(mutation)) ?? [])
  const missed = lines.filter(line => !caughtBy(line)).length
  const owed = listed.length - lines.length
  const never = owed === 0 ? '' : ` ${owed} more are listed and were not tried yet.`
  return `# Mutations

Each line is a mistake made on purpose in a copy of the packages, and the test that noticed. \`npm run mutate\` makes them
again and rewrites this page, or with words only the lines whose name or file has one; the lists are in \`scripts/mutate/\`.

${lines.length} mutations, ${missed === 0 ? 'all caught' : `${missed} missed`}, Node ${process.versions.node.split('.')[0]}.${never}

| mistake | in | noticed by |
|---|---|---|
${lines.map(({ name, file, by }) => `| ${name} | \`${file}\` | ${by} |`).join('\n')}
`
}

/** What is owed to a page: what is listed and was never tried, or was missed. */
export function notTried(page: string, listed: readonly Mutation[]): readonly Mutation[] {
  const caught = new Set(linesOf(page).filter(caughtBy).map(keyOf))
  return listed.filter(mutation => !caught.has(keyOf(mutation)))
}

const keyOf = ({ name, file }: Pick<Mutation, 'name' | 'file'>): string => `${file}\n${name}`

const linesOf = (page: string): readonly Tried[] =>
  [...page.matchAll(/^\| (.*?) \| `(.*?)` \| (.*) \|$/gm)].map(([, name, file, by]) => ({
    name: name!,
    file: file!,
    by: by!,
  }))
