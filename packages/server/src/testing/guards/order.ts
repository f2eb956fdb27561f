/** An event as it is stored: the groups that it held, the version in which it left each, and which of them it changed. */
export interface Left {
  readonly id: string
  readonly versions: { readonly [group: string]: number }
  readonly moved: readonly string[]
  /** Counts up in the order of writing under the locks: tells apart who found the same version, where one may change what another finds. */
  readonly place?: number
}

/**
 * The order in which the versions say that events were judged: of each group first who made a version, then who found it, those
 * with a place in its order.
 * @throws Error where two made the same version, or where no such order exists
 */
export function inOrderOfVersions(events: readonly Left[]): readonly string[] {
  const holders = new Map<
    string,
    { readonly id: string; readonly version: number; readonly made: boolean; readonly place: number }[]
  >()
  for (const { id, versions, moved, place = 0 } of events)
    for (const [group, version] of Object.entries(versions)) {
      if (!holders.has(group)) holders.set(group, [])
      holders.get(group)!.push({ id, version, made: moved.includes(group), place })
    }
  const after = new Map<string, Set<string>>(events.map(({ id }) => [id, new Set()]))
  for (const [group, all] of holders) {
    let maker = { id: '', version: 0 }
    let finders: string[] = []
    let found = 0
    for (const { id, version, made, place } of all.toSorted(
      (a, b) => a.version - b.version || Number(b.made) - Number(a.made) || a.place - b.place,
    )) {
      if (version !== maker.version + Number(made))
        throw new Error(`${id} holds ${group} at ${version} after ${maker.version}`)
      after.get(maker.id)?.add(id)
      if (!made) {
        if (place > found && finders.length > 0) after.get(finders.at(-1)!)!.add(id)
        finders.push(id)
        found = place
      } else {
        for (const finder of finders) after.get(finder)!.add(id)
        maker = { id, version }
        finders = []
        found = 0
      }
    }
  }
  return sortedBy(after)
}

function sortedBy(after: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const waitsFor = new Map([...after.keys()].map(id => [id, 0]))
  for (const next of after.values()) for (const id of next) waitsFor.set(id, waitsFor.get(id)! + 1)
  const ready = [...waitsFor].filter(([, count]) => count === 0).map(([id]) => id)
  const order: string[] = []
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    order.push(id)
    for (const next of after.get(id)!) {
      waitsFor.set(next, waitsFor.get(next)! - 1)
      if (waitsFor.get(next) === 0) ready.push(next)
    }
  }
  if (order.length < after.size) throw new Error('the versions belong to no order of events')
  return order
}
