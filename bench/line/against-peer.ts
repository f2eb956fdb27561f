import { peerWorkers, startFastapi } from '../peers/fastapi/start.ts'
import { freshDatabase } from './fresh-database.ts'
import { descendantsOf } from './memory.ts'
import { full, runPhase, type Target, type Timing } from './phases.ts'
import type { AgainstPeer, Phase, Refused } from './results.ts'

export interface PeerPace {
  readonly pairs: number
  readonly timing: Timing
}

/** Ours, peer, ours, peer: on the same server, with the same leads from the same generator. A text says why not. */
export async function againstPeer(
  serverUrl: string,
  ours: Target,
  key: string,
  { pairs, timing }: PeerPace,
): Promise<AgainstPeer | string> {
  await using database = await freshDatabase(serverUrl)
  const started = await startFastapi(database.url)
  if (typeof started === 'string') return started
  await using peer = started
  console.error(`peer: ${peer.versions}, ${peerWorkers} workers`)
  const theirs: Target = {
    port: peer.port,
    path: '/lead',
    server: () => [peer.pid, ...descendantsOf(peer.pid)],
    postgres: ours.postgres,
    ended: peer.ended,
  }
  const rounds: { connections: number; ours: Phase | Refused; peer: Phase | Refused }[] = []
  for (const connections of [32, 128]) {
    for (let pair = 1; pair <= pairs; pair++) {
      const name = `${connections} connections, round ${pair}`
      rounds.push({
        connections,
        ours: await runPhase(`ours, ${name}`, ours, full([key], connections, timing)),
        peer: await runPhase(`peer, ${name}`, theirs, full([''], connections, timing)),
      })
    }
  }
  return { versions: peer.versions, workers: peerWorkers, rounds }
}
