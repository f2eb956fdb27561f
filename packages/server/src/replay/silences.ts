/** What silence has to say yet, as a checkpoint keeps it. Moments are epoch milliseconds. */
export interface SilencesAhead {
  /** Sweeps with something to tell and how many outcomes that is, the next one first. */
  readonly sweeps: readonly (readonly [at: number, outcomes: number])[]
  /** The last sweep that the history has passed and that has not been made up; null: all were. */
  readonly owed: number | null
  /** Answers to cases of which silence speaks before: what is owed is told before them. The next one first. */
  readonly late: readonly number[]
}

/**
 * Silence in a history is known from its cases: when a sweep finds something, and how many outcomes that is. So sweeps are counted as the history
 * passes them, and made up together before somebody could see that they were not there.
 */
export interface Silences {
  /** The next sweep with something to tell, epoch milliseconds; infinite: none. */
  readonly nextSweep: number
  /** The next late answer, the same. */
  readonly nextLate: number
  readonly owed: number | null
  /** A case whose answer comes at `answerAt`, or never, and of which these sweeps speak. */
  expect(sweeps: readonly number[], answerAt: number): void
  /** The history passes the next sweep, which is owed from now on. @returns its outcomes */
  pass(): number
  /** What was owed has been told. */
  told(): void
  /** The next late answer may come. */
  mayAnswer(): void
  ahead(): SilencesAhead | null
}

export function silencesOf(from: SilencesAhead | undefined): Silences {
  const sweeps = (from?.sweeps ?? []).map(([at, outcomes]) => ({ at, outcomes }))
  const late = [...(from?.late ?? [])]
  let owed = from?.owed ?? null

  const expectOne = (at: number): void => {
    // Cases come in order, so it is nearly always the last one.
    let place = sweeps.length
    while (place > 0 && sweeps[place - 1]!.at > at) place--
    const known = sweeps[place - 1]
    if (known?.at === at) known.outcomes++
    else sweeps.splice(place, 0, { at, outcomes: 1 })
  }
  return {
    get nextSweep() {
      return sweeps[0]?.at ?? Number.POSITIVE_INFINITY
    },
    get nextLate() {
      return late[0] ?? Number.POSITIVE_INFINITY
    },
    get owed() {
      return owed
    },
    expect(its, answerAt) {
      for (const at of its) expectOne(at)
      if (its.length > 0 && answerAt < Number.POSITIVE_INFINITY) late.push(answerAt)
    },
    pass() {
      const { at, outcomes } = sweeps.shift()!
      owed = at
      return outcomes
    },
    told() {
      owed = null
    },
    mayAnswer() {
      late.shift()
    },
    ahead: () =>
      sweeps.length === 0 && owed === null && late.length === 0
        ? null
        : { sweeps: sweeps.map(({ at, outcomes }) => [at, outcomes]), owed, late: [...late] },
  }
}
