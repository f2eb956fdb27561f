import type { Superuser } from './superuser.ts'

/**
 * Two that each need a group, the first before the second, by locks alone: somebody else holds the group until the first waits
 * for it and then the second behind it.
 * @param group as its row is called, `site:S1`; the row is there
 * @throws Error where one of them ends without having waited
 */
export async function inTurn<A, B>(
  superuser: Superuser,
  group: string,
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<readonly [A, B]> {
  await superuser.query(`begin; select from groups where group_key = '${group}' for no key update`)
  try {
    const one = first()
    await untilWaiting(superuser, 1, one)
    const other = second()
    await untilWaiting(superuser, 2, one, other)
    await superuser.query('commit')
    return await Promise.all([one, other])
  } finally {
    await superuser.query('rollback')
  }
}

async function untilWaiting(superuser: Superuser, count: number, ...work: readonly Promise<unknown>[]): Promise<void> {
  let ended = false
  const end = () => {
    ended = true
  }
  for (const one of work) one.then(end, end)
  for (;;) {
    const waiting = await superuser.waiting()
    if (waiting >= count) return
    if (ended) throw new Error(`${waiting} of ${count} wait for the group, and one has ended`)
  }
}
