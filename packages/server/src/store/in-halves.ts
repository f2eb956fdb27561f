import { LocksHeld, NotTaken } from './write-errors.ts'

/** What became of items that were tried in parts, from the first to the last. */
export interface Halved<Item, Done> {
  readonly parts: readonly { readonly items: readonly Item[]; readonly done: Done }[]
  /** Where it ended before the last one: those that were not done, and why. */
  readonly rest: { readonly items: readonly Item[]; readonly error: unknown } | null
}

const mostTriesAlone = 5

/**
 * All at once; where others hold for long what they need, or one of them may be at fault, half of them and then the others, down to
 * one. After one that fails the rest is left, so that nothing is done before what came earlier.
 * @param mayBeOfOne may one of several have brought this about? Then nothing of them was done
 */
export async function inHalves<Item, Done>(
  items: readonly Item[],
  run: (items: readonly Item[]) => Promise<Done>,
  mayBeOfOne: (error: unknown) => boolean = error => error instanceof NotTaken,
): Promise<Halved<Item, Done>> {
  for (let tries = 1; ; tries++) {
    try {
      return { parts: [{ items, done: await run(items) }], rest: null }
    } catch (error) {
      const smaller = error instanceof LocksHeld || (items.length > 1 && mayBeOfOne(error))
      if (!smaller) return { parts: [], rest: { items, error } }
      if (items.length > 1) break
      if (tries === mostTriesAlone) return { parts: [], rest: { items, error } }
    }
  }
  const middle = Math.ceil(items.length / 2)
  const first = await inHalves(items.slice(0, middle), run, mayBeOfOne)
  const others = items.slice(middle)
  if (first.rest !== null)
    return { parts: first.parts, rest: { ...first.rest, items: [...first.rest.items, ...others] } }
  const second = await inHalves(others, run, mayBeOfOne)
  return { parts: [...first.parts, ...second.parts], rest: second.rest }
}
