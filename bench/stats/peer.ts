import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** What the peer answers to a task: its own time, and values to compare. */
export interface PeerRun {
  readonly ms: number
  readonly values: readonly number[]
  /** Why the peer of this one task is not there. */
  readonly missing?: string
}

/** The Python side, one process for the whole bench so that imports and inputs are not timed. */
export interface Peer extends AsyncDisposable {
  readonly versions: Readonly<Record<string, string>>
  /** Writes the inputs; says what is missing when only a part of them could be made. */
  make(folder: string): Promise<{ readonly missing?: string }>
  run(task: string): Promise<PeerRun>
  exact(task: string): Promise<PeerRun>
}

/** Every library at one thread: the bar compares one thread with one thread. */
const oneThread = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1', OMP_WAIT_POLICY: 'PASSIVE' }

/** Starts the peer, or answers why it is missing. */
export async function startPeer(python: string, file = './peer.py'): Promise<Peer | { readonly missing: string }> {
  const script = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(python, [script], { env: { ...process.env, ...oneThread }, stdio: ['pipe', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString()
  })
  // A peer that is not installed must end in a sentence, not in an unhandled pipe error.
  child.stdin.on('error', () => {})
  const ended = new Promise<null>(resolve => {
    child.on('error', error => {
      complaint ||= error.message
      resolve(null)
    })
    child.on('close', () => resolve(null))
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (question: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(question)}\n`)
    const answer = await Promise.race([lines.next(), ended])
    if (answer === null || answer.done) throw new Error(complaint.trim().split('\n').at(-1) || 'the peer ended')
    return JSON.parse(answer.value)
  }
  try {
    const versions = (await ask({ do: 'versions' })) as Record<string, string>
    return {
      versions,
      make: folder => ask({ do: 'make', folder }) as Promise<{ readonly missing?: string }>,
      run: task => ask({ do: 'run', task }) as Promise<PeerRun>,
      exact: task => ask({ do: 'exact', task }) as Promise<PeerRun>,
      [Symbol.asyncDispose]: async () => {
        child.stdin.end()
        await ended
      },
    }
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) }
  }
}
