/** A version is not handed the work for a region that is much smaller: four cuts are at least 68 % of its share. */
const mostStricter = 4

/** What a certificate and a check say about one side of a question. */
export interface SideStanding {
  /** Cuts of the certificate in force, the loosest first; empty: none is in force. */
  readonly certified: readonly number[]
  /** Cuts at which the version passes its check, the loosest first. */
  readonly passes: readonly number[]
}

/**
 * The region acted on: the loosest certified cut at which the acting version passes.
 * @returns null: none, a person is asked
 */
export function actedCut({ certified, passes }: SideStanding): number | null {
  const passed = new Set(passes)
  return certified.find(cut => passed.has(cut)) ?? null
}

/**
 * Whether the newest promoted version takes over from the one that acts: on every side with a certificate in force it passes
 * at a certified cut at most four stricter than the loosest. Where no side has one, it acts at once.
 * @param sides of the newest promoted version, and no other
 */
export const takesOver = (sides: readonly SideStanding[]): boolean =>
  sides.every(side => {
    const loosest = side.certified[0]
    if (loosest === undefined) return true
    const cut = actedCut(side)
    return cut !== null && cut <= loosest + mostStricter
  })
