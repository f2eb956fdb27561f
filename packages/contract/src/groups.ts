/**
 * What is locked together while an event is judged: a device, a person, a site. The rank is its place in the list in which it
 * was declared: rows of a lower rank may point to groups of a higher one, never back.
 */
export interface Group<Name extends string = string> {
  readonly name: Name
  /** 0 for the first that was declared. */
  readonly rank: number
  /**
   * One of them, by its key of 1 to 128 characters; none for a key that is missing.
   * @throws RangeError where the text cannot be a key
   */
  of(key: string | null | undefined): GroupKey | null
}

/** One group, such as the person P7. */
export interface GroupKey {
  readonly group: Group
  readonly key: string
}

/** From a group so many kinds of state may link, and a row of each to so many other groups. */
export const mostLinks = 4
const longestKey = 128

/**
 * Declares the groups of a pod, the lowest rank first.
 *
 *   export const { device, person, site } = groups('device', 'person', 'site')
 * @throws Error with a sentence for the author of the pod
 */
export function groups<const Names extends readonly string[]>(...names: Names): { [N in Names[number]]: Group<N> } {
  const wrong = names.find(name => !/^[a-z][a-z0-9_]{0,39}$/.test(name))
  if (wrong !== undefined) throw new Error(`a group cannot be called ${JSON.stringify(wrong)}`)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`there are two groups called ${twice}`)
  return Object.fromEntries(names.map((name, rank) => [name, groupOf(name, rank)])) as {
    [N in Names[number]]: Group<N>
  }
}

/** A group by what is stored of it: one that only events name stands nowhere else in a pod. */
export function groupOf(name: string, rank: number): Group {
  const group: Group = {
    name,
    rank,
    of(key) {
      if (key === null || key === undefined) return null
      if (key === '' || key.length > longestKey || key.includes('\0') || !key.isWellFormed())
        throw new RangeError(
          `the key of a ${name} has 1 to ${longestKey} characters, none of them a NUL or half a character`,
        )
      return { group, key }
    },
  }
  return group
}

/** As it is stored: `person:P7`. */
export const groupId = ({ group, key }: GroupKey): string => `${group.name}:${key}`
